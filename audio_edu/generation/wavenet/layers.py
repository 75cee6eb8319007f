"""The layers of a WaveNet, in Keras.

Conventions are those of `audio_edu.generation.wavenet.model`: layers work on [shape=(B, T, C)], and what
stands at time ``t`` is about sample ``t`` and depends on the samples before it.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ...signal import mu_law_decode
from .recipe import WaveNetConfig

#: A prediction error beyond so many scales counts as so many: the network can always object.
MAX_ERROR = 30.0


def shift(x: Any, n: int) -> Any:
    """Move a sequence [shape=(B, T, C)] `n` samples later; zeros come in, the end falls out."""
    return ops.pad(x, [[0, 0], [n, 0], [0, 0]])[:, :-n]


def prediction_features(prediction: Any, n_levels: int = 256) -> Any:
    """Turn linear predictions, means and scales [shape=(B, T, 2)], into numbers near [-1, 1].

    The mean is companded as the samples are; of the scale the logarithm is taken.
    """
    mean, scale, mu = prediction[..., 0], prediction[..., 1], n_levels - 1.0
    companded = ops.sign(mean) * ops.log1p(mu * ops.abs(mean)) / ops.log(mu + 1.0)
    return ops.stack([companded, (ops.log(scale) + 6.0) / 4.0], axis=-1)


class FirstConvolution(layers.Layer):
    """From codes [shape=(B, T)] to channels [shape=(B, T, C)], strictly causal.

    Output ``t`` sees the code of sample ``t − 1``, by its row in a table of 256, and the values of samples
    ``t − n_taps`` to ``t − 1``. This is the one place where the input is delayed by a sample. With
    ``config.ar_order`` above 0 it also sees the linear prediction of sample ``t``, mean and scale.
    """

    def __init__(self, config: WaveNetConfig, **options: Any):
        super().__init__(**options)
        self.config = config

    def build(self, *shapes: Any) -> None:
        """Make the table and the taps."""
        c = self.config
        self.table = self.add_weight(
            shape=(c.n_levels, c.n_residual), initializer="random_normal", name="table"
        )
        # taps[k] weighs sample t − n_taps + k
        self.taps = self.add_weight(shape=(c.n_taps, 1, c.n_residual), name="taps")
        if c.ar_order:  # rows: the mean, the scale
            self.prediction = self.add_weight(shape=(2, c.n_residual), name="prediction")

    def call(self, codes: Any, prediction: Any = None) -> Any:
        """Look up the last code, weigh the last values, and the prediction [shape=(B, T, 2)]."""
        n_taps, n_levels = self.config.n_taps, self.config.n_levels
        values = 2.0 * ops.cast(codes[..., None], "float32") / (n_levels - 1) - 1.0
        past = ops.pad(values, [[0, 0], [n_taps, 0], [0, 0]])[:, :-1]
        x = shift(ops.take(self.table, codes, axis=0), 1) + ops.conv(past, self.taps, padding="valid")
        if prediction is not None:
            x = x + ops.matmul(prediction_features(prediction, n_levels), self.prediction)
        return x


class Condition(layers.Layer):
    """The condition of the gates of all layers: new biases for every frame [shape=(B, n_frames, n_out)].

    Label and voice are the same in all frames; voice 0 is the unknown voice. Two things change: a clock
    counts frames since the start, and a *score* says where in the word the frame lies, for every label anew.
    Position 0 is unknown, and adds nothing.

    The clock is no new information: the time is the number of samples that came before. But layers that see
    a quarter of a second cannot count them. The position is new: it tells how long the word will be. (The
    paper's speaking WaveNet is given much more: which phone, for how long, at what pitch.)
    """

    def __init__(self, config: WaveNetConfig, n_labels: int, n_voices: int, **options: Any):
        super().__init__(**options)
        self.config, self.n_labels, self.n_voices = config, n_labels, n_voices

    def build(self, *shapes: Any) -> None:
        """Make the tables."""
        c, n = self.config, self.config.n_condition
        n_out = len(c.dilations) * 2 * c.n_residual
        normal = keras.initializers.RandomNormal(stddev=0.5)
        self.label = self.add_weight(shape=(self.n_labels, n), initializer=normal, name="label")
        self.voice = self.add_weight(shape=(self.n_voices + 1, n), initializer=normal, name="voice")
        self.clock = self.add_weight(shape=(c.n_ticks, n), initializer=normal, name="clock")
        self.mix = [self.add_weight(shape=(n, n), name=f"mix{i}") for i in range(3)]
        self.kernel = self.add_weight(shape=(n, n_out), name="kernel")
        self.bias = self.add_weight(shape=(n_out,), initializer="zeros", name="bias")
        self.score = self.add_weight(
            shape=(self.n_labels * (c.n_positions + 2), n), initializer="zeros", name="score"
        )

    def call(self, label: Any, voice: Any, position: Any) -> Any:
        """Mix the four, squash, and spread over all gates."""
        c = self.config
        ticks = ops.minimum(ops.cumsum(ops.ones_like(position[0])) - 1, c.n_ticks - 1)
        of_label = ops.matmul(ops.take(self.label, label, axis=0), self.mix[0])
        of_voice = ops.matmul(ops.take(self.voice, voice, axis=0), self.mix[1])
        of_clock = ops.matmul(ops.take(self.clock, ticks, axis=0), self.mix[2])
        of_score = ops.take(self.score, label[:, None] * (c.n_positions + 2) + position, axis=0)
        is_known = ops.cast(position > 0, "float32")[..., None]
        mixed = ops.tanh((of_label + of_voice)[:, None] + of_clock + is_known * of_score)
        return ops.matmul(mixed, self.kernel) + self.bias


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
        self.kernel = self.add_weight(shape=(2 * n, 2 * n), name="kernel")
        if not self.is_last:  # the last layer's x leads nowhere: only skips leave the stack
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


class Output(layers.Layer):
    """From the skips of all layers side by side [shape=(B, T, L · C)] to logits [shape=(B, T, n_levels)].

    With ``config.ar_order`` above 0 the logits are those of the network less what the Laplace distribution of
    the linear prediction charges for the value ``v_k`` of a code: ``l_k = net_k − trust · |v_k − mean| /
    scale``. How far to trust, the network says anew for each sample. It is a product of two distributions,
    one by a network, one by an adaptive filter.
    """

    def __init__(self, config: WaveNetConfig, **options: Any):
        super().__init__(**options)
        self.values = mu_law_decode(np.arange(config.n_levels), config.n_levels)
        self.skip = layers.Dense(config.n_skip, name="skip")
        self.head = layers.Dense(config.n_head, kernel_initializer="he_normal", name="head")
        self.last = layers.Dense(config.n_levels, name="logits")
        self.trust = layers.Dense(1, name="trust") if config.ar_order else None

    def call(self, skips: Any, prediction: Any = None) -> Any:
        """Compute the logits; `prediction` [shape=(B, T, 2)] holds mean and scale."""
        # s = Σ_i S_i z_i: one product with all layers' z side by side
        s = ops.relu(self.skip(skips))
        h = ops.relu(self.head(s))
        logits = self.last(h)
        if prediction is not None:
            mean, scale = prediction[..., :1], prediction[..., 1:]
            error = ops.minimum(ops.abs(ops.subtract(self.values, mean)) / scale, MAX_ERROR)
            logits = logits - ops.softplus(self.trust(h)) * error
        return logits
