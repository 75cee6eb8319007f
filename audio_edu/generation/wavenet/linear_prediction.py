"""Adaptive linear prediction: what speech coding did for decades, as a rival and as an input.

*Adaptive AR(16)* predicts a sample as a weighted sum of the last 16, with weights that are adapted to the
clip after every sample (*recursive least squares*); what it misses has a Laplace distribution, whose scale
follows the errors so far. It learns nothing beforehand but four constants, and needs no side information: a
decoder adapts along. After a few milliseconds it has adapted to a voice that nobody ever heard.

It serves twice. `AdaptiveAR.bits` is the classical coder that a WaveNet is measured against. And
`AdaptiveAR.predict` is an input of a WaveNet with `WaveNetConfig.ar_order` above 0, before each sample: the
network learns what is to be added to the prediction, and how far to trust it.

References
----------
Haykin (2002), Adaptive filter theory, chapter 9 (recursive least squares).
Robinson (1994), SHORTEN: simple lossless and near-lossless waveform compression.
Valin and Skoglund (2019), LPCNet: improving neural speech synthesis through linear prediction.
"""

from dataclasses import astuple, dataclass
from typing import Annotated

import numba
import numpy as np
from numpy.typing import ArrayLike

from ..._validate import Positive, Share, check_codes, checked
from ...signal import mu_law_decode


@checked
@dataclass(frozen=True)
class AdaptiveAR:
    """Linear prediction, adapted after every sample, and a Laplace distribution for what it misses.

    The defaults were the best of a search over training clips.

    Parameters
    ----------
    order : int
        Number of past samples that are weighed.
    forgetting : float
        Forgetting factor λ of the recursive least squares: weight of a squared error relative to the next.
    certainty : float
        Initial value of the inverse correlation matrix P = `certainty` · I: the inverse of a penalty on the
        weights.
    scale_forgetting : float
        Forgetting factor of the mean absolute error, which is the Laplace distribution's scale.
    floor : float
        Smallest scale.
    """

    order: Annotated[int, (1, 256)] = 16
    forgetting: Annotated[float, (0.1, 1.0)] = 0.98
    certainty: Positive = 1e5
    scale_forgetting: Share = 0.85
    floor: Positive = 3e-5

    @checked
    def predict(self, clip: ArrayLike, n_levels: Annotated[int, (2, 65_536)] = 256) -> np.ndarray:
        """Predict each sample from the samples before it.

        Parameters
        ----------
        clip : np.ndarray of int [shape=(n_samples,)]
            µ-law codes.
        n_levels : int
            The number of codes.

        Returns
        -------
        np.ndarray [shape=(n_samples, 2)], float64
            The predicted value (mostly in [-1, 1]), and the scale of its error. Row ``t`` depends on the
            samples before ``t``.

        Examples
        --------
        >>> from audio_edu.signal import mu_law_encode
        >>> tone = mu_law_encode(0.5 * np.sin(np.arange(2000) / 5))
        >>> prediction = AdaptiveAR().predict(tone)
        >>> bool(np.abs(prediction[-100:, 0] - 0.5 * np.sin(np.arange(1900, 2000) / 5)).max() < 0.05)
        True
        """
        values = mu_law_decode(np.arange(n_levels), n_levels).astype(np.float64)
        # the compiled loop looks codes up without a look at their range
        return _predict(check_codes(clip, "clip", n_levels), values, *astuple(self))

    @checked
    def bits(self, clip: ArrayLike, n_levels: Annotated[int, (2, 65_536)] = 256) -> float:
        """Compute what a clip of codes [shape=(n_samples,)] costs in all (bits)."""
        clip = check_codes(clip, "clip", n_levels)
        # between these values every sample gets the same code
        y = 2 * (np.arange(1, n_levels) - 0.5) / (n_levels - 1) - 1
        edges = np.sign(y) * np.expm1(np.abs(y) * np.log(n_levels)) / (n_levels - 1)
        mean, scale = self.predict(clip, n_levels).T
        # the probability of a code: the Laplace distribution between its two edges
        edges = np.concatenate([[-np.inf], edges, [np.inf]])
        below, above = (edges[clip] - mean) / scale, (edges[clip + 1] - mean) / scale
        near, far = np.exp(-np.abs(below)) / 2, np.exp(-np.abs(above)) / 2
        p = np.where(below > 0, near - far, np.where(above < 0, far - near, 1 - near - far))
        # never quite certain: no sample costs infinitely
        return float(-np.log2(0.999 * p + 0.001 / n_levels).sum())


_compiled = numba.njit(cache=True, error_model="numpy")


@_compiled
def predict_next(weights, history):
    """Return Σ_k w_k x[t − k]; `history` is newest first."""
    mean = 0.0
    for k in range(len(weights)):
        mean += weights[k] * history[k]
    return mean


@_compiled
def adapt(value, error, weights, history, inverse, gain, forgetting, certainty):
    """Update the weights by a sample and its prediction error; put the sample into `history`.

    Recursive least squares: w ← w + g e with g = P x / (λ + xᵀ P x), then P ← (P − g xᵀ P) / λ. `inverse` is
    P, `gain` is room for P x.
    """
    order = len(weights)
    denominator = forgetting
    for k in range(order):
        gain[k] = 0.0
        for j in range(order):
            gain[k] += inverse[k, j] * history[j]
    for k in range(order):
        denominator += history[k] * gain[k]
    for k in range(order):
        weights[k] += gain[k] / denominator * error
    largest = 0.0
    for k in range(order):
        for j in range(order):
            inverse[k, j] = (inverse[k, j] - gain[k] * gain[j] / denominator) / forgetting
        largest = max(largest, inverse[k, k])
    if largest > certainty:  # in long silence nothing is learned, and P would grow for ever
        for k in range(order):
            for j in range(order):
                inverse[k, j] *= certainty / largest
    for k in range(order - 1, 0, -1):
        history[k] = history[k - 1]
    history[0] = value


@_compiled
def update_scale(scale, error, scale_forgetting, floor):
    """Return the running mean of the absolute error."""
    return max(floor, scale_forgetting * scale + (1 - scale_forgetting) * abs(error))


@_compiled
def _predict(codes, values, order, forgetting, certainty, scale_forgetting, floor):
    weights, history, gain = np.zeros(order), np.zeros(order), np.zeros(order)
    inverse = np.eye(order) * certainty
    scale, predictions = floor, np.empty((len(codes), 2))
    for t in range(len(codes)):
        mean = predict_next(weights, history)
        predictions[t, 0], predictions[t, 1] = mean, scale
        error = values[codes[t]] - mean
        scale = update_scale(scale, error, scale_forgetting, floor)
        adapt(values[codes[t]], error, weights, history, inverse, gain, forgetting, certainty)
    return predictions
