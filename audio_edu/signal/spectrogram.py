"""Spectrograms: which frequencies sound when.

The discrete Fourier transform (DFT) says how much of each frequency a stretch of sound contains. The
short-time Fourier transform (STFT) asks that of one short, windowed frame after the other. A mel spectrogram
sums the power in bands that are spaced as the ear spaces pitch, in decibels; its cosine transform gives the
MFCCs.

Conventions: arrays are ``[..., n_freq, n_frames]`` as in librosa; frame t is centered on sample
``t · hop_length`` (the sound is padded with ``n_fft // 2`` zeros on both sides); the window is a periodic
Hann window; decibels are ``10 log10`` of power, so 0 dB is a power of 1 in the transform's own units. Window,
mel scale (Slaney's) and decibel floor are librosa's, and tests hold the results equal to librosa's.

The way back, from a picture to a sound, is in `audio_edu.signal.inversion`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import librosa
import numpy as np
import scipy.fft
import scipy.sparse

from .._validate import check_audio, check_positive, check_range, check_sample_rate
from .inversion import griffin_lim, istft, mel_to_audio, mel_to_spectrogram, spectral_convergence_db

__all__ = [
    "dft",
    "griffin_lim",
    "istft",
    "log_mel",
    "magnitude_db",
    "mel_filter_bank",
    "mel_to_audio",
    "mel_to_spectrogram",
    "mfcc",
    "spectral_convergence_db",
    "stft",
    "stft_by_definition",
]

_BATCH = (1, 2, 3)


def dft(x: np.ndarray) -> np.ndarray:
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


def stft_by_definition(x: np.ndarray, *, n_fft: int = 64, hop_length: int = 32) -> np.ndarray:
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
    _check_frames(x, n_fft, hop_length)
    padded = np.pad(x, n_fft // 2)  # frame t is centered on sample t · hop_length
    n = np.arange(n_fft)
    w = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)  # periodic Hann window
    n_frames = 1 + len(x) // hop_length if n_fft % 2 == 0 else 1 + (len(padded) - n_fft) // hop_length
    X = np.zeros((1 + n_fft // 2, n_frames), dtype=complex)
    for t in range(n_frames):
        for k in range(1 + n_fft // 2):
            # X[k, t] = Σ_n w[n] x[n + tH] e^{−2πj k n / N}
            X[k, t] = np.sum(w * padded[t * hop_length + n] * np.exp(-2j * np.pi * k * n / n_fft))
    return X


def stft(
    x: np.ndarray,
    *,
    n_fft: int = 512,
    hop_length: int = 128,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
) -> np.ndarray:
    """Short-time Fourier transform (librosa's).

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples.
    n_fft : int
        Samples in a frame; frequencies are ``sample_rate / n_fft`` apart.
    hop_length : int
        Samples from frame to frame.
    win_length : int, optional
        Samples in the window, at most `n_fft` (the default).
    window : str
        A window that `scipy.signal.get_window` knows.
    center : bool
        Pad with ``n_fft // 2`` zeros on both sides, so that frame t is centered on sample
        ``t · hop_length``. Without, a sound shorter than `n_fft` is an error.

    Returns
    -------
    np.ndarray [shape=(..., 1 + n_fft // 2, n_frames)], complex
        ``complex64`` for float32 samples.

    Raises
    ------
    ValueError
        If the sound is shorter than a frame needs.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> X = stft(np.sin(2 * np.pi * 1000 * t), n_fft=512, hop_length=128)
    >>> X.shape, int(np.abs(X[:, 30]).argmax()) * 8000 / 512
    ((257, 63), 1000.0)
    """
    x = check_audio(x, "x", ndim=_BATCH)
    _check_frames(x, n_fft, hop_length, center=center)
    if win_length is not None:
        check_range(win_length, "win_length", 1, n_fft, integer=True)
    return librosa.stft(
        x, n_fft=n_fft, hop_length=hop_length, win_length=win_length, window=window, center=center
    )


def magnitude_db(
    magnitude: np.ndarray, *, ref: float = 1.0, floor_db: float | None = -80.0, power: bool = False
) -> np.ndarray:
    """Magnitudes in decibels.

    Parameters
    ----------
    magnitude : np.ndarray
        Magnitudes (or powers), 0 or above; of complex numbers, such as an STFT, the magnitude is taken.
    ref : float
        The magnitude (or power) that becomes 0 dB. ``ref=np.abs(X).max()`` puts the loudest at 0 dB.
    floor_db : float or None
        Nothing comes out below this (dB relative to `ref`). None: −200 dB, so that zero stays finite.
    power : bool
        `magnitude` is a power: ``10 log10`` instead of ``20 log10``.

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
    factor = 10.0 if power else 20.0
    smallest = np.finfo(magnitude.dtype).tiny
    # L = 20 log10 (|X| / ref) = 10 log10 (|X|² / ref²)
    return np.maximum(factor * np.log10(np.maximum(magnitude / ref, smallest)), floor_db).astype(
        magnitude.dtype
    )


@functools.lru_cache(maxsize=64)
def mel_filter_bank(
    sample_rate: float, n_fft: int, n_mels: int = 80, fmin_hz: float = 0.0, fmax_hz: float | None = None
) -> np.ndarray:
    """Triangular filters, spaced evenly on the mel scale (Slaney's, each of unit area).

    Computed once for each set of arguments, and read-only.

    Parameters
    ----------
    sample_rate : float
        Samples a second (Hz).
    n_fft : int
        Samples in a frame of the STFT.
    n_mels : int
        The number of bands. Where bands are narrower than the bins, some stay empty (librosa warns).
    fmin_hz, fmax_hz : float
        The lowest and the highest frequency (Hz). None is half the sample rate.

    Returns
    -------
    np.ndarray [shape=(n_mels, 1 + n_fft // 2)], float32
        ``mel_power = mel_filter_bank(...) @ power``.

    Examples
    --------
    >>> mel_filter_bank(16000, 512).shape
    (80, 257)
    """
    check_sample_rate(sample_rate)
    check_positive(n_fft, "n_fft", integer=True)
    check_positive(n_mels, "n_mels", integer=True)
    fmax_hz = sample_rate / 2 if fmax_hz is None else check_range(fmax_hz, "fmax_hz", 0.0, sample_rate / 2)
    check_range(fmin_hz, "fmin_hz", 0.0, sample_rate / 2)
    if fmin_hz >= fmax_hz:
        raise ValueError(f"fmin_hz is {fmin_hz}, not below fmax_hz, {fmax_hz}.")
    bank = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin_hz, fmax=fmax_hz)
    bank.setflags(write=False)
    return bank


def log_mel(
    x: np.ndarray,
    sample_rate: float,
    *,
    n_fft: int = 512,
    hop_length: int = 160,
    n_mels: int = 80,
    fmin_hz: float = 0.0,
    fmax_hz: float | None = None,
    top_db: float | None = 80.0,
) -> np.ndarray:
    """Mel spectrogram in decibels, of one clip or of many at once.

    The same as ``librosa.power_to_db(librosa.feature.melspectrogram(...))`` on each clip, within 1e-4 dB,
    and many times as fast on a batch: `audio_edu.bench` measures it.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples; all clips of a batch are equally long.
    sample_rate : float
        Samples a second (Hz).
    n_fft, hop_length : int
        Frame and step of the STFT (samples).
    n_mels : int
        Mel bands.
    fmin_hz, fmax_hz : float
        The lowest and the highest frequency (Hz). None is half the sample rate.
    top_db : float or None
        What lies further than this below a clip's own loudest value is lifted to there. None: no such floor.

    Returns
    -------
    np.ndarray [shape=(..., n_mels, n_frames)], float32
        dB; 0 dB is a mel power of 1, the lowest possible value −100 dB (a power of 1e-10).
        ``n_frames = 1 + n_samples // hop_length`` for an even `n_fft`.

    Raises
    ------
    ValueError
        If the samples, or a setting, are not as described.

    Examples
    --------
    >>> log_mel(np.zeros((2, 16000), np.float32), 16000).shape
    (2, 80, 101)
    """
    x = check_audio(x, "x", ndim=_BATCH)
    _check_frames(x, n_fft, hop_length)
    if top_db is not None:
        check_positive(top_db, "top_db", unit="of dB")
    bank = _sparse_bank(sample_rate, n_fft, n_mels, fmin_hz, fmax_hz)
    clips = x.reshape(-1, x.shape[-1])
    n_frames = 1 + (clips.shape[1] + 2 * (n_fft // 2) - n_fft) // hop_length
    out = np.empty((len(clips), n_mels, n_frames), np.float32)
    for clip, power in enumerate(_powers(clips, n_fft, hop_length, n_frames)):
        # L = 10 log10 (max(mel, 1e-10)), and nothing more than top_db below the clip's own maximum
        mel = bank @ power
        np.maximum(mel, 1e-10, out=mel)
        np.log10(mel, out=mel)
        np.multiply(mel, 10, out=out[clip])
        if top_db is not None:
            np.maximum(out[clip], out[clip].max() - np.float32(top_db), out=out[clip])
    return out.reshape(*x.shape[:-1], n_mels, n_frames)


def mfcc(
    x: np.ndarray,
    sample_rate: float,
    *,
    n_mfcc: int = 13,
    n_fft: int = 512,
    hop_length: int = 160,
    n_mels: int = 80,
    fmin_hz: float = 0.0,
    fmax_hz: float | None = None,
) -> np.ndarray:
    """Mel-frequency cepstral coefficients: the cosine transform of the log-mel spectrogram over its bands.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples.
    sample_rate : float
        Samples a second (Hz).
    n_mfcc : int
        Coefficients to keep, at most `n_mels`.
    n_fft, hop_length, n_mels, fmin_hz, fmax_hz
        As in `log_mel`.

    Returns
    -------
    np.ndarray [shape=(..., n_mfcc, n_frames)], float32
        Coefficient 0 follows the level, the next ones the coarse shape of the spectrum.

    Examples
    --------
    >>> mfcc(np.zeros(16000, np.float32), 16000).shape
    (13, 101)
    """
    check_positive(n_mels, "n_mels", integer=True)
    check_range(n_mfcc, "n_mfcc", 1, n_mels, integer=True)
    bands = log_mel(
        x, sample_rate, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, fmin_hz=fmin_hz, fmax_hz=fmax_hz
    )
    # c[q] = √(2/M) Σ_m L[m] cos(π q (m + 1/2) / M)   (and √(1/M) for q = 0)
    return scipy.fft.dct(bands, axis=-2, type=2, norm="ortho")[..., :n_mfcc, :]


def _check_frames(x: np.ndarray, n_fft: int, hop_length: int, *, center: bool = True) -> None:
    check_positive(n_fft, "n_fft", integer=True)
    check_positive(hop_length, "hop_length", integer=True)
    if n_fft > x.shape[-1] + (2 * (n_fft // 2) if center else 0):
        raise ValueError(f"n_fft is {n_fft}, but x has {x.shape[-1]} samples. Use a shorter frame or pad x.")


@functools.lru_cache(maxsize=16)
def _hann(n_fft: int) -> np.ndarray:
    return librosa.filters.get_window("hann", n_fft, fftbins=True)


@functools.lru_cache(maxsize=64)
def _sparse_bank(
    sample_rate: float, n_fft: int, n_mels: int, fmin_hz: float, fmax_hz: float | None
) -> scipy.sparse.csr_array:
    """The filter bank without its zeros: a bin lies in two triangles at most."""
    return scipy.sparse.csr_array(mel_filter_bank(sample_rate, n_fft, n_mels, fmin_hz, fmax_hz))


def _powers(clips: np.ndarray, n_fft: int, hop_length: int, n_frames: int) -> Iterator[np.ndarray]:
    """Yield the power spectrogram [shape=(n_bins, n_frames)], float32, of one clip after the other.

    The array is used again for the next clip, and frames are transformed few at a time: fresh memory costs
    more than the arithmetic, and what fits into the processor's cache is twice as fast. The transform runs in
    float64, as librosa's does: in float32 its rounding noise would move the quiet bands of a pure tone by some
    0.003 dB.
    """
    samples = np.zeros(clips.shape[1] + 2 * (n_fft // 2))
    frames = np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop_length]
    n_piece = max(1, min(n_frames, 32768 // n_fft))
    windowed = np.empty((n_piece, n_fft))
    power = np.empty((1 + n_fft // 2, n_frames), np.float32)
    for clip in clips:
        samples[n_fft // 2 : n_fft // 2 + len(clip)] = clip
        for start in range(0, n_frames, n_piece):
            stop = min(start + n_piece, n_frames)
            np.multiply(frames[start:stop], _hann(n_fft), out=windowed[: stop - start])
            spectrum = scipy.fft.rfft(windowed[: stop - start], axis=1, overwrite_x=True)
            # |X|² = (Re X)² + (Im X)²
            parts = spectrum.view(np.float64)
            parts *= parts
            np.add(parts[:, ::2], parts[:, 1::2], out=power[:, start:stop].T, casting="unsafe")
        yield power
