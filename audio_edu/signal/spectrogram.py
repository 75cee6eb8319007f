"""Spectrograms: which frequencies sound when.

The discrete Fourier transform (DFT) says how much of each frequency a stretch of sound contains. The
short-time Fourier transform (STFT) asks that of one short, windowed frame after the other.

Conventions: arrays are ``[..., n_freq, n_frames]`` as in librosa; frame t is centered on sample
``t · hop_length`` (the sound is padded with ``n_fft // 2`` zeros on both sides); the window is a periodic
Hann window; decibels are ``10 log10`` of power, so 0 dB is a power of 1 in the transform's own units.

Mel spectrograms and MFCCs are in `audio_edu.signal.mel`; the way back, from a spectrogram to a sound, is in
`audio_edu.signal.inversion`.
"""

import librosa
import numpy as np
from numpy.typing import ArrayLike

from .._validate import check_audio, check_frames, check_positive, check_range, checked

_BATCH = (1, 2, 3)


@checked
def dft(x: ArrayLike) -> np.ndarray:
    """Discrete Fourier transform, by its formula: a double sum.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Samples. Keep it short: the time grows with the square of the length (`scipy.fft.fft` needs
        ``n log n``).

    Returns
    -------
    np.ndarray [shape=(n_samples,)], complex128
        Bin k belongs to the frequency ``k · sample_rate / n_samples``.

    Examples
    --------
    >>> np.round(np.abs(dft(np.array([1.0, 0.0, -1.0, 0.0]))), 6).tolist()
    [0.0, 2.0, 0.0, 2.0]
    """
    x = check_audio(x, "x")
    N = len(x)
    X = np.zeros(N, dtype=complex)
    for k in range(N):
        # X[k] = Σ_{n=0}^{N−1} x[n] e^{−2πj k n / N}
        for n in range(N):
            X[k] += x[n] * np.exp(-2j * np.pi * k * n / N)
    return X


@checked
def stft_by_definition(x: ArrayLike, *, n_fft: int = 64, hop_length: int = 32) -> np.ndarray:
    """Short-time Fourier transform, by its formula: what `stft` computes quickly.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A short sound.
    n_fft : int
        Samples in a frame.
    hop_length : int
        Samples from frame to frame.

    Returns
    -------
    np.ndarray [shape=(1 + n_fft // 2, n_frames)], complex128
        Equal to ``stft(x, n_fft=n_fft, hop_length=hop_length)``.

    Examples
    --------
    >>> stft_by_definition(np.ones(100)).shape
    (33, 4)
    """
    x = check_audio(x, "x")
    check_frames(x, n_fft, hop_length)
    padded = np.pad(x, n_fft // 2)  # frame t is centered on sample t · hop_length
    n = np.arange(n_fft)
    w = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)  # periodic Hann window
    n_frames = 1 + (len(padded) - n_fft) // hop_length
    X = np.zeros((1 + n_fft // 2, n_frames), dtype=complex)
    for t in range(n_frames):
        for k in range(1 + n_fft // 2):
            # X[k, t] = Σ_n w[n] x[n + tH] e^{−2πj k n / N}
            X[k, t] = np.sum(w * padded[t * hop_length + n] * np.exp(-2j * np.pi * k * n / n_fft))
    return X


@checked
def stft(
    x: ArrayLike,
    *,
    n_fft: int = 512,
    hop_length: int = 128,
) -> np.ndarray:
    """Short-time Fourier transform with a Hann window (librosa's).

    ``n_fft // 2`` zeros are padded on both sides, so that frame t is centered on sample ``t · hop_length``.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples.
    n_fft : int
        Samples in a frame; frequencies are ``sample_rate / n_fft`` apart.
    hop_length : int
        Samples from frame to frame.

    Returns
    -------
    np.ndarray [shape=(..., 1 + n_fft // 2, n_frames)], complex
        ``complex64`` for float32 samples.

    Raises
    ------
    ValueError
        If the sound is shorter than a frame.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> X = stft(np.sin(2 * np.pi * 1000 * t), n_fft=512, hop_length=128)
    >>> X.shape, int(np.abs(X[:, 30]).argmax()) * 8000 / 512
    ((257, 63), 1000.0)
    """
    x = check_audio(x, "x", ndim=_BATCH)
    check_frames(x, n_fft, hop_length)
    return librosa.stft(x, n_fft=n_fft, hop_length=hop_length)


@checked
def magnitude_db(magnitude: ArrayLike, *, ref: float = 1.0, floor_db: float | None = -80.0) -> np.ndarray:
    """Magnitudes in decibels.

    Parameters
    ----------
    magnitude : np.ndarray
        Magnitudes, 0 or above; of complex numbers, such as an STFT, the magnitude is taken.
    ref : float
        The magnitude that becomes 0 dB. ``ref=np.abs(X).max()`` puts the loudest at 0 dB.
    floor_db : float or None
        Nothing comes out below this (dB relative to `ref`). None: −200 dB, so that zero stays finite.

    Returns
    -------
    np.ndarray
        dB, of the shape of `magnitude`.

    Examples
    --------
    >>> magnitude_db(np.array([1.0, 0.1, 0.0])).tolist()
    [0.0, -20.0, -80.0]
    """
    magnitude = np.asarray(magnitude)
    if magnitude.dtype.kind == "c":
        magnitude = np.abs(magnitude)
    magnitude = check_audio(magnitude, "magnitude", ndim=(1, 2, 3, 4))
    if magnitude.min() < 0:
        raise ValueError(
            f"magnitude goes down to {magnitude.min():.4g}; expected 0 or above. Is it in dB already?"
        )
    check_positive(ref, "ref")
    floor_db = -200.0 if floor_db is None else check_range(floor_db, "floor_db", -400.0, 400.0)
    smallest = np.finfo(magnitude.dtype).tiny
    # L = 20 log10 (|X| / ref) = 10 log10 (|X|² / ref²)
    return np.maximum(20.0 * np.log10(np.maximum(magnitude / ref, smallest)), floor_db).astype(
        magnitude.dtype
    )
