"""A flow: an invertible network between sound and noise, in Keras.

Forwards it turns a sound x into numbers z of which each is to be normal with mean 0 and spread 1. Whatever it
does can be undone, and how much it stretches or shrinks is known; so it says how probable the sound is:

    log p(x) = log N(z; 0, I) + log |det ∂z/∂x|

That is what it is trained by, and nothing else: no critic, no bound. Backwards, from noise z, it makes a
sound, all samples at once.

*Squeeze* puts 8 successive samples side by side, as channels of one position. Then come steps of two layers:
a 1×1 convolution mixes the channels, an affine coupling changes half of them by what the other half says.
The network that looks at the other half (`Conditioner`) is never inverted; it may be anything, here a small
WaveNet that sees both ways.

The layers as formulas, in NumPy, are in `audio_edu.generation.flow.formulas`.

Conventions: B clips, T samples, P = T / n_squeeze positions, C channels. Every layer has ``call(x,
condition)``, which returns y and log |det ∂y/∂x| [shape=(B,)], and ``inverse(y, condition)``, which returns
x.

References
----------
Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using Real NVP.
Kingma and Dhariwal (2018), Glow: generative flow with invertible 1×1 convolutions.
Prenger, Valle and Catanzaro (2019), WaveGlow: a flow-based generative network for speech synthesis.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..._validate import checked
from ...training import Trained, adamw, as_array, by_xla
from .recipe import FlowConfig, FlowRecipe

LOG_2, LOG_2PI = float(np.log(2)), float(np.log(2 * np.pi))

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
        """Return ``x_p = y_p W⁻¹``; the inverse of the matrix is computed in double precision."""
        inverse = np.linalg.inv(as_array(self.kernel).astype(np.float64)).astype(np.float32)
        return ops.matmul(y, ops.convert_to_tensor(inverse))


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


class FlowNetwork(keras.Model):
    """All layers, and −log₂ P of the codes as what is minimised.

    Called with ``(x,)``, or ``(x, mel)``: samples [shape=(B, T)] and mel spectrograms [shape=(B, n_frames,
    n_mels)]. Returns z [shape=(B, P, n_squeeze)] and log |det ∂z/∂x| [shape=(B,)].
    """

    def __init__(self, config: FlowConfig):
        super().__init__(name="flow")
        c = self.config = config
        self.condition = Condition(c, name="condition") if c.n_condition else None
        self.steps = []
        for i in range(c.n_couplings):
            self.steps.append(InvertibleConvolution(name=f"mix{i:02d}"))
            self.steps.append(AffineCoupling(c, name=f"coupling{i:02d}"))
        x, mel = np.zeros((1, c.hop_length), np.float32), np.zeros((1, 2, c.n_mels), np.float32)
        self((x, mel) if c.n_condition else (x,))

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Go from sound to noise, and add the loss: bits a sample, the mean over the batch."""
        x, gain = inputs[0], self.config.gain
        z = squeeze(gain * x, self.config.n_squeeze)
        condition = self.condition(inputs[1], z) if self.condition else None
        log_det = ops.shape(x)[1] * float(np.log(gain)) * ops.ones_like(x[:, 0])
        for layer in self.steps:
            z, more = layer(z, condition)
            log_det = log_det + more
        self.add_loss(ops.mean(self.bits(x, z, log_det)))
        return z, log_det

    def inverse(self, z: Any, mel: Any = None) -> Any:
        """Go from noise z [shape=(B, P, n_squeeze)] to sound [shape=(B, T)]."""
        condition = self.condition(mel, z) if self.condition else None
        for layer in reversed(self.steps):
            z = layer.inverse(z, condition)
        return unsqueeze(z) / self.config.gain

    def bits(self, x: Any, z: Any, log_det: Any) -> Any:
        """Return the bits a sample of each clip [shape=(B,)], for codes that `dequantize` spread to x."""
        mu = self.config.n_levels - 1.0
        # log p(x) = Σ log N(z; 0, 1) + log |det ∂z/∂x|
        log_p = -0.5 * ops.sum(ops.square(z) + LOG_2PI, axis=(1, 2)) + log_det
        # P(code) ≈ p(x) · the width of its interval: `code_widths`
        log_width = ops.log1p(mu * ops.abs(x)) + float(np.log(2 * np.log1p(mu) / mu**2))
        return -(log_p + ops.sum(log_width, axis=1)) / (ops.shape(x)[1] * LOG_2)


class Flow(Trained):
    """A flow with what belongs to it.

    Parameters
    ----------
    recipe : FlowRecipe
        How it is, or was, trained.
    facts : mapping
        ``label_names`` and ``sample_rate`` (Hz) of the corpus.

    Attributes
    ----------
    network : FlowNetwork
        The network.
    config : FlowConfig
        Its size.
    """

    curve_names = ("bits",)

    def __init__(self, recipe: FlowRecipe, facts: Mapping[str, Any]):
        network = FlowNetwork(recipe.config)
        rates = ("learning_rate", "weight_decay", "ema_decay", "clipnorm")
        optimizer = adamw(recipe.n_steps, **{name: getattr(recipe, name) for name in rates})
        network.compile(optimizer, jit_compile=by_xla(False))
        super().__init__(recipe, facts, {"network": network})
        self.network, self.config = network, recipe.config

    def train_on_batch(self, *batch: Any) -> Any:
        """Learn from one batch; return its bits a sample."""
        return self.network.train_on_batch(batch)

    @checked
    def transform(self, x: np.ndarray, mel: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Go from sound to noise.

        Parameters
        ----------
        x : np.ndarray [shape=(B, T)]
            Samples, from `dequantize`; T is a multiple of ``config.n_squeeze``.
        mel : np.ndarray [shape=(B, n_frames, n_mels)], optional
            From `mel_condition`; for a flow that takes one.

        Returns
        -------
        z : np.ndarray of float32 [shape=(B, P, n_squeeze)]
            Noise, where the flow fits.
        bits : np.ndarray of float32 [shape=(B,)]
            −log₂ P a sample, of the codes that were spread.
        """
        inputs = self._inputs(x, mel, ndim=2)
        z, log_det = self.network(inputs)
        return as_array(z), as_array(self.network.bits(inputs[0], z, log_det))

    @checked
    def inverse_transform(self, z: np.ndarray, mel: np.ndarray | None = None) -> np.ndarray:
        """Go from noise to sound: the inverse of `transform`, samples [shape=(B, T)]."""
        if z.ndim != 3 or z.shape[2] != self.config.n_squeeze:
            raise ValueError(f"z has shape {z.shape}; expected (B, P, {self.config.n_squeeze}).")
        return as_array(self.network.inverse(*self._inputs(z, mel, ndim=3)))

    def _inputs(self, x: np.ndarray, mel: np.ndarray | None, *, ndim: int) -> tuple[np.ndarray, ...]:
        c = self.config
        if ndim == 2 and (x.ndim != 2 or x.shape[1] % c.n_squeeze):
            raise ValueError(f"x has shape {x.shape}; expected (B, T), T a multiple of {c.n_squeeze}.")
        if (mel is None) == bool(c.n_condition):
            raise ValueError(
                f"mel is {'missing' if mel is None else 'not None'}; this flow takes "
                f"{'one' if c.n_condition else 'none'}."
            )
        if mel is None:
            return (x.astype(np.float32),)
        if mel.ndim != 3 or mel.shape[0] != len(x) or mel.shape[2] != c.n_mels:
            raise ValueError(f"mel has shape {mel.shape}; expected ({len(x)}, n_frames, {c.n_mels}).")
        return x.astype(np.float32), mel.astype(np.float32)
