"""What a sample costs without a network: four coders to measure a WaveNet against.

A model that gives the sample that came the probability p pays −log₂ p bits for it. Its mean over a sound is
what an arithmetic coder would need, and is comparable between models however they come to their
probabilities, as long as they speak of the same codes: here 256 µ-law codes.

* *uniform* knows nothing: 8 bits.
* *unigram* knows how often each code occurs, *bigram* how often each follows each: tables, counted in the
  training clips.
* *adaptive AR(16)* is what speech coding did for decades: predict the sample as a weighted sum of the last
  16, with weights that are adapted to the clip after every sample; the error has a Laplace distribution whose
  scale follows the errors so far. It learns nothing beforehand but four constants, and needs no side
  information: a decoder can adapt along.

References
----------
Haykin (2002), Adaptive filter theory, chapter 9 (recursive least squares).
Robinson (1994), SHORTEN: simple lossless and near-lossless waveform compression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np

from .._validate import check_positive
from ..signal import mu_law_decode

__all__ = ["AdaptiveAR", "bigram_bits", "unigram_bits"]


def unigram_bits(
    training: Sequence[np.ndarray], clips: Sequence[np.ndarray], n_levels: int = 256
) -> np.ndarray:
    """Compute what each sample costs if only the frequency of each code is known.

    Parameters
    ----------
    training, clips : sequence of np.ndarray of int [shape=(n_samples,)]
        Codes: what is counted, and what is coded.
    n_levels : int
        The number of codes.

    Returns
    -------
    np.ndarray [shape=(n_clips,)]
        The bits of each clip in all.
    """
    counts = np.bincount(np.concatenate(list(training)), minlength=n_levels) + 1.0
    # −log₂ P(x_t)
    cost = -np.log2(counts / counts.sum())
    return np.array([cost[clip].sum() for clip in clips])


def bigram_bits(
    training: Sequence[np.ndarray], clips: Sequence[np.ndarray], n_levels: int = 256, *, first: int = 128
) -> np.ndarray:
    """Compute what each sample costs if it is known how often each code follows each.

    Before the clip stands the code `first`. Parameters and result are those of `unigram_bits`.
    """
    counts = np.full((n_levels, n_levels), 0.05)
    for clip in training:
        np.add.at(counts, (np.concatenate([[first], clip[:-1]]), clip), 1.0)
    # −log₂ P(x_t | x_{t−1})
    cost = -np.log2(counts / counts.sum(axis=1, keepdims=True))
    return np.array([cost[np.concatenate([[first], clip[:-1]]), clip].sum() for clip in clips])


@dataclass(frozen=True)
class AdaptiveAR:
    """Linear prediction, adapted after every sample, and a Laplace distribution for what it misses.

    The weights are those of recursive least squares. The defaults were the best of a search over training
    clips.

    Parameters
    ----------
    order : int
        How many samples are looked back at.
    forgetting : float
        Weight of an error, relative to the one after it, in the squares that are least.
    certainty : float
        How small the weights are believed to be before the first sample: the inverse of a penalty on them.
    scale_forgetting : float
        The same as `forgetting` for the mean absolute error, which is the Laplace distribution's scale.
    floor : float
        The scale is at least this.
    """

    order: int = 16
    forgetting: float = 0.98
    certainty: float = 1e5
    scale_forgetting: float = 0.85
    floor: float = 3e-5

    def bits(self, clip: np.ndarray, n_levels: int = 256) -> float:
        """Compute what a clip of codes [shape=(n_samples,)] costs in all."""
        check_positive(self.order, "order", integer=True)
        # between these values every sample gets the same code
        half = np.arange(1, n_levels) - 0.5
        y = 2 * half / (n_levels - 1) - 1
        edges = np.sign(y) * np.expm1(np.abs(y) * np.log(n_levels)) / (n_levels - 1)
        values = mu_law_decode(np.arange(n_levels), n_levels).astype(np.float64)
        return float(
            _ar_bits(
                np.asarray(clip, np.int64), values, edges, self.order, self.forgetting, self.certainty,
                self.scale_forgetting, self.floor,
            )
        )  # fmt: skip


@numba.njit(cache=True)
def _ar_bits(codes, values, edges, order, forgetting, certainty, scale_forgetting, floor):
    weights, history, gain = np.zeros(order), np.zeros(order), np.zeros(order)
    inverse = np.eye(order) * certainty  # of the history's covariance
    scale, total, n_levels = floor, 0.0, len(values)
    for code in codes:
        # the guess: Σ_k w_k x[t − k]
        mean = 0.0
        for k in range(order):
            mean += weights[k] * history[k]
        # the probability of the code: the Laplace distribution between its two edges
        below = -np.inf if code == 0 else (edges[code - 1] - mean) / scale
        above = np.inf if code == n_levels - 1 else (edges[code] - mean) / scale
        if below > 0:
            p = 0.5 * (np.exp(-below) - np.exp(-above))
        elif above < 0:
            p = 0.5 * (np.exp(above) - np.exp(below))
        else:
            p = 1.0 - 0.5 * (np.exp(below) + np.exp(-above))
        total -= np.log2(0.999 * p + 0.001 / n_levels)  # never quite certain: no sample costs infinitely
        error = values[code] - mean
        scale = max(floor, scale_forgetting * scale + (1 - scale_forgetting) * abs(error))
        # recursive least squares: w ← w + g e, with g = P x / (λ + xᵀ P x), and P ← (P − g xᵀ P) / λ
        denominator = forgetting
        for k in range(order):
            gain[k] = 0.0
            for j in range(order):
                gain[k] += inverse[k, j] * history[j]
        for k in range(order):
            denominator += history[k] * gain[k]
        for k in range(order):
            weights[k] += gain[k] / denominator * error
        for k in range(order):
            for j in range(order):
                inverse[k, j] = (inverse[k, j] - gain[k] * gain[j] / denominator) / forgetting
        for k in range(order - 1, 0, -1):
            history[k] = history[k - 1]
        history[0] = values[code]
    return total
