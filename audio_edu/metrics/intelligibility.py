"""How much of the words is left? STOI, the short-time objective intelligibility measure.

References
----------
Taal, Hendriks, Heusdens and Jensen (2011), An algorithm for intelligibility prediction of time-frequency
weighted noisy speech, IEEE TASLP 19(7).
"""

import itertools

import numpy as np
import scipy.signal

from .._validate import check_range, check_sample_rate, checked

#: STOI's own sample rate, frame and step; bands from 150 Hz, a third of an octave each; frames in a segment.
RATE, N_FRAME, N_STEP, N_FFT, N_BANDS, FIRST_HZ, N_SEGMENT = 10_000, 256, 128, 512, 15, 150.0, 30
#: What the error in a band counts at most (dB), and how far below the loudest frame silence begins.
WORST_DB, RANGE_DB = -15.0, 40.0


@checked
def stoi(reference: np.ndarray, estimate: np.ndarray, sample_rate: float) -> float:
    """Correlate the loudness curves of two sounds, in 15 bands, over 0.4 s at a time.

    Parameters
    ----------
    reference, estimate : np.ndarray [shape=(n_samples,)]
        Clean speech, and what became of it, aligned.
    sample_rate : float
        Samples a second (Hz); both are brought to 10 kHz.

    Returns
    -------
    float
        Up to 1; of unrelated speech some 0.2 to 0.4. It is to *rise with* the share of words that listeners
        understand; it is no share.

    Raises
    ------
    ValueError
        If they differ in shape, or have less than 0.4 s that is not silent.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=10000)
    >>> round(stoi(x, 0.1 * x, 10000), 3)
    1.0
    """
    X, Y = third_octave_envelopes(reference, estimate, sample_rate)
    n_segments = X.shape[1] - N_SEGMENT + 1
    if n_segments < 1:
        raise ValueError(
            f"reference has {X.shape[1]} frames that are not silent; STOI needs {N_SEGMENT} (0.4 s)."
        )
    total = 0.0
    for start in range(n_segments):
        a, b = X[:, start : start + N_SEGMENT], Y[:, start : start + N_SEGMENT]
        # to the same level, and no error counts more than 15 dB: b' = min( α b, (1 + 10^(15/20)) a )
        level = np.linalg.norm(a, axis=1, keepdims=True) / (np.linalg.norm(b, axis=1, keepdims=True) + 1e-16)
        b = np.minimum(level * b, (1 + 10 ** (-WORST_DB / 20)) * a)
        # d = Σ (a − ā)(b' − b̄') / |a − ā| |b' − b̄'|
        a, b = (part - part.mean(axis=1, keepdims=True) for part in (a, b))
        norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
        total += ((a * b).sum(axis=1) / (norms + 1e-16)).mean()
    return float(total / n_segments)


@checked
def third_octave_envelopes(
    reference: np.ndarray, estimate: np.ndarray, sample_rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return what STOI compares: how loud each of 15 bands is from frame to frame, silence left out.

    Returns
    -------
    X, Y : np.ndarray [shape=(15, n_frames)]
        Of the reference and of the estimate, every 12.8 ms. A frame is silent where the *reference* is 40 dB
        or more below its loudest frame.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=10000)
    >>> third_octave_envelopes(x, x, 10000)[0].shape
    (15, 76)
    """
    check_sample_rate(sample_rate)
    if reference.ndim != 1 or reference.shape != estimate.shape:
        raise ValueError(f"estimate has shape {estimate.shape}; expected that of reference, (n_samples,).")
    x, y = _without_silence(*(_at_10_khz(sound, sample_rate) for sound in (reference, estimate)))
    # X_j(t) = √ Σ_{f in band j} |X(t, f)|²
    X, Y = (np.sqrt(_third_octaves() @ np.abs(_spectra(sound)) ** 2) for sound in (x, y))
    return X, Y


def _at_10_khz(x: np.ndarray, sample_rate: float) -> np.ndarray:
    rate = round(check_range(sample_rate, "sample_rate", 1000, 1_000_000))
    return x.astype(float) if rate == RATE else scipy.signal.resample_poly(x.astype(float), RATE, rate)


def _frames(x: np.ndarray) -> np.ndarray:
    """Cut into frames of 256 samples, half of each in the next, under a Hann window."""
    starts = range(0, len(x) - N_FRAME, N_STEP)
    window = np.hanning(N_FRAME + 2)[1:-1]
    return np.array([window * x[i : i + N_FRAME] for i in starts]).reshape(-1, N_FRAME)


def _spectra(x: np.ndarray) -> np.ndarray:
    return np.fft.rfft(_frames(x), n=N_FFT).T


def _without_silence(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the frames that are silent in `x`, and join what is left by overlap-add."""
    a, b = _frames(x), _frames(y)
    if not len(a):
        return x, y
    power_db = 20 * np.log10(np.linalg.norm(a, axis=1) + 1e-16)
    loud = power_db > power_db.max() - RANGE_DB
    joined = []
    for frames in (a[loud], b[loud]):
        out = np.zeros((len(frames) - 1) * N_STEP + N_FRAME)
        for i, each in enumerate(frames):
            out[i * N_STEP : i * N_STEP + N_FRAME] += each
        joined.append(out)
    return joined[0], joined[1]


def _third_octaves() -> np.ndarray:
    """Return which bins of the spectrum belong to which band [shape=(15, 257)]."""
    f = np.linspace(0, RATE / 2, N_FFT // 2 + 1)
    edges = FIRST_HZ * 2.0 ** ((2 * np.arange(N_BANDS + 1) - 1) / 6)
    bins = np.abs(f[:, None] - edges).argmin(axis=0)
    bands = np.zeros((N_BANDS, len(f)))
    for j, (low, high) in enumerate(itertools.pairwise(bins)):
        bands[j, low:high] = 1
    return bands
