"""Bandwidth extension: the missing upper half of a spectrum, guessed from the lower half.

What is guessed is the *level* of each upper band. Something has to sound there: the lower half of the
spectrum folded upwards, as sampling without a filter would do it, and then turned to that level.

Conventions: bands are the mean power of 8 neighbouring bins of a 256-point STFT, in dB
[shape=(n_bands, n_frames)]: 8 below half of the highest frequency, 8 above.

References
----------
Makhoul and Berouti (1979), High-frequency regeneration in speech coding systems (folding).
Jax and Vary (2003), On artificial bandwidth extension of telephone speech (levels from levels).
"""

from collections.abc import Callable, Sequence

import keras
import librosa
import numpy as np
import scipy.signal
from keras import layers

from ..._validate import Clip, Decibels, Seed, checked
from ...reproducible import SEED, set_seed
from ...training import as_array

_N_FFT, _HOP, _WIDTH = 256, 64, 8
_HALF = _N_FFT // 4
#: Below this (dB, bands of full-scale noise are near 0) a band is taken for silent.
FLOOR_DB = -100.0
#: Frames to each side of one that the network sees.
_BESIDE = 4


def _stft(x: np.ndarray) -> np.ndarray:
    return librosa.stft(x.astype(float), n_fft=_N_FFT, hop_length=_HOP)


@checked
def band_levels(x: Clip) -> np.ndarray:
    """Return the levels (dB) of 16 bands of equal width [shape=(16, n_frames)].

    Examples
    --------
    >>> band_levels(np.sin(np.arange(800) * 0.5)).argmax(axis=0)[6]
    np.int64(2)
    """
    power = np.abs(_stft(x)[:-1]) ** 2 / _N_FFT
    bands = power.reshape(2 * _HALF // _WIDTH, _WIDTH, -1).mean(axis=1)
    return 10 * np.log10(np.maximum(bands, 10 ** (FLOOR_DB / 10)))


@checked
def level_errors(x: Clip, y: Clip) -> np.ndarray:
    """Return how much louder the bands of `y` are than those of `x` (dB) [shape=(16, n_frames)].

    What lies more than 60 dB below the loudest band of `x` counts as that.

    Examples
    --------
    >>> x = np.sin(np.arange(800) * 0.5)
    >>> round(float(level_errors(x, x / 10)[2].mean()))
    -20
    """
    a, b = band_levels(x), band_levels(y)
    return np.maximum(b, a.max() - 60) - np.maximum(a, a.max() - 60)


@checked
def narrow(x: Clip) -> np.ndarray:
    """Take away the upper half of a sound's spectrum.

    Examples
    --------
    >>> bool(np.abs(narrow(np.sin(np.arange(800) * 2.0))[100:-100]).max() < 1e-3)
    True
    """
    # in units of the highest frequency, with a little room for the filter's slope
    return scipy.signal.sosfiltfilt(scipy.signal.butter(10, 0.475, output="sos"), x.astype(float))


def _inputs(low_db: np.ndarray) -> np.ndarray:
    return np.vstack([low_db, np.ones(low_db.shape[1])])


@checked
def fit_band_map(clips: Sequence[np.ndarray], *, ridge: Decibels = 1.0) -> np.ndarray:
    """Find the linear map from the 8 lower bands' levels, and a 1, to the 8 upper bands' [shape=(8, 9)].

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> fit_band_map([rng.standard_normal(8000)]).shape
    (8, 9)
    """
    levels = np.hstack([band_levels(x) for x in clips])
    n = len(levels) // 2
    A, B = _inputs(levels[:n]), levels[n:]
    # W = B Aᵀ (A Aᵀ + λ I)⁻¹
    return np.linalg.solve(A @ A.T + ridge * np.eye(n + 1), A @ B.T).T


@checked
def top_up(x: Clip, lost: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add noise to gaps that were filled too softly: each band as loud as a line across the gap has it.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound whose gaps were filled.
    lost : np.ndarray of bool [shape=(n_samples,)]
        True in the gaps. The levels of the frames that hold none of them are joined by straight lines (dB).
    rng : np.random.Generator
        Where the noise comes from.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(4000)
    >>> lost = np.arange(4000) // 400 == 5
    >>> y = top_up(np.where(lost, 0, x), lost, np.random.default_rng(1))
    >>> bool(abs(np.std(y[lost]) - 1) < 0.2), bool(np.all(y[~lost] == x[~lost]))
    (True, True)
    """
    levels, frames = band_levels(x), np.arange(1 + len(x) // _HOP)
    around = np.pad(np.cumsum(lost), (_N_FFT // 2 + 1, _N_FFT // 2), mode="edge")
    whole = around[frames * _HOP + _N_FFT] == around[frames * _HOP]
    if not whole.any():
        return x
    line = np.stack([np.interp(frames, frames[whole], row[whole]) for row in levels])
    power = np.maximum(10 ** (line / 10) - 10 ** (levels / 10), 0)
    noise = _stft(rng.standard_normal(len(x)))
    noise[:-1] *= np.repeat(np.sqrt(power / (np.sum(np.hanning(_N_FFT + 1) ** 2) / _N_FFT)), _WIDTH, axis=0)
    noise[-1] = 0
    added = librosa.istft(noise, n_fft=_N_FFT, hop_length=_HOP, length=len(x))
    return np.where(lost, x + added, x).astype(x.dtype)


def _seen(x: np.ndarray) -> np.ndarray:
    """Return for each frame the lower half of its spectrum, in units of 20 dB, and of those beside it."""
    power = np.abs(_stft(x)[:_HALF].T) ** 2 / _N_FFT
    frames = 3 + np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))) / 2
    padded = np.pad(frames, ((_BESIDE, _BESIDE), (0, 0)), mode="edge")
    n = len(frames)
    return np.hstack([padded[i : i + n] for i in range(0, 2 * _BESIDE + 1, 2)]).astype(np.float32)


@checked
def fit_band_network(clips: Sequence[np.ndarray], *, n_epochs: int = 8, seed: Seed = SEED) -> Callable:
    """Train a network of two hidden layers for what `fit_band_map` does with a matrix.

    It sees all bins of the lower half, not eight bands; and five frames, not one.

    Returns
    -------
    callable
        From a sound to the levels (dB) of its 8 upper bands [shape=(8, n_frames)], for `extend_band`.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(8000)
    >>> fit_band_network([noise], n_epochs=1)(noise).shape
    (8, 126)
    """
    set_seed(seed)
    network = keras.Sequential(
        [layers.Dense(64, "gelu"), layers.Dense(64, "gelu"), layers.Dense(_HALF // _WIDTH)], name="bands"
    )
    network.compile("adam", "mse")
    x = np.concatenate([_seen(clip) for clip in clips])
    y = np.hstack([band_levels(clip)[_HALF // _WIDTH :] for clip in clips]).T
    network.fit(x, y / 20 + 3, batch_size=128, epochs=n_epochs, verbose=0)
    return lambda sound: 20 * (as_array(network(_seen(sound))).T - 3)


@checked
def extend_band(x: Clip, band_map: np.ndarray | Callable | None = None) -> np.ndarray:
    """Put something into the empty upper half of a sound's spectrum.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound with nothing above half of its highest frequency.
    band_map : np.ndarray [shape=(8, 9)] or callable, optional
        From `fit_band_map`, or what `fit_band_network` returns. None: the lower half is folded up as it is.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        With its lower half unchanged.

    Examples
    --------
    >>> x = np.sin(np.arange(8000) * 0.5)
    >>> spectrum = np.abs(np.fft.rfft(extend_band(x)))
    >>> bool(spectrum[3300:3400].max() > 0.5 * spectrum[600:700].max())
    True
    """
    X = _stft(x)
    # bin K/2 + k holds what bin K/2 − k did
    X[_HALF:] = X[_HALF::-1].conj()
    if band_map is not None:
        n = _HALF // _WIDTH
        upper_db = band_map(x) if callable(band_map) else band_map @ _inputs(band_levels(x)[:n])
        folded = np.abs(X[_HALF:-1]) ** 2 / _N_FFT
        folded_db = 10 * np.log10(folded.reshape(n, _WIDTH, -1).mean(axis=1) + 1e-12)
        gain_db = np.minimum(upper_db - folded_db, 40.0)
        X[_HALF:-1] *= np.repeat(10 ** (gain_db / 20), _WIDTH, axis=0)
        X[-1] = 0
    return librosa.istft(X, n_fft=_N_FFT, hop_length=_HOP, length=len(x)).astype(x.dtype)
