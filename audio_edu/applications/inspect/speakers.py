"""What a voice gives away: the errors of speaker verification, and the plainest feature.

A *verifier* gets two recordings and says how alike their voices are, a *score*. Above a threshold the two
count as one person. It errs in two ways: *false accepts* (two people taken for one) and *false rejects* (one
person taken for two). A lower threshold trades the one for the other; where both are equally frequent lies
the *equal error rate*, 0.5 for a verifier that knows nothing.

References
----------
Bimbot and others (2004), A tutorial on text-independent speaker verification.
"""

from typing import Annotated

import librosa
import numpy as np
from numpy.typing import NDArray

from ..._validate import Clip, checked

_Flags = NDArray[np.bool_]
_Frame, _Highest = Annotated[int, (512, 4096)], Annotated[float, (100.0, 2000.0)]


@checked
def error_rates(scores: np.ndarray, same: _Flags) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return thresholds, falling, and how often each accepts falsely and rejects falsely.

    Parameters
    ----------
    scores : np.ndarray [shape=(n_trials,)]
        How alike the two recordings of each trial are.
    same : np.ndarray of bool [shape=(n_trials,)]
        Whether one voice is in both.

    Returns
    -------
    thresholds, false_accepts, false_rejects : np.ndarray [shape=(n_thresholds,)]
        A score that reaches the threshold is accepted. The first threshold, infinite, accepts nothing.

    Raises
    ------
    ValueError
        If the shapes differ, or all trials are of one kind.

    Examples
    --------
    >>> t, accepts, rejects = error_rates(np.array([0.9, 0.6, 0.7, 0.1]), np.array([1, 1, 0, 0]) > 0)
    >>> accepts.tolist(), rejects.tolist()
    ([0.0, 0.0, 0.5, 0.5, 1.0], [1.0, 0.5, 0.5, 0.0, 0.0])
    """
    if scores.ndim != 1 or same.shape != scores.shape or same.all() or not same.any():
        raise ValueError(f"scores {scores.shape}, same {same.shape}; expected trials, not all of one kind.")
    thresholds = np.append(np.inf, np.unique(scores)[::-1])
    yes, no = np.sort(scores[same]), np.sort(scores[~same])
    # FA(θ) = share of impostors with score ≥ θ;   FR(θ) = share of targets with score < θ
    false_accepts = 1 - np.searchsorted(no, thresholds) / len(no)
    false_rejects = np.searchsorted(yes, thresholds) / len(yes)
    return thresholds, false_accepts, false_rejects


@checked
def equal_error_rate(scores: np.ndarray, same: _Flags) -> tuple[float, float]:
    """Return the equal error rate, and the threshold that comes nearest to it.

    Where no threshold makes both errors equal, the rate is where a line between two neighbours does.

    Parameters
    ----------
    scores, same
        As for `error_rates`.

    Examples
    --------
    >>> equal_error_rate(np.array([0.9, 0.6, 0.7, 0.1]), np.array([1, 1, 0, 0]) > 0)
    (0.5, 0.7)
    """
    thresholds, accepts, rejects = error_rates(scores, same)
    i = int(np.argmax(accepts >= rejects))  # the first threshold that is low enough
    gap, before = accepts[i] - rejects[i], rejects[i - 1] - accepts[i - 1]
    share = before / (before + gap)
    return float(accepts[i - 1] + share * (accepts[i] - accepts[i - 1])), float(thresholds[i])


@checked
def pitch_track(
    x: Clip, *, frame_length: _Frame = 1024, highest_hz: _Highest = 500.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return pitch (Hz, by YIN, from 60 Hz) and RMS level of a sound at 8 kHz, every 20 ms.

    Examples
    --------
    >>> f0_hz, level = pitch_track(np.sin(2 * np.pi * 128 * np.arange(8000) / 8000))
    >>> round(float(np.median(f0_hz))), len(f0_hz) == len(level)
    (128, True)
    """
    x = np.pad(x.astype(float), (0, max(0, 2 * frame_length - len(x))))
    frames = {"frame_length": frame_length, "hop_length": 160}
    f0_hz = librosa.yin(x, fmin=60, fmax=highest_hz, sr=8000, **frames)
    return f0_hz, librosa.feature.rms(y=x, **frames)[0]
