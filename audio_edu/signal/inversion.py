"""From a spectrogram back to a sound.

A magnitude spectrogram has lost the phase, a mel spectrogram also the fine detail of frequency. Griffin-Lim
looks for a phase that fits: it goes to sound and back again, keeps the phase that comes out, and puts the
known magnitude in place, over and over.

References
----------
Griffin and Lim (1984), Signal estimation from modified short-time Fourier transform.
Perraudin, Balazs and Søndergaard (2013), A fast Griffin-Lim algorithm.
"""

import librosa
import numpy as np
import scipy.sparse
from numpy.typing import ArrayLike

from .._validate import Seed, check_audio, check_positive, check_range, checked
from ..reproducible import SEED
from .mel import mel_filter_bank


@checked
def istft(
    spectrum: ArrayLike,
    *,
    hop_length: int = 128,
    n_fft: int | None = None,
    length: int | None = None,
) -> np.ndarray:
    """Inverse short-time Fourier transform: overlap-add of the inverse transforms (librosa's).

    Parameters
    ----------
    spectrum : np.ndarray [shape=(..., 1 + n_fft // 2, n_frames)], complex
        What `audio_edu.signal.stft` returned with the same settings.
    hop_length, n_fft
        As in `audio_edu.signal.stft`. `n_fft` follows from the shape if None.
    length : int, optional
        Samples to return. None: as many as the frames determine.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        Real samples.

    Examples
    --------
    >>> from audio_edu.signal import stft
    >>> x = np.sin(np.arange(2000) / 5)
    >>> bool(np.allclose(istft(stft(x), length=2000), x))
    True
    """
    spectrum = np.asarray(spectrum)
    if spectrum.dtype.kind != "c":
        raise TypeError(
            f"spectrum has dtype {spectrum.dtype}; expected complex numbers. A magnitude alone has no phase: "
            f"use griffin_lim."
        )
    check_positive(hop_length, "hop_length", integer=True)
    n_fft = _check_bins(np.abs(spectrum), "spectrum", n_fft)
    if length is not None:
        check_positive(length, "length", integer=True)
    return librosa.istft(spectrum, hop_length=hop_length, n_fft=n_fft, length=length)


@checked
def griffin_lim(
    magnitude: ArrayLike,
    *,
    hop_length: int = 128,
    n_fft: int | None = None,
    n_iter: int = 32,
    momentum: float = 0.99,
    seed: Seed | None = SEED,
    length: int | None = None,
) -> np.ndarray:
    """Find a sound that has this magnitude spectrogram (librosa's Griffin-Lim).

    Parameters
    ----------
    magnitude : np.ndarray [shape=(..., 1 + n_fft // 2, n_frames)]
        Magnitudes, 0 or above (not power, not dB), of a centered STFT with a Hann window.
    hop_length : int
        Samples from frame to frame, as in the STFT.
    n_fft : int, optional
        Samples in a frame; follows from the shape if None.
    n_iter : int
        Iterations, 0 or above. 0 keeps the phase it starts with.
    momentum : float
        0 is the algorithm of 1984; 0.99 (Perraudin et al.) gets further in as many iterations. At most 1.
    seed : int or None
        Seeds the phase to start with, uniform in [0, 2π). None starts with phase 0 everywhere.
    length : int, optional
        Samples to return. None: as many as the frames determine.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        A sound. Which of the many with about this magnitude it is depends on the seed.

    Examples
    --------
    >>> from audio_edu.signal import stft
    >>> x = np.sin(np.arange(4000) / 5)
    >>> y = griffin_lim(np.abs(stft(x)), length=4000)
    >>> y.shape, spectral_convergence_db(np.abs(stft(x)), y) < -20
    ((4000,), True)
    """
    magnitude = check_audio(magnitude, "magnitude", ndim=(2, 3, 4))
    if magnitude.min() < 0:
        raise ValueError(f"magnitude goes down to {magnitude.min():.4g}; expected 0 or above. Is it in dB?")
    check_positive(hop_length, "hop_length", integer=True)
    n_fft = _check_bins(magnitude, "magnitude", n_fft)
    if hop_length > n_fft // 2:
        raise ValueError(
            f"hop_length is {hop_length}; frames of {n_fft} samples, as of magnitude, must overlap by half "
            "or more."
        )
    check_range(n_iter, "n_iter", 0, 100_000, integer=True)
    check_range(momentum, "momentum", 0.0, 1.0)
    if length is None:
        length = max(1, hop_length * (magnitude.shape[-1] - 1))
    check_positive(length, "length", integer=True)
    # librosa wants exactly the frames that the STFT of its result has: frames after the end are left out, and
    # what the frames say nothing of becomes silence.
    n_frames = min(magnitude.shape[-1], 1 + (length - n_fft % 2) // hop_length)
    x = librosa.griffinlim(
        magnitude[..., :n_frames],
        n_iter=n_iter,
        hop_length=hop_length,
        n_fft=n_fft,
        momentum=momentum,
        length=min(length, n_frames * hop_length - 1 + n_fft % 2),
        init=None if seed is None else "random",
        random_state=np.random.default_rng(seed),
    )
    return librosa.util.fix_length(x, size=length)


@checked
def nonnegative_inverse(
    filters: np.ndarray | scipy.sparse.csr_array, target: np.ndarray, *, n_iter: int = 50
) -> np.ndarray:
    """Find an `x` that is nowhere negative, with ``filters @ x`` close to `target`.

    Where there are fewer bands than bins there are many. These multiplicative updates start with each band's
    power spread evenly over its bins, stay smooth, and never turn negative.

    Parameters
    ----------
    filters : np.ndarray or sparse array [shape=(n_bands, n_bins)]
        Weights, 0 or above: a filter bank. Sparse filters take targets of two dimensions only.
    target : np.ndarray [shape=(..., n_bands, n_frames)]
        Powers, 0 or above.
    n_iter : int
        Updates, 1 or more.

    Returns
    -------
    np.ndarray [shape=(..., n_bins, n_frames)], float32
        0 in bins that no band covers.

    References
    ----------
    Lee and Seung (2000), Algorithms for non-negative matrix factorization (the update of one factor,
    for the Kullback-Leibler divergence, which treats quiet bands as it treats loud ones).

    Examples
    --------
    >>> filters = np.array([[1, 1, 0], [0, 0, 2]], np.float32)
    >>> nonnegative_inverse(filters, np.array([[4.0], [6.0]])).ravel().round(3).tolist()
    [2.0, 2.0, 3.0]
    """
    check_range(n_iter, "n_iter", 1, 100_000, integer=True)
    target = target.astype(np.float32)
    tiny = np.float32(1e-20)
    covered = np.maximum(filters.sum(axis=0)[:, np.newaxis], tiny)
    # Start from each bin's share of its bands, in proportion.
    x = filters.T @ (target / np.maximum(filters.sum(axis=1)[:, np.newaxis], tiny)) / covered
    for _ in range(n_iter):
        # x ← x · Fᵀ(target / Fx) / Fᵀ1
        x *= (filters.T @ (target / np.maximum(filters @ x, tiny))) / covered
    return x


@checked
def mel_to_spectrogram(
    mel_power: ArrayLike,
    sample_rate: float,
    *,
    n_fft: int = 512,
    fmin_hz: float = 0.0,
    fmax_hz: float | None = None,
    n_iter: int = 50,
) -> np.ndarray:
    """Find a magnitude spectrogram whose mel spectrogram is this one.

    There are many: 80 bands do not determine 257 bins. `nonnegative_inverse` finds one that spreads each
    band's power smoothly over its bins.

    Parameters
    ----------
    mel_power : np.ndarray [shape=(..., n_mels, n_frames)]
        Mel *power*, 0 or above. From decibels: ``10 ** (log_mel(...) / 10)``.
    sample_rate : float
        Samples a second (Hz).
    n_fft, fmin_hz, fmax_hz
        As in `audio_edu.signal.log_mel`.
    n_iter : int
        Updates.

    Returns
    -------
    np.ndarray [shape=(..., 1 + n_fft // 2, n_frames)]
        Magnitudes (the root of power), for `griffin_lim`.

    Examples
    --------
    >>> mel_to_spectrogram(np.ones((80, 10)), 16000).shape
    (257, 10)
    """
    mel_power = check_audio(mel_power, "mel_power", ndim=(2, 3, 4))
    if mel_power.min() < 0:
        raise ValueError(
            f"mel_power goes down to {mel_power.min():.4g}; expected power, 0 or above. "
            f"From decibels: 10 ** (mel / 10)."
        )
    bank = mel_filter_bank(sample_rate, n_fft, mel_power.shape[-2], fmin_hz, fmax_hz)
    return np.sqrt(nonnegative_inverse(bank, mel_power, n_iter=n_iter)).astype(mel_power.dtype)


@checked
def mel_to_audio(
    mel_db: ArrayLike,
    sample_rate: float,
    *,
    n_fft: int = 512,
    hop_length: int = 160,
    fmin_hz: float = 0.0,
    fmax_hz: float | None = None,
    n_iter: int = 64,
    momentum: float = 0.99,
    seed: Seed | None = SEED,
    length: int | None = None,
) -> np.ndarray:
    """Rebuild a sound from what `audio_edu.signal.log_mel` returned.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(..., n_mels, n_frames)]
        A mel spectrogram in dB.
    sample_rate : float
        Samples a second (Hz).
    n_fft, hop_length, fmin_hz, fmax_hz
        As in `audio_edu.signal.log_mel`.
    n_iter, momentum, seed, length
        As in `griffin_lim`.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        A sound.

    Examples
    --------
    >>> from audio_edu.signal import log_mel
    >>> x = np.sin(np.arange(8000) / 5).astype(np.float32)
    >>> mel_to_audio(log_mel(x, 16000), 16000, length=8000).shape
    (8000,)
    """
    mel_db = check_audio(mel_db, "mel_db", ndim=(2, 3, 4))
    if mel_db.max() > 200:
        raise ValueError(f"mel_db goes up to {mel_db.max():.4g}; expected decibels, not power.")
    magnitude = mel_to_spectrogram(
        10.0 ** (mel_db / 10), sample_rate, n_fft=n_fft, fmin_hz=fmin_hz, fmax_hz=fmax_hz
    )
    return griffin_lim(
        magnitude,
        hop_length=hop_length,
        n_fft=n_fft,
        n_iter=n_iter,
        momentum=momentum,
        seed=seed,
        length=length,
    )


@checked
def spectral_convergence_db(
    magnitude: ArrayLike, x: ArrayLike, *, hop_length: int = 128, n_fft: int | None = None
) -> float:
    """How far a sound's magnitude spectrogram is from the one wanted, in dB (lower is nearer).

    Parameters
    ----------
    magnitude : np.ndarray [shape=(1 + n_fft // 2, n_frames)]
        The magnitudes wanted.
    x : np.ndarray [shape=(n_samples,)]
        The sound.
    hop_length, n_fft
        As in `griffin_lim`.

    Returns
    -------
    float
        ``20 log10 (‖ |STFT(x)| − magnitude ‖ / ‖ magnitude ‖)``.

    Examples
    --------
    >>> spectral_convergence_db(np.ones((257, 5)), np.zeros(512))
    0.0
    """
    magnitude = check_audio(magnitude, "magnitude", ndim=2)
    x = check_audio(x, "x")
    n_fft = _check_bins(magnitude, "magnitude", n_fft)
    check_positive(hop_length, "hop_length", integer=True)
    found = np.abs(librosa.stft(x, n_fft=n_fft, hop_length=hop_length))
    n_frames = min(found.shape[1], magnitude.shape[1])
    if not magnitude[:, :n_frames].any():
        raise ValueError("magnitude is 0 everywhere; there is nothing to compare with.")
    distance = np.linalg.norm(found[:, :n_frames] - magnitude[:, :n_frames])
    return float(20 * np.log10(max(distance / np.linalg.norm(magnitude[:, :n_frames]), 1e-20)))


def _check_bins(magnitude: ArrayLike, name: str, n_fft: int | None) -> int:
    magnitude = check_audio(magnitude, name, ndim=(2, 3, 4))
    if n_fft is None:
        n_fft = 2 * (magnitude.shape[-2] - 1)
    check_positive(n_fft, "n_fft", integer=True)
    if magnitude.shape[-2] != 1 + n_fft // 2:
        raise ValueError(
            f"{name} has {magnitude.shape[-2]} bins; n_fft = {n_fft} gives {1 + n_fft // 2}. "
            f"Expected the shape (..., 1 + n_fft // 2, n_frames)."
        )
    return n_fft
