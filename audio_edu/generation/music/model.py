"""The networks in Keras: notes after notes, voice after voice, two bars from a few numbers.

Every network is called with what a batch holds, and adds the loss that it is trained by: nats, per event or
per step of the grid.

References
----------
Boulanger-Lewandowski and others (2012), Modeling temporal dependencies in high-dimensional sequences.
Hadjeres and others (2017), DeepBach. Roberts and others (2018), A hierarchical latent vector model for
learning long-term structure in music (MusicVAE).
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..vae.model import Sampling, kl_divergence
from .data import HOLD, N_CODES, N_SYMBOLS
from .recipe import MusicRecipe

#: Voices are written in this order: soprano, bass, alto, tenor.
ORDER = (0, 3, 1, 2)


def symbols_of(codes: Any) -> Any:
    """Return what has to be predicted of codes: `audio_edu.generation.music.data.to_symbols`, for tensors."""
    return ops.where(codes % 2 == 1, HOLD, 1 + codes // 2)


def before(x: Any) -> Any:
    """Shift rows [shape=(B, T, ...)] by one step: zeros first, the last step left out."""
    return ops.concatenate([ops.zeros_like(x[:, :1]), x[:, :-1]], axis=1)


def cross_entropy(symbols: Any, logits: Any) -> Any:
    """−log p of the symbols, in nats [shape of `symbols`]."""
    return ops.sparse_categorical_crossentropy(symbols, logits, from_logits=True)


class Embed(layers.Layer):
    """A code becomes numbers: those of its key, plus those of whether it is held."""

    def __init__(self, n: int, **options: Any):
        super().__init__(**options)
        self.key = layers.Embedding(N_CODES // 2, n, name="key")
        self.held = layers.Embedding(2, n, name="held")

    def build(self, shape: tuple) -> None:
        """Make both tables."""
        self.key.build(shape)
        self.held.build(shape)

    def call(self, codes: Any) -> Any:
        """Look up [shape=(..., n)]."""
        return self.key(codes // 2) + self.held(codes % 2)


class Stack(layers.Layer):
    """Two recurrent layers and dropout; the second adds to the first."""

    def __init__(self, n_units: int, dropout: float, **options: Any):
        super().__init__(**options)
        self.grus = [layers.GRU(n_units, return_sequences=True, name=f"gru{i}") for i in range(2)]
        self.drop = layers.Dropout(dropout)

    def build(self, shape: tuple) -> None:
        """Make the weights."""
        for gru in self.grus:
            gru.build(shape)
            shape = (*shape[:-1], gru.units)

    def call(self, x: Any, training: bool = False) -> Any:
        """Read all steps."""
        a = self.drop(self.grus[0](x), training=training)
        return a + self.drop(self.grus[1](a), training=training)

    def step(self, x: Any, states: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Read one step [shape=(B, n)]; states are those after the step before."""
        a, (s0,) = self.grus[0].cell(x, [states[0]])
        b, (s1,) = self.grus[1].cell(a, [states[1]])
        return a + b, [s0, s1]


class Words(layers.Layer):
    """Words made of parts: a pitch, a duration, a fermata. Words that share a part share what it has learned.

    Parameters
    ----------
    parts : np.ndarray [shape=(n_words, n_parts)]
        Which word is made of what: `audio_edu.generation.music.data.parts_of`.
    n_in, n_out : int
        Numbers that stand for a word where it is read, and of the features that it is predicted from.
    """

    def __init__(self, parts: np.ndarray, n_in: int, n_out: int, **options: Any):
        super().__init__(**options)
        self.parts = parts.astype("float32")
        self.read = self.add_weight(shape=(parts.shape[1], n_in), name="read")
        self.written = self.add_weight(shape=(parts.shape[1], n_out), name="written")
        self.bias = self.add_weight(shape=(len(parts),), initializer="zeros", name="bias")
        self.built = True

    def call(self, words: Any) -> Any:
        """Look up words [shape=(...)]: the sum of their parts [shape=(..., n_in)]."""
        return ops.take(ops.matmul(self.parts, self.read), words, axis=0)

    def logits(self, h: Any) -> Any:
        """Return the logits of all words from features [shape=(..., n_out)]."""
        return ops.matmul(h, ops.transpose(ops.matmul(self.parts, self.written))) + self.bias


class MelodyNetwork(keras.Model):
    """``P(event | events before)``.

    Called with ``[seen, next, weight]``; returns logits [shape=(B, T, n_words)].
    """

    def __init__(self, recipe: MusicRecipe, parts: np.ndarray):
        super().__init__(name="melody")
        self.words = Words(parts, recipe.n_embed, recipe.n_units, name="words")
        self.drop = layers.Dropout(recipe.dropout)
        self.stack = Stack(recipe.n_units, recipe.dropout, name="stack")

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Predict each word from those before it."""
        seen, following, weight = inputs
        x = self.drop(self.words(seen), training=training)
        logits = self.words.logits(self.stack(x, training=training))
        nats = cross_entropy(following, logits) * weight
        self.add_loss(ops.sum(nats) / ops.sum(weight))
        return logits

    def step(self, words: Any, *states: Any) -> tuple[Any, ...]:
        """Return the logits of the words after `words` [shape=(B,)], and the states."""
        h, states = self.stack.step(self.words(words), states)
        return self.words.logits(h), *states


class VoicesNetwork(keras.Model):
    """``P(frame | frames before, soprano) = Π_v P(voice v | frames before, soprano, voices written before)``.

    Called with ``[codes, context, weight]``; returns the nats of each step [shape=(B, T)]. The soprano is
    given: it costs nothing, and is read as a whole, forwards and backwards, together with the context.
    """

    def __init__(self, recipe: MusicRecipe):
        super().__init__(name="voices")
        self.embed = Embed(recipe.n_embed, name="embed")
        reader = layers.GRU(recipe.n_context, return_sequences=True, name="gru")
        self.reader = layers.Bidirectional(reader, name="reader")
        self.stack = Stack(recipe.n_units, recipe.dropout, name="stack")
        self.drop = layers.Dropout(recipe.dropout)
        self.hidden = [layers.Dense(recipe.n_units, "relu", name=f"hidden{v}") for v in ORDER[1:]]
        self.logits = [layers.Dense(N_SYMBOLS, name=f"logits{v}") for v in ORDER[1:]]

    def read(self, soprano: Any, context: Any) -> Any:
        """Read the soprano [shape=(B, T)] and the context as a whole."""
        return self.reader(ops.concatenate([self.embed(soprano), context], axis=-1))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the nats of each step."""
        codes, context, weight = inputs
        known = self.drop(self.read(codes[..., 0], context), training=training)
        h = self.stack(ops.concatenate([self._flat(before(codes)), known], axis=-1), training=training)
        h = ops.concatenate([h, known], axis=-1)
        inside = ops.stack([codes[..., v] for v in ORDER], axis=-1)
        nats = 0.0
        for i, v in enumerate(ORDER[1:]):
            logits = self.voice(i, h, inside[..., : i + 1], training)
            nats = nats + cross_entropy(symbols_of(codes[..., v]), logits)
        self.add_loss(ops.sum(nats * weight) / ops.sum(weight))
        return nats

    def voice(self, i: int, h: Any, written: Any, training: bool = False) -> Any:
        """Return the logits of the i-th voice to be written.

        ``h`` is what `call` or `step` makes of the frames before; ``written`` are the codes of the voices of
        this frame that come before it in `ORDER` [shape=(..., i + 1)].
        """
        x = ops.concatenate([h, self._flat(written)], axis=-1)
        return self.logits[i](self.drop(self.hidden[i](x), training=training))

    def step(self, codes: Any, known: Any, *states: Any) -> tuple[Any, ...]:
        """Read the frame before [shape=(B, 4)]; return h for `voice`, and the states."""
        h, states = self.stack.step(ops.concatenate([self._flat(codes), known], axis=-1), states)
        return ops.concatenate([h, known], axis=-1), *states

    def _flat(self, codes: Any) -> Any:
        x = self.embed(codes)
        return ops.reshape(x, (*ops.shape(x)[:-2], x.shape[-2] * x.shape[-1]))


class TwoBarsVae(keras.Model):
    """Two bars of one voice, and a few numbers z.

    Called with ``[codes, epsilon, seen, beta]``; returns logits [shape=(B, T, n_symbols)].
    """

    def __init__(self, recipe: MusicRecipe):
        super().__init__(name="two_bars")
        self.embed = Embed(recipe.n_embed, name="embed")
        self.reader = layers.Bidirectional(layers.GRU(recipe.n_units // 2, name="gru"), name="reader")
        self.drop = layers.Dropout(recipe.dropout)
        self.mean = layers.Dense(recipe.n_z, name="mean")
        self.log_variance = layers.Dense(recipe.n_z, name="log_variance")
        self.sampling = Sampling(name="sampling")
        self.start = layers.Dense(recipe.n_units, "tanh", name="start")
        self.writer = layers.GRU(recipe.n_units, return_sequences=True, name="writer")
        self.logits = layers.Dense(N_SYMBOLS, name="logits")

    def encode(self, codes: Any, training: bool = False) -> tuple[Any, Any]:
        """Return ``μ`` and ``log σ²`` [shape=(B, n_z)]."""
        h = self.drop(self.reader(self.embed(codes)), training=training)
        return self.mean(h), self.log_variance(h)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Reconstruct; add the loss, minus the ELBO with β."""
        codes, epsilon, seen, beta = inputs
        mean, log_variance = self.encode(codes, training)
        z = self.sampling((mean, log_variance, epsilon))
        past = before(self.embed(codes) * seen[..., None])
        every = ops.repeat(z[:, None], codes.shape[1], axis=1)
        h = self.writer(ops.concatenate([past, every], axis=-1), initial_state=self.start(z))
        logits = self.logits(self.drop(h, training=training))
        nats = ops.mean(ops.sum(cross_entropy(symbols_of(codes), logits), axis=1))
        divergence = ops.mean(ops.sum(kl_divergence(mean, log_variance), axis=1))
        self.add_loss(nats + ops.mean(beta) * divergence)
        return logits

    def step(self, codes: Any, seen: Any, z: Any, state: Any) -> tuple[Any, Any]:
        """Write one step: `codes` [shape=(B,)] are those before, `seen` is 0 before the first."""
        x = ops.concatenate([self.embed(codes) * seen, z], axis=-1)
        h, (state,) = self.writer.cell(x, [state])
        return self.logits(h), state
