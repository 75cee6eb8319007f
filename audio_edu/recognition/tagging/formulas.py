"""The formulas of chapter 9 in NumPy: losses, scores, pooling, and the landmarks of a recording.

References
----------
Wang (2003), An industrial-strength audio search algorithm, ISMIR.
"""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike
from scipy.fft import rfft
from scipy.ndimage import maximum_filter

from ..._validate import check_audio, checked
from ...layers import sigmoid


@checked
def binary_cross_entropy(z: np.ndarray, y: np.ndarray) -> float:
    """Mean over clips and tags of −y ln σ(z) − (1 − y) ln(1 − σ(z)), without overflow.

    Parameters
    ----------
    z : np.ndarray [shape=(...)]
        Logits.
    y : np.ndarray [shape of z]
        1 where the tag is present, 0 where it is not.

    Examples
    --------
    >>> round(binary_cross_entropy(np.array([0.0, 100.0]), np.array([1.0, 1.0])), 4)
    0.3466
    """
    if z.shape != y.shape:
        raise ValueError(f"y has shape {y.shape}; expected that of z, {z.shape}.")
    # −y ln σ(z) − (1 − y) ln(1 − σ(z))  =  max(z, 0) − y z + ln(1 + e^−|z|)
    return float(np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))))


@checked
def attention_pooling(z: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pool the tags of frames to those of the clip.

    Parameters
    ----------
    z : np.ndarray [shape=(n_frames, n_tags)]
        Logits of the tags.
    v : np.ndarray [shape=(n_frames, n_tags)]
        Scores of how much each frame counts.

    Returns
    -------
    P : np.ndarray [shape=(n_tags,)]
        Probabilities of the clip.
    a : np.ndarray [shape=(n_frames, n_tags)]
        The weights; each column sums to 1.

    Examples
    --------
    >>> P, a = attention_pooling(np.array([[9.0], [-9.0]]), np.array([[5.0], [0.0]]))
    >>> P.round(2).tolist(), a.round(2).tolist()
    ([0.99], [[0.99], [0.01]])
    """
    if z.ndim != 2 or z.shape != v.shape:
        raise ValueError(f"z has shape {z.shape}, v {v.shape}; expected (n_frames, n_tags) of both.")
    # a_k(t) = e^{v_k(t)} / Σ_t' e^{v_k(t')}
    e = np.exp(v - v.max(axis=0))
    a = e / e.sum(axis=0)
    # P_k = Σ_t a_k(t) σ(z_k(t))
    return np.sum(a * sigmoid(z), axis=0), a


#: The constellation: spacing of peaks (bands, frames), and how far ahead a peak is paired, with how many.
NEIGHBOURHOOD, FAN_OUT, AHEAD = (15, 15), 5, 32


@checked
def landmarks(x: ArrayLike, sample_rate: Annotated[float, (1000, 1_000_000)]) -> np.ndarray:
    """Return the landmarks of a recording: pairs of spectral peaks, and when.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples.
    sample_rate : float
        Samples a second (Hz). Landmarks of different rates do not compare.

    Returns
    -------
    np.ndarray [shape=(n_landmarks, 4)]
        Frequency bins of the two peaks, frames between them, and the frame of the first; a frame every 32 ms.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> landmarks(np.sin(2 * np.pi * 440 * t * (1 + t)), 8000).shape[1]
    4
    """
    x = check_audio(x, "x").astype(np.float32)
    n_fft = 2 * round(0.032 * sample_rate)
    hop = n_fft // 2
    x = np.pad(x, (hop, hop + n_fft))
    windows = np.lib.stride_tricks.sliding_window_view(x, n_fft)[::hop]
    S = np.log(np.abs(rfft(windows * np.hanning(n_fft).astype(np.float32), axis=1)) + np.float32(1e-6))
    # a peak is the largest of its neighbourhood, and not silence
    is_peak = (maximum_filter(S, NEIGHBOURHOOD[::-1]) == S) & (S > np.median(S))
    times, bins = np.nonzero(is_peak)
    pairs = []
    for ahead in range(1, FAN_OUT + 1):  # each peak makes a pair with each of the next few
        i, j = np.arange(len(times) - ahead), np.arange(ahead, len(times))
        apart = times[j] - times[i]
        near = (apart > 0) & (apart <= AHEAD)
        pairs.append(np.stack([bins[i], bins[j], apart, times[i]], axis=1)[near])
    return np.concatenate(pairs).astype(np.int64)
