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

The layers are in `audio_edu.generation.flow.layers`.

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
from keras import ops

from ..._validate import checked
from ...training import Trained, adamw, as_array, by_xla
from .layers import AffineCoupling, Condition, InvertibleConvolution, squeeze, unsqueeze
from .recipe import FlowConfig, FlowRecipe

LOG_2, LOG_2PI = float(np.log(2)), float(np.log(2 * np.pi))


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
        optimizer = adamw(
            recipe.schedule_steps or recipe.n_steps, **{name: getattr(recipe, name) for name in rates}
        )
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
