"""What needs no training: ideal masks, spectral subtraction, declipping by sparsity, a band by folding.

Conventions: S, N, X are STFTs of the speech, the noise and their sum [shape=(n_bins, n_frames)].

References
----------
Boll (1979), Suppression of acoustic noise in speech using spectral subtraction (`spectral_subtraction`).
Wang, Narayanan and Wang (2014), On training targets for supervised speech separation (the masks).
Erdogan and others (2015), Phase-sensitive and recognition-boosted speech separation using deep recurrent
neural networks (the phase-sensitive mask).
Kitić, Bertin and Gribonval (2015), Sparsity and cosparsity for audio declipping (`declip_sparse`).
"""

from collections.abc import Callable
from typing import Annotated

import librosa
import numpy as np

from ..._validate import Positive, Size, check_audio, checked

#: By name: what each bin would be multiplied by if speech and noise were known.
MASKS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    # M = 1 where |S| > |N|, else 0
    "binary": lambda S, N: (np.abs(S) > np.abs(N)).astype(float),
    # M = (|S|² / (|S|² + |N|²))^½
    "ratio": lambda S, N: np.sqrt(np.abs(S) ** 2 / (np.abs(S) ** 2 + np.abs(N) ** 2 + 1e-20)),
    # M = |S|² / (|S|² + |N|²)
    "wiener": lambda S, N: np.abs(S) ** 2 / (np.abs(S) ** 2 + np.abs(N) ** 2 + 1e-20),
    # M = |S| / |X| cos(∠S − ∠X) = Re(S X*) / |X|², between 0 and 1
    "phase-sensitive": lambda S, N: np.clip((S * (S + N).conj()).real / (np.abs(S + N) ** 2 + 1e-20), 0, 1),
}


@checked
def masked(x: np.ndarray, mask: np.ndarray | Callable, *, n_fft: Size = 512) -> np.ndarray:
    """Multiply the STFT of a sound by a mask, and go back; frames overlap by three quarters.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A noisy sound.
    mask : np.ndarray [shape=(1 + n_fft / 2, n_frames)], or callable
        Of 0 to 1; or what makes one of the STFT.
    n_fft : int
        Samples of a frame.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        What is left.

    Examples
    --------
    >>> x = np.sin(np.arange(4000) / 5)
    >>> bool(np.abs(masked(x, np.abs) - x).max() > 1), bool(np.abs(masked(x, np.ones_like) - x).max() < 1e-9)
    (True, True)
    """
    X = librosa.stft(x.astype(float), n_fft=n_fft, hop_length=n_fft // 4)
    M = mask(X) if callable(mask) else mask
    if M.shape != X.shape:
        raise ValueError(f"mask has shape {M.shape}; expected that of the STFT, {X.shape}.")
    return librosa.istft(M * X, n_fft=n_fft, hop_length=n_fft // 4, length=len(x)).astype(x.dtype)


@checked
def ideal(speech: np.ndarray, noise: np.ndarray, name: str, *, n_fft: Size = 512) -> np.ndarray:
    """Return what one of the `MASKS` makes of ``speech + noise``: the best that such a mask can do.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s, n = np.sin(np.arange(8000) / 5), 0.5 * rng.standard_normal(8000)
    >>> y = ideal(s, n, "ratio")
    >>> bool(np.sum((y - s) ** 2) < 0.1 * np.sum(n**2))
    True
    """
    if name not in MASKS:
        raise ValueError(f"name is {name!r}; expected one of {', '.join(MASKS)}.")
    S, N = (librosa.stft(part.astype(float), n_fft=n_fft, hop_length=n_fft // 4) for part in (speech, noise))
    return masked(speech + noise, MASKS[name](S, N), n_fft=n_fft)


@checked
def spectral_subtraction(
    x: np.ndarray,
    noise: np.ndarray,
    *,
    factor: Annotated[float, (0.0, 20.0)] = 1.0,
    floor: Annotated[float, (0.0, 1.0)] = 0.0,
    n_fft: Size = 512,
) -> np.ndarray:
    """Subtract the noise's mean power from each bin's, and keep the phase.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A noisy sound.
    noise : np.ndarray [shape=(n_noise_samples,)]
        Noise alone, of the same kind.
    factor : float
        How many times the mean is subtracted.
    floor : float
        The least that the mask becomes: a little even noise hides what is left of the peaks.
    n_fft : int
        Samples of a frame.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> s, n = np.sin(np.arange(8000) / 5), 0.5 * rng.standard_normal(8000)
    >>> bool(np.sum((spectral_subtraction(s + n, n) - s) ** 2) < 0.5 * np.sum(n**2))
    True
    """
    N = librosa.stft(noise.astype(float), n_fft=n_fft, hop_length=n_fft // 4)
    power = np.mean(np.abs(N) ** 2, axis=1, keepdims=True)

    def mask(X: np.ndarray) -> np.ndarray:
        # |Ŝ|² = max(|X|² − α E|N|², 0),   M = |Ŝ| / |X|
        gain = np.sqrt(np.maximum(1 - factor * power / (np.abs(X) ** 2 + 1e-20), 0))
        return np.maximum(gain, floor)

    return masked(x, mask, n_fft=n_fft)


@checked
def consistent(y: np.ndarray, clipped: np.ndarray, level: Positive) -> np.ndarray:
    """Return the sound nearest to `y` that, clipped at `level`, is `clipped`.

    Samples that were not clipped are what they are; those that were lie at least as far out.

    Examples
    --------
    >>> consistent(np.array([0.7, 0.2, -0.1]), np.array([0.5, 0.3, -0.5]), 0.5).tolist()
    [0.7, 0.3, -0.5]
    """
    y = np.where(clipped >= level, np.maximum(y, level), y)
    y = np.where(clipped <= -level, np.minimum(y, -level), y)
    return np.where(np.abs(clipped) < level, clipped, y)


@checked
def declip_sparse(x: np.ndarray, level: Positive, *, n_fft: Size = 512, n_rounds: Size = 100) -> np.ndarray:
    """Find a sound with few partials in each frame that, clipped, is `x`: the method A-SPADE.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A clipped sound.
    level : float
        Where it was clipped.
    n_fft : int
        Samples of a frame.
    n_rounds : int
        In each round, two bins more of each frame may differ from 0.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        A sound that is `consistent` with `x`.

    Examples
    --------
    >>> x = np.sin(np.arange(4000) / 5)
    >>> clipped = np.clip(x, -0.5, 0.5)
    >>> bool(np.std(declip_sparse(clipped, 0.5) - x) < 0.7 * np.std(clipped - x))
    True
    """
    x = check_audio(x, "x").astype(float)
    y, U, options = x, 0.0, {"n_fft": n_fft, "hop_length": n_fft // 4}
    for r in range(n_rounds):
        # Z: the k largest bins of each frame of Y + U; U adds up by how much few bins and the sound disagree
        V = librosa.stft(y, **options) + U
        k = min(1 + 2 * r, len(V) - 1)
        Z = np.where(np.abs(V) > -np.partition(-np.abs(V), k, axis=0)[k], V, 0)
        y = consistent(librosa.istft(Z - U, length=len(x), **options), x, level)
        U = U + librosa.stft(y, **options) - Z
    return y
