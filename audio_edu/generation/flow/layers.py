"""The layers of a flow, in Keras; each can be undone, and says how much it stretches.

Conventions: B clips, T samples, P = T / n_squeeze positions, C channels. Every layer of a flow has ``call(x,
condition)``, which returns y and log |det ∂y/∂x| [shape=(B,)], and ``inverse(y, condition)``, which returns
x. As formulas, in NumPy, they are in `audio_edu.generation.flow.formulas`.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .recipe import FlowConfig

#: A coupling multiplies by e^−3 to e^3: no single one can lose all digits.
MAX_LOG_SCALE = 3.0


def squeeze(x: Any, n: int) -> Any:
    """Put `n` successive samples side by side: from [shape=(B, T)] to [shape=(B, T / n, n)]."""
    return ops.reshape(x, (-1, ops.shape(x)[1] // n, n))


def unsqueeze(x: Any) -> Any:
    """Undo `squeeze`."""
    return ops.reshape(x, (-1, ops.shape(x)[1] * ops.shape(x)[2]))


class InvertibleConvolution(layers.Layer):
    """A 1×1 convolution with as many channels out as in: ``y_p = x_p W`` at each position p.

    W begins as a rotation: it mixes the channels and stretches nothing.
    """

    def build(self, x_shape: Any, condition_shape: Any = None) -> None:
        """Make W."""
        n = x_shape[-1]
        self.kernel = self.add_weight(shape=(n, n), initializer="orthogonal", name="kernel")

    def call(self, x: Any, condition: Any = None) -> tuple[Any, Any]:
        """Return y [shape of x] and P · log |det W| for each clip."""
        _, log_abs_det = ops.slogdet(self.kernel)
        return ops.matmul(x, self.kernel), ops.shape(x)[1] * log_abs_det * ops.ones_like(x[:, 0, 0])

    def inverse(self, y: Any, condition: Any = None) -> Any:
        """Return ``x_p = y_p W⁻¹``."""
        return ops.matmul(y, ops.inv(self.kernel))


class GatedLayer(layers.Layer):
    """One layer of a conditioner: a gate over a position and its neighbours, both ways, and a residual."""

    def __init__(self, n_channels: int, dilation: int, *, is_last: bool = False, **options: Any):
        super().__init__(**options)
        self.n_channels, self.dilation, self.is_last = n_channels, dilation, is_last

    def build(self, x_shape: Any, condition_shape: Any = None) -> None:
        """Make the weights: rows of the kernel before, at, after the position, condition."""
        n, n_condition = self.n_channels, condition_shape[-1] if condition_shape else 0
        self.kernel = self.add_weight(shape=(3 * n + n_condition, 2 * n), name="kernel")
        self.bias = self.add_weight(shape=(2 * n,), initializer="zeros", name="bias")
        if not self.is_last:  # the last layer's x leads nowhere: only skips leave the stack
            small = keras.initializers.VarianceScaling(0.3)
            self.residual = self.add_weight(shape=(n, n), initializer=small, name="residual")

    def call(self, x: Any, condition: Any = None) -> tuple[Any, Any]:
        """Return the next x and this layer's z, both of x's shape."""
        d, n = self.dilation, ops.shape(x)[1]
        padded = ops.pad(x, [[0, 0], [d, d], [0, 0]])
        seen = [padded[:, :n], x, padded[:, 2 * d :]]
        a = ops.matmul(
            ops.concatenate(seen if condition is None else [*seen, condition], axis=-1), self.kernel
        )
        filtered, gate = ops.split(a + self.bias, 2, axis=-1)
        # z = tanh(W_f * x + V_f c) ⊙ σ(W_g * x + V_g c)
        z = ops.tanh(filtered) * ops.sigmoid(gate)
        # x ← x + R z
        return (x if self.is_last else x + ops.matmul(z, self.residual)), z


class Conditioner(layers.Layer):
    """From the channels that stay to log scale and shift of those that change: a small WaveNet both ways.

    Its last layer begins at zero, so that a new coupling changes nothing.
    """

    def __init__(self, config: FlowConfig, **options: Any):
        super().__init__(**options)
        c = config
        self.first = layers.Dense(c.n_channels, name="first")
        n_layers = len(c.dilations)
        self.gated = [
            GatedLayer(c.n_channels, dilation, is_last=i == n_layers - 1, name=f"gated{i}")
            for i, dilation in enumerate(c.dilations)
        ]
        self.last = layers.Dense(2 * c.n_changed, kernel_initializer="zeros", name="last")

    def call(self, x: Any, condition: Any = None) -> tuple[Any, Any]:
        """Return log scale and shift [shape=(B, P, n_changed)] from x [shape=(B, P, C − n_changed)]."""
        h, skips = self.first(x), []
        for layer in self.gated:
            h, z = layer(h, condition)
            skips.append(z)
        log_scale, shift = ops.split(self.last(ops.concatenate(skips, axis=-1)), 2, axis=-1)
        return MAX_LOG_SCALE * ops.tanh(log_scale / MAX_LOG_SCALE), shift


class AffineCoupling(layers.Layer):
    """The first channels stay; they say how the last ones, `n_changed`, are scaled and shifted."""

    def __init__(self, config: FlowConfig, **options: Any):
        super().__init__(**options)
        self.n_changed = config.n_changed
        self.conditioner = Conditioner(config, name="conditioner")

    def call(self, x: Any, condition: Any = None) -> tuple[Any, Any]:
        """Return y [shape of x] and the sum of all log scales for each clip."""
        kept, changed = x[..., : -self.n_changed], x[..., -self.n_changed :]
        log_scale, shift = self.conditioner(kept, condition)
        # y_b = x_b ⊙ exp(s(x_a)) + t(x_a)
        changed = changed * ops.exp(log_scale) + shift
        return ops.concatenate([kept, changed], axis=-1), ops.sum(log_scale, axis=(1, 2))

    def inverse(self, y: Any, condition: Any = None) -> Any:
        """Return ``x_b = (y_b − t(y_a)) ⊙ exp(−s(y_a))`` beside ``x_a = y_a``."""
        kept, changed = y[..., : -self.n_changed], y[..., -self.n_changed :]
        log_scale, shift = self.conditioner(kept, condition)
        return ops.concatenate([kept, (changed - shift) * ops.exp(-log_scale)], axis=-1)


class Condition(layers.Layer):
    """From a mel spectrogram [shape=(B, n_frames, n_mels)] to channels at each position, by two convolutions.

    Between the frames, `hop_length` samples apart, lies a straight line.
    """

    def __init__(self, config: FlowConfig, **options: Any):
        super().__init__(**options)
        self.config = config
        self.wide = layers.Conv1D(config.n_condition, 5, padding="same", activation="gelu", name="wide")
        self.narrow = layers.Conv1D(config.n_condition, 3, padding="same", name="narrow")

    def call(self, mel: Any, x: Any) -> Any:
        """Return the condition [shape=(B, P, n_condition)] of as many positions as x has."""
        n_frames, (_, n_positions, n_squeeze) = ops.shape(mel)[1], ops.shape(x)
        # the middle of each position, counted in frames
        t = (n_squeeze * np.arange(n_positions) + (n_squeeze - 1) / 2) / self.config.hop_length
        weights = np.maximum(0, 1 - np.abs(np.minimum(t, n_frames - 1)[:, None] - np.arange(n_frames)))
        return ops.matmul(ops.convert_to_tensor(weights.astype(np.float32)), self.narrow(self.wide(mel)))
