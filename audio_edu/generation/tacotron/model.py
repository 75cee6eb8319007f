"""Two networks that make the frames of a mel spectrogram from letters, in Keras.

Both read the text by convolutions: `Encoder`. `TacotronNetwork` then writes a group of frames at a time, and
attention decides which letters each group is made from. `DurationsNetwork` predicts how many groups each
letter lasts, repeats it as often, and makes all frames at once.

Every network is called with what a batch holds, and adds the loss that it is trained by.

References
----------
Wang and others (2017), Tacotron: towards end-to-end speech synthesis.
Chorowski and others (2015), Attention-based models for speech recognition (location-sensitive attention).
Shen and others (2018), Natural TTS synthesis by conditioning WaveNet on mel spectrogram predictions.
Tachibana and others (2018), Efficiently trainable text-to-speech system based on deep convolutional networks
with guided attention.
Ren and others (2019), FastSpeech: fast, robust and controllable text to speech.
"""

from typing import Any

import keras
from keras import layers, ops

from ...layers import ConvNeXt
from ..mel import N_MELS
from .recipe import TacotronRecipe

#: Groups of silence behind each clip, in which the stop token is to be on.
N_END = 2
#: The first frame that the prenet is shown, and what follows a clip: silence.
SILENCE = -1.0


def built(layer: Any, n_in: int) -> Any:
    """Make a layer's weights for inputs of so many channels, at once: a loop must find them made."""
    layer.build((None, None, n_in))
    return layer


class Encoder(layers.Layer):
    """Letters become vectors, each with its neighbours and the voice in it.

    Called with letters [shape=(B, N)], 0 behind the end, and the voices' numbers [shape=(B,)]; returns
    [shape=(B, N, n_embed)], and the voices' vectors [shape=(B, n_embed)].
    """

    def __init__(self, recipe: TacotronRecipe, n_symbols: int, n_voices: int, **options: Any):
        super().__init__(**options)
        n = recipe.n_embed
        self.letters = built(layers.Embedding(n_symbols, n, name="letters"), n)
        self.voices = built(layers.Embedding(n_voices, n, name="voices"), n)
        blocks = range(recipe.n_blocks)
        self.blocks = [built(ConvNeXt(1 / recipe.n_blocks, name=f"block{i}"), n) for i in blocks]
        self.drop = layers.Dropout(recipe.dropout)
        self.built = True

    def call(self, letters: Any, voices: Any, training: bool = False) -> tuple[Any, Any]:
        """Read the text."""
        mask, v = ops.cast(letters > 0, "float32")[..., None], self.voices(voices)
        x = self.drop(self.letters(letters), training=training) + v[:, None]
        for block in self.blocks:
            x = block(x * mask)
        return self.drop(x, training=training) * mask, v


class LocationSensitiveAttention(layers.Layer):
    """Attention that knows where it looked before: ``e_n = v · tanh(W q + V m_n + U f_n + b)``.

    f_n are the weights of the step before, and the sum of all so far, of the letters around n.
    `audio_edu.generation.tacotron.formulas.location_sensitive_attention` is the same as a loop.
    """

    def __init__(self, n_units: int, n_location: int, n_query: int, n_memory: int, **options: Any):
        super().__init__(**options)
        self.n_location = n_location
        self.query = built(layers.Dense(n_units, use_bias=False, name="query"), n_query)
        self.keys = built(layers.Dense(n_units, name="keys"), n_memory)
        self.location = built(layers.Dense(n_units, use_bias=False, name="location"), 2 * n_location)
        self.energy = built(layers.Dense(1, use_bias=False, name="energy"), n_units)
        self.built = True

    def call(self, q: Any, keys: Any, mask: Any, before: Any, total: Any) -> Any:
        """Return the weights of one step [shape=(B, N)], or of many [shape=(B, G, N)]."""
        half, n = self.n_location // 2, ops.shape(before)[-1]
        some = [(0, 0)] * (len(before.shape) - 1)
        padded = ops.pad(ops.stack([before, total], axis=-1), (*some, (half, half), (0, 0)))
        f = ops.concatenate([padded[..., i : i + n, :] for i in range(self.n_location)], axis=-1)
        e = self.energy(ops.tanh(self.query(q)[..., None, :] + keys + self.location(f)))[..., 0]
        return ops.softmax(e - 1e4 * (1 - mask))


class PostNet(layers.Layer):
    """Convolutions over frames that add what is missing: each sees eight frames on either side."""

    def __init__(self, n_channels: int, **options: Any):
        super().__init__(**options)
        inside = {"kernel_size": 5, "padding": "same", "activation": "tanh"}
        self.convolutions = [
            built(layers.Conv1D(n_channels, **inside, name="in"), N_MELS),
            built(layers.Conv1D(n_channels, **inside, name="inside"), n_channels),
            built(
                layers.Conv1D(N_MELS, 5, padding="same", kernel_initializer="zeros", name="out"), n_channels
            ),
        ]
        self.built = True

    def call(self, frames: Any) -> Any:
        """Mend frames [shape=(B, T, N_MELS)]."""
        x = frames
        for convolution in self.convolutions:
            x = convolution(x)
        return frames + x


class TacotronNetwork(keras.Model):
    """Groups of frames, one after the other, each from what attention reads.

    Where to read, a first recurrent layer asks, which sees the frame before. What is written, a second one
    decides, which sees nothing but what was read: had it the frame before, it would copy that.

    While training, attention is told where it looked in the step before (teacher forcing of the place, as of
    the frames): so all steps are asked at once where they would look next, and none has to wait for another.

    Called with ``(letters, voices, frames, n_groups, durations, where, position)``; see
    `audio_edu.generation.tacotron.data.batches`. Of the last three only the loss needs the second.
    Returns frames [shape=(B, T, N_MELS)], stop logits [shape=(B, G)] and weights [shape=(B, G, N)].
    """

    def __init__(self, recipe: TacotronRecipe, n_symbols: int, n_voices: int):
        super().__init__(name="tacotron")
        self.recipe, n, n_embed = recipe, recipe.n_units, recipe.n_embed
        self.encoder = Encoder(recipe, n_symbols, n_voices, name="encoder")
        self.prenet = [
            built(layers.Dense(n_embed, "relu", name=f"prenet{i}"), (N_MELS, n_embed)[i]) for i in range(2)
        ]
        self.drop, self.hide = layers.Dropout(0.5), layers.Dropout(recipe.hide)
        self.reader = built(layers.GRUCell(n, name="reader"), 2 * n_embed)
        self.attention = LocationSensitiveAttention(
            recipe.n_attention, recipe.n_location, n, n_embed, name="attention"
        )
        self.writer = built(layers.GRU(n, return_sequences=True, name="writer"), n_embed)
        self.frames = built(layers.Dense(recipe.reduction * N_MELS, name="frames"), n + n_embed)
        self.stop = built(layers.Dense(1, name="stop"), n + n_embed)
        self.post = PostNet(recipe.n_post, name="post")
        self.chance = keras.random.SeedGenerator(recipe.seed)

    def encode(self, letters: Any, voices: Any, training: bool = False) -> tuple[Any, ...]:
        """Read the text; return its vectors, their keys, a mask [shape=(B, N)] and the voices' vectors."""
        memory, v = self.encoder(letters, voices, training=training)
        return memory, self.attention.keys(memory), ops.cast(letters > 0, "float32"), v

    def start(self, memory: Any) -> tuple[Any, ...]:
        """Return the state before the first group: h, context, weights on the first letter, their sum."""
        first = ops.zeros_like(memory[..., 0]) + ops.cast(ops.arange(ops.shape(memory)[1]) == 0, "float32")
        return ops.zeros_like(memory[:, :1, 0]) + ops.zeros(self.recipe.n_units), memory[:, 0], first, first

    def read(self, x: Any, memory: Any, keys: Any, mask: Any, state: tuple) -> tuple[Any, ...]:
        """Make one step: the first recurrent layer asks, attention answers."""
        h, context, before, total = state
        h, _ = self.reader(ops.concatenate([x, context], axis=-1), [h])
        a = self.attention(h, keys, mask, before, total)
        return h, ops.sum(a[..., None] * memory, axis=1), a, total + a

    def condition(self, seen: Any, v: Any, training: bool = False) -> Any:
        """Return what the last frame of the group before [shape=(..., N_MELS)] and the voice tell."""
        x = seen
        for dense in self.prenet:
            x = self.drop(dense(x), training=training)
        return x + v

    def call(self, inputs: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """Write with the true frames before each group (teacher forcing), and add the loss."""
        letters, voices, frames, n_groups, _, where, _ = inputs
        r, n_all = self.recipe.reduction, ops.shape(frames)[1] // self.recipe.reduction
        memory, keys, mask, v = self.encode(letters, voices, training)
        last = frames[:, r - 1 :: r]
        seen = ops.concatenate([SILENCE * ops.ones_like(last[:, :1]), last[:, :-1]], axis=1)
        shown = ops.cast(self.hide(ops.ones_like(seen[..., :1]), training=training) > 0, "float32")
        x = self.condition(seen * shown, v[:, None], training)

        last_letter = ops.sum(ops.cast(letters > 0, "int32"), 1, keepdims=True) - 1
        due = ops.where(where >= 0, where, last_letter)
        context, a = (
            self.read_placed(x, memory, keys, mask, due) if training else self.read_all(x, memory, keys, mask)
        )
        s = ops.concatenate([self.writer(context), context], axis=-1)
        rough = ops.reshape(self.frames(s), (-1, n_all * r, N_MELS))
        mended, stop = self.post(rough), self.stop(s)[..., 0]
        weight = before(n_groups, n_all)
        self.add_loss(mel_loss(frames, rough, weight) + mel_loss(frames, mended, weight))
        ends = 1 - before(n_groups - N_END, n_all)
        nats = ops.maximum(stop, 0) - stop * ends + ops.log1p(ops.exp(-ops.abs(stop)))
        self.add_loss(0.3 * ops.sum(nats * weight) / ops.sum(weight))
        far = ops.sum(a * guide(ops.cast(due, "float32"), ops.shape(a)[-1], self.recipe.guide_width), -1)
        missed = -ops.log(ops.sum(a * ops.one_hot(due, ops.shape(a)[-1]), -1) + 1e-6)
        led = self.recipe.guide * far + 0.3 * missed
        self.add_loss(ops.sum(led * weight) / ops.sum(weight))
        return mended, stop, a

    def read_all(self, x: Any, memory: Any, keys: Any, mask: Any) -> tuple[Any, Any]:
        """Read in all steps, one after the other: each knows where attention looked in the one before."""

        def step(state: tuple, x_t: Any) -> tuple[tuple, tuple]:
            state = self.read(x_t, memory, keys, mask, state)
            return state, state

        _, (_, context, a, _) = ops.scan(step, self.start(memory), ops.transpose(x, (1, 0, 2)))
        return ops.transpose(context, (1, 0, 2)), ops.transpose(a, (1, 0, 2))

    def read_placed(self, x: Any, memory: Any, keys: Any, mask: Any, due: Any) -> tuple[Any, Any]:
        """Read in all steps at once: the letter that is due, mixed by chance with that a step off.

        By chance, for attention will not be so sure when it reads by itself.
        """
        at = ops.one_hot(due, ops.shape(memory)[1])
        earlier = ops.concatenate([at[:, :1], at[:, :-1]], axis=1)
        later = ops.concatenate([at[:, 1:], at[:, -1:]], axis=1)
        u = keras.random.uniform((*ops.shape(due), 1), -1.0, 1.0, seed=self.chance)
        at = (1 - ops.abs(u)) * at + ops.relu(u) * later + ops.relu(-u) * earlier
        context = at @ memory
        h, first, before, _ = self.start(memory)
        before = ops.concatenate([before[:, None], at[:, :-1]], axis=1)
        x = ops.concatenate([x, ops.concatenate([first[:, None], context[:, :-1]], axis=1)], axis=-1)

        def step(h: Any, x_t: Any) -> tuple[Any, Any]:
            h, _ = self.reader(x_t, [h])
            return h, h

        _, h = ops.scan(step, h, ops.transpose(x, (1, 0, 2)))
        h = ops.transpose(h, (1, 0, 2))
        return context, self.attention(h, keys[:, None], mask[:, None], before, ops.cumsum(before, axis=1))

    def write(self, context: Any, s: Any) -> tuple[Any, Any, Any]:
        """Make the frames of one group [shape=(B, r, N_MELS)], its stop logit and the second state."""
        _, (s,) = self.writer.cell(context, [s])
        x = ops.concatenate([s, context], axis=-1)
        return ops.reshape(self.frames(x), (-1, self.recipe.reduction, N_MELS)), self.stop(x)[..., 0], s


class DurationsNetwork(keras.Model):
    """How long each letter lasts, and from the letters, each repeated as often, all frames at once.

    Called with ``(letters, voices, frames, n_groups, durations, where, position)``. Returns frames
    [shape=(B, T, N_MELS)] and logarithms of durations [shape=(B, N)].
    """

    def __init__(self, recipe: TacotronRecipe, n_symbols: int, n_voices: int):
        super().__init__(name="durations")
        self.recipe, n, n_blocks = recipe, recipe.n_embed, recipe.n_frame_blocks
        self.encoder = Encoder(recipe, n_symbols, n_voices, name="encoder")
        self.drop = layers.Dropout(recipe.dropout)
        self.asks = [built(ConvNeXt(0.5, name=f"duration{i}"), n) for i in range(2)]
        self.duration = built(layers.Dense(1, name="duration"), n)
        self.place = built(layers.Dense(n, name="place"), 2)
        self.blocks = [built(ConvNeXt(1 / n_blocks, name=f"frames{i}"), n) for i in range(n_blocks)]
        self.frames = built(layers.Dense(recipe.reduction * N_MELS, name="frames"), n)
        self.post = PostNet(recipe.n_post, name="post")

    def encode(self, letters: Any, voices: Any, training: bool = False) -> tuple[Any, Any]:
        """Read the text; return its vectors, and log(1 + groups) of each letter."""
        memory, _ = self.encoder(letters, voices, training=training)
        x, mask = memory, ops.cast(letters > 0, "float32")[..., None]
        for block in self.asks:
            x = block(self.drop(x, training=training) * mask)
        return memory, self.duration(x)[..., 0]

    def decode(self, memory: Any, where: Any, position: Any) -> tuple[Any, Any]:
        """Make frames, rough and mended, of what `audio_edu.generation.tacotron.data.spread` returns."""
        mask = ops.cast(where >= 0, "float32")[..., None]
        x = ops.take_along_axis(memory, ops.maximum(where, 0)[..., None], axis=1) + self.place(position)
        for block in self.blocks:
            x = block(x * mask)
        rough = ops.reshape(self.frames(x), (-1, ops.shape(where)[1] * self.recipe.reduction, N_MELS))
        return rough, self.post(rough)

    def call(self, inputs: Any, training: bool = False) -> tuple[Any, Any]:
        """Make frames with the true durations, and add the loss."""
        letters, voices, frames, n_groups, durations, where, position = inputs
        memory, log_durations = self.encode(letters, voices, training)
        rough, mended = self.decode(memory, where, position)
        weight = before(n_groups, ops.shape(where)[1])
        self.add_loss(mel_loss(frames, rough, weight) + mel_loss(frames, mended, weight))
        mask = ops.cast(letters > 0, "float32")
        off = ops.square(log_durations - ops.log1p(ops.cast(durations, "float32")))
        self.add_loss(0.3 * ops.sum(off * mask) / ops.sum(mask))
        return mended, log_durations


def before(n: Any, n_all: int) -> Any:
    """1 for the first n of so many groups, else 0 [shape=(B, n_all)]."""
    return ops.cast(ops.arange(n_all)[None] < n[:, None], "float32")


def mel_loss(frames: Any, made: Any, weight: Any) -> Any:
    """Mean |difference| over the frames of the groups that count."""
    off = ops.mean(ops.abs(frames - made), axis=-1)
    off = ops.mean(
        ops.reshape(off, (-1, ops.shape(weight)[1], ops.shape(off)[1] // ops.shape(weight)[1])), axis=-1
    )
    return ops.sum(off * weight) / ops.sum(weight)


def guide(due: Any, n_letters: int, width: float) -> Any:
    """How far each pair of a group and a letter is from the letter that is due, 0 to 1 [shape=(B, G, N)].

    `audio_edu.generation.tacotron.formulas.guided_attention` is the same as a loop.
    """
    off = ops.arange(n_letters, dtype="float32") - due[..., None]
    return 1 - ops.exp(-ops.square(off) / (2 * width**2))
