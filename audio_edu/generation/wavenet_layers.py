"""The layers of a WaveNet, in Keras.

Conventions are those of `audio_edu.generation.wavenet`: layers work on [shape=(B, T, C)], and whatever stands
at time ``t`` is about sample ``t`` and knows the samples before it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

__all__ = ["FAR", "Condition", "FirstConvolution", "GatedResidual", "Output", "advice_features", "shift"]

#: Errors beyond so many scales of the advised distribution count as so many: the network can always object.
FAR = 30.0


def shift(x: Any, n: int) -> Any:
    """Move a sequence [shape=(B, T, C)] `n` samples later; zeros come in, the end falls out."""
    return ops.pad(x, [[0, 0], [n, 0], [0, 0]])[:, :-n]


def advice_features(guess: Any, scale: Any, n_levels: int = 256) -> tuple[Any, Any]:
    """Turn a guess and its scale into numbers near [-1, 1]: companded as the samples are, and a logarithm."""
    mu = n_levels - 1.0
    return ops.sign(guess) * ops.log1p(mu * ops.abs(guess)) / ops.log(mu + 1.0), (ops.log(scale) + 6.0) / 4.0


@keras.saving.register_keras_serializable("audio_edu")
class FirstConvolution(layers.Layer):
    """From codes [shape=(B, T)] to channels [shape=(B, T, C)], strictly causal.

    Output ``t`` sees the code of sample ``t − 1``, by its row in a table of 256, and the values of samples
    ``t − n_taps`` to ``t − 1``. This is the one place where the input is delayed by a sample. With
    `takes_advice` it also sees what a linear predictor expects of sample ``t``, and how surely.
    """

    def __init__(
        self, n_levels: int, n_taps: int, n_channels: int, *, takes_advice: bool = False, **options: Any
    ):
        super().__init__(**options)
        self.n_levels, self.n_taps, self.n_channels = n_levels, n_taps, n_channels
        self.takes_advice = takes_advice

    def build(self, *shapes: Any) -> None:
        """Make the table and the taps."""
        self.table = self.add_weight(
            shape=(self.n_levels, self.n_channels), initializer="random_normal", name="table_embedding"
        )
        # taps[k] weighs sample t − n_taps + k
        self.taps = self.add_weight(
            shape=(self.n_taps, 1, self.n_channels), initializer="glorot_uniform", name="taps"
        )
        if self.takes_advice:  # rows: the guess, the scale
            self.advised = self.add_weight(shape=(2, self.n_channels), name="advised")

    def call(self, codes: Any, advice: Any = None) -> Any:
        """Look up the last code, weigh the last values, and the advice [shape=(B, T, 2)]."""
        values = 2.0 * ops.cast(codes[..., None], "float32") / (self.n_levels - 1) - 1.0
        past = ops.pad(values, [[0, 0], [self.n_taps, 0], [0, 0]])[:, :-1]
        x = shift(ops.take(self.table, codes, axis=0), 1) + ops.conv(past, self.taps, padding="valid")
        if self.takes_advice:
            features = advice_features(advice[..., 0], advice[..., 1], self.n_levels)
            x = x + ops.matmul(ops.stack(features, axis=-1), self.advised)
        return x


@keras.saving.register_keras_serializable("audio_edu")
class Condition(layers.Layer):
    """What to say, for the gates of all layers: new biases for every frame [shape=(B, n_frames, n_out)].

    Label and voice are the same in all frames; voice 0 is the unknown voice. Two things change: a clock
    counts frames since the start, and a *score* says where in the word the frame lies, for every label anew.
    Position 0 means that nobody knows, and adds nothing.

    The clock is no new information: the time is the number of samples that came before. But layers that see
    a quarter of a second cannot count them. The position is new: it tells how long the word will be.
    (The paper's speaking WaveNet is told much more: which phone, for how long, at what pitch.)
    """

    def __init__(self, n_labels: int, n_voices: int, config: Any, **options: Any):
        super().__init__(**options)
        self.n_labels, self.n_voices, self.config = n_labels, n_voices, config

    def build(self, *shapes: Any) -> None:
        """Make the tables."""
        c, n = self.config, self.config.n_condition
        n_out = len(c.dilations) * 2 * c.n_residual
        drawn = keras.initializers.RandomNormal(stddev=0.5)
        self.label = self.add_weight(shape=(self.n_labels, n), initializer=drawn, name="label_embedding")
        self.voice = self.add_weight(shape=(self.n_voices + 1, n), initializer=drawn, name="voice_embedding")
        self.clock = self.add_weight(shape=(c.n_ticks, n), initializer=drawn, name="clock_embedding")
        self.mix = [self.add_weight(shape=(n, n), name=f"mix{i}") for i in range(3)]
        self.kernel = self.add_weight(shape=(n, n_out), initializer="glorot_uniform", name="kernel")
        self.bias = self.add_weight(shape=(n_out,), initializer="zeros", name="bias")
        self.score = self.add_weight(
            shape=(self.n_labels * (c.n_positions + 2), n), initializer="zeros", name="score_embedding"
        )

    def call(self, label: Any, voice: Any, position: Any) -> Any:
        """Mix the four, squash, and spread over all gates."""
        c = self.config
        ticks = ops.minimum(ops.cumsum(ops.ones_like(position[0])) - 1, c.n_ticks - 1)
        of_label = ops.matmul(ops.take(self.label, label, axis=0), self.mix[0])
        of_voice = ops.matmul(ops.take(self.voice, voice, axis=0), self.mix[1])
        of_clock = ops.matmul(ops.take(self.clock, ticks, axis=0), self.mix[2])
        of_score = ops.take(self.score, label[:, None] * (c.n_positions + 2) + position, axis=0)
        known = ops.cast(position > 0, "float32")[..., None]
        mixed = ops.tanh((of_label + of_voice)[:, None] + of_clock + known * of_score)
        return ops.matmul(mixed, self.kernel) + self.bias


@keras.saving.register_keras_serializable("audio_edu")
class GatedResidual(layers.Layer):
    """One layer of the stack: from x [shape=(B, T, C)] to the next x and this layer's z, both of that shape.

    A convolution with kernel 2 is one product of a matrix with the sample `dilation` steps ago and the
    present one, side by side; filter and gate are computed by the same product.
    """

    def __init__(self, n_channels: int, dilation: int, *, is_last: bool = False, **options: Any):
        super().__init__(**options)
        self.n_channels, self.dilation, self.is_last = n_channels, dilation, is_last

    def build(self, *shapes: Any) -> None:
        """Make the weights: rows past then present, columns filter then gate."""
        n = self.n_channels
        self.kernel = self.add_weight(shape=(2 * n, 2 * n), initializer="glorot_uniform", name="kernel")
        if not self.is_last:  # nobody listens to the last layer's x: only skips leave the stack
            small = keras.initializers.VarianceScaling(0.3)
            self.residual = self.add_weight(shape=(n, n), initializer=small, name="residual")
            self.bias = self.add_weight(shape=(n,), initializer="zeros", name="bias")

    def call(self, x: Any, condition: Any) -> Any:
        """Compute the layer; `condition` [shape=(B, n_frames, 2C)] holds for T / n_frames samples each."""
        n, n_samples, n_frames = 2 * self.n_channels, ops.shape(x)[1], ops.shape(condition)[1]
        a = ops.matmul(ops.concatenate([shift(x, self.dilation), x], axis=-1), self.kernel)
        a = ops.reshape(a, (-1, n_frames, n_samples // n_frames, n)) + condition[:, :, None]
        a = ops.reshape(a, (-1, n_samples, n))
        # z = tanh(W_f * x + V_f c) ⊙ σ(W_g * x + V_g c)
        z = ops.tanh(a[..., : self.n_channels]) * ops.sigmoid(a[..., self.n_channels :])
        # x ← x + R z
        return (x if self.is_last else x + ops.matmul(z, self.residual) + self.bias), z


@keras.saving.register_keras_serializable("audio_edu")
class Output(layers.Layer):
    """From the skips of all layers side by side [shape=(B, T, L · C)] to logits [shape=(B, T, n_levels)].

    With `takes_advice` the logits are those of the network less what the advised Laplace distribution
    charges for the value ``v_k`` of a code: ``l_k = net_k − trust · |v_k − guess| / scale``. How far to
    trust, the network says anew for each sample. It is a product of two distributions, one by a network,
    one by an adaptive filter.
    """

    def __init__(self, config: Any, values: Any, *, takes_advice: bool = False, **options: Any):
        super().__init__(**options)
        self.values, self.takes_advice = values, takes_advice
        self.skip = layers.Dense(config.n_skip, name="skip")
        self.head = layers.Dense(config.n_head, kernel_initializer="he_normal", name="head")
        self.last = layers.Dense(config.n_levels, name="logits")
        self.trust = layers.Dense(1, name="trust") if takes_advice else None

    def call(self, skips: Any, advice: Any = None) -> Any:
        """Compute the logits; `advice` [shape=(B, T, 2)] holds guess and scale."""
        # s = Σ_i S_i z_i: one product with all layers' z side by side
        s = ops.relu(self.skip(skips))
        h = ops.relu(self.head(s))
        logits = self.last(h)
        if self.takes_advice:
            guess, scale = advice[..., :1], advice[..., 1:]
            charge = ops.minimum(ops.abs(self.values - guess) / scale, FAR)
            logits = logits - ops.softplus(self.trust(h)) * charge
        return logits
