"""The network in Keras: what is wrong goes in, a filter for each bin of the spectrum comes out.

Conventions: B clips, n samples, F frames, K = 1 + n_fft / 2 bins.

References
----------
Williamson, Wang and Wang (2016), Complex ratio masking for monaural speech separation (the mask).
Mack and Habets (2020), Deep filtering: signal extraction and reconstruction using complex time-frequency
filters (several frames).
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ...layers.convnext import KERNEL, ConvNeXt
from ...layers.spectra import frame, inverse_spectrum, spectrum
from ..codec.transform import features
from .recipe import RestorationRecipe

#: Groups of samples that a frame is divided into, where it is said which of them are known.
_GROUPS = 16


class Block(ConvNeXt):
    """The codec's block with a dilated convolution, which may be causal.

    Parameters
    ----------
    scale : float
        What γ begins with.
    dilation : int
        Frames from one that the convolution sees to the next.
    causal : bool
        Whether it sees the past only.
    """

    def __init__(self, scale: float, dilation: int, causal: bool, **options: Any):
        super().__init__(scale, **options)
        self.dilation, self.causal = dilation, causal

    def call(self, x: Any) -> Any:
        """Convolve, widen, narrow, add."""
        reach = (KERNEL - 1) * self.dilation
        before = reach if self.causal else reach // 2
        padded, n_frames = ops.pad(x, ((0, 0), (before, reach - before), (0, 0))), ops.shape(x)[1]
        # (k ∗ x)[t, c] = Σ_i k[i, c] x[t + i d − before, c]
        y = sum(
            self.kernel[i] * padded[:, i * self.dilation : i * self.dilation + n_frames]
            for i in range(KERNEL)
        )
        return x + self.gamma * self.project(self.expand(self.norm(y)))


def build_body(recipe: RestorationRecipe) -> keras.Model:
    """Build the network from features [shape=(B, F, D)] to the weights of a filter."""
    n_bins, n_blocks = 1 + recipe.n_fft // 2, len(recipe.dilations)
    n_features = 3 * n_bins + (0 if recipe.task == "denoise" else _GROUPS)
    n_outputs = 2 * n_bins * recipe.taps
    frames = keras.Input((None, n_features), name="features")
    x = layers.Dense(recipe.channels, name="into")(frames)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm_in")(x)
    for i, dilation in enumerate(recipe.dilations):
        x = Block(1 / n_blocks, dilation, recipe.causal, name=f"block{i}")(x)
    x = layers.LayerNormalization(epsilon=1e-6, name="norm_out")(x)
    return keras.Model(frames, layers.Dense(n_outputs, name="out")(x), name="body")


class RestorationNetwork(keras.Model):
    """From a spoilt sound to one that is less so.

    Parameters
    ----------
    recipe : RestorationRecipe
        The task and the sizes.
    """

    def __init__(self, recipe: RestorationRecipe):
        super().__init__(name=recipe.task)
        self.recipe = recipe
        self.body = build_body(recipe)
        zeros = np.zeros((1, 1024), np.float32)
        self(zeros, zeros)

    def call(self, x: Any, known: Any) -> Any:
        """Restore sound [shape=(B, n)], n a multiple of a quarter of `n_fft`.

        `known` [shape=(B, n)] is 1 where a sample is as it should be, and 0 where it was clipped or lost. A
        denoiser does not look at it: to it all samples are equally doubtful.
        """
        recipe = self.recipe
        seen = features(x, recipe.n_fft)
        if recipe.task != "denoise":
            frames = frame(known, recipe.n_fft)
            groups = ops.reshape(frames, (*ops.shape(frames)[:2], _GROUPS, recipe.n_fft // _GROUPS))
            seen = ops.concatenate([seen, ops.mean(groups, axis=-1)], axis=-1)
        return inverse_spectrum(*self.filtered(*spectrum(x, recipe.n_fft), self.body(seen)))

    def filtered(self, real: Any, imaginary: Any, weights: Any) -> tuple[Any, Any]:
        """Return ``Y[t] = Σ_i W_i[t] X[t + i − before]``, all complex; one W is 1 + what is learned."""
        n_taps = self.recipe.taps
        before = n_taps - 1 if self.recipe.causal else n_taps // 2
        pads = ((0, 0), (before, n_taps - 1 - before), (0, 0))
        n_frames = real.shape[1]
        padded_re, padded_im = ops.pad(real, pads), ops.pad(imaginary, pads)
        re, im = real, imaginary
        for i, w in enumerate(ops.split(weights, n_taps, axis=-1)):
            x_re, x_im = padded_re[:, i : i + n_frames], padded_im[:, i : i + n_frames]
            w_re, w_im = ops.split(w, 2, axis=-1)
            re, im = re + w_re * x_re - w_im * x_im, im + w_re * x_im + w_im * x_re
        return re, im
