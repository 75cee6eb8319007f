"""Wiener filtering: turn down each frequency, at each moment, by as much as it is noise.

Where a bin of the spectrogram holds a speech power S and a noise power N, the gain ``S / (S + N)`` makes the
mean squared error smallest. N is measured where only noise sounds; S is estimated from frame to frame.

References
----------
Lim and Oppenheim (1979), Enhancement and bandwidth compression of noisy speech, Proc. IEEE 67(12).
Ephraim and Malah (1984), Speech enhancement using a minimum mean-square error short-time spectral
amplitude estimator, IEEE TASSP 32(6) (the decision-directed estimate of S / N).
Martin (2001), Noise power spectral density estimation based on optimal smoothing and minimum statistics.
"""

import librosa
import numpy as np
import scipy.ndimage
from numpy.typing import ArrayLike

from .._validate import check_audio, check_range, check_sample_rate, checked

FRAME_S = 0.032
# How much the estimate of S / N leans on the frame before: low values leave "musical" noise, high ones blur
# onsets.
SMOOTHING = 0.96


@checked
def snr_db(reference: ArrayLike, x: ArrayLike) -> float:
    """Signal-to-noise ratio of `x`, where `reference` is the signal and the difference the noise.

    Parameters
    ----------
    reference : np.ndarray [shape=(..., n_samples)]
        The clean sound.
    x : np.ndarray [shape=(..., n_samples)]
        The sound to judge, aligned with it.

    Returns
    -------
    float
        ``10 log10 (Σ reference² / Σ (x − reference)²)`` in dB; inf where they are equal.

    Examples
    --------
    >>> round(snr_db(np.ones(10), np.full(10, 1.1)), 1)
    20.0
    """
    reference = check_audio(reference, "reference", ndim=(1, 2, 3)).astype(np.float64)
    x = check_audio(x, "x", ndim=(1, 2, 3)).astype(np.float64)
    if x.shape != reference.shape:
        raise ValueError(f"x has shape {x.shape}; expected that of reference, {reference.shape}.")
    signal, noise = np.sum(reference**2), np.sum((x - reference) ** 2)
    if signal == 0:
        raise ValueError("reference is silent; a signal-to-noise ratio needs a signal.")
    return float(10 * np.log10(signal / noise)) if noise > 0 else np.inf


@checked
def wiener_denoise(
    x: ArrayLike,
    sample_rate: float,
    *,
    noise: ArrayLike | None = None,
    floor_db: float = -20.0,
) -> np.ndarray:
    """Reduce steady noise (hiss, hum, a fan) with a Wiener filter in the STFT domain.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A noisy sound.
    sample_rate : float
        Samples a second (Hz).
    noise : np.ndarray [shape=(n_noise_samples,)], optional
        A stretch with nothing but the noise, such as the half second before the first word. None estimates
        the noise from the quietest moments of each frequency (minimum statistics); that needs pauses.
    floor_db : float
        No bin is turned down further than this (dB): a little even noise is nicer than holes.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        Of the type of `x`.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> t = np.arange(16000) / 16000
    >>> clean = 0.5 * np.sin(2 * np.pi * 440 * t)
    >>> noisy = clean + 0.1 * rng.standard_normal(16000)
    >>> y = wiener_denoise(noisy, 16000, noise=0.1 * rng.standard_normal(8000))
    >>> snr_db(clean, y) > snr_db(clean, noisy) + 10
    True
    """
    check_sample_rate(sample_rate)
    check_range(floor_db, "floor_db", -200.0, 0.0)
    n_fft = max(8, 2 * round(FRAME_S * sample_rate / 2))
    x = check_audio(x, "x", min_samples=n_fft)
    hop_length = n_fft // 4
    X = librosa.stft(x.astype(np.float64), n_fft=n_fft, hop_length=hop_length)
    power = np.abs(X) ** 2

    if noise is None:
        noise_power = _quietest(power)
    else:
        noise = check_audio(noise, "noise", min_samples=n_fft).astype(np.float64)
        noise_power = np.mean(
            np.abs(librosa.stft(noise, n_fft=n_fft, hop_length=hop_length, center=False)) ** 2, -1
        )
    noise_power = np.maximum(noise_power, 1e-20)

    gain = np.empty_like(power)
    before = np.zeros(len(power))  # S / N of the frame before, after filtering
    for t in range(power.shape[1]):
        # γ = |X|² / N: what we see. ξ = S / N: what we want to know.
        gamma = power[:, t] / noise_power
        xi = SMOOTHING * before + (1 - SMOOTHING) * np.maximum(gamma - 1, 0)
        # G = S / (S + N) = ξ / (1 + ξ)
        gain[:, t] = xi / (1 + xi)
        before = gain[:, t] ** 2 * gamma
    gain = np.maximum(gain, 10 ** (floor_db / 20))
    return librosa.istft(gain * X, n_fft=n_fft, hop_length=hop_length, length=len(x)).astype(x.dtype)


def _quietest(power: np.ndarray) -> np.ndarray:
    """Noise power of each bin from its quietest moments.

    Averaged over 16 frames, the power of pure noise still wavers, and its tenth percentile lies some 20 %
    below its mean; the factor makes up for that.
    """
    n_smooth = min(16, power.shape[1])
    smooth = scipy.ndimage.uniform_filter1d(power, n_smooth, axis=1, mode="nearest")
    inner = smooth[:, n_smooth // 2 : smooth.shape[1] - n_smooth // 2]
    return 1.25 * np.quantile(inner if inner.shape[1] else smooth, 0.1, axis=1)
