"""How loud is a sound? Peaks, RMS, active level, loudness, and silence.

Decibels here are dBFS, relative to full scale (±1): ``20 log10`` of an amplitude. A sine that reaches ±1
has a peak of 0 dBFS and an RMS of −3.01 dBFS. Digital silence is −inf dB.

References
----------
ITU-R BS.1770-4 (2015), Algorithms to measure audio programme loudness and true-peak audio level.
"""

import librosa
import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from .._validate import check_audio, check_range, check_sample_rate, checked

_ANY_BATCH = (1, 2, 3)
_SILENT_DB = 40.0  # a frame that lies more than this below the loudest one is silent


@checked
def rms(x: ArrayLike) -> float | np.ndarray:
    """Root mean square along time.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples.

    Returns
    -------
    float, or np.ndarray [shape=(...)]
        0 or above.

    Examples
    --------
    >>> rms(np.array([1.0, -1.0, 1.0, -1.0]))
    1.0
    """
    x = check_audio(x, "x", ndim=_ANY_BATCH)
    # RMS = √( (1/N) Σ x[n]² )
    return _plain(np.sqrt(np.mean(np.square(x, dtype=np.float64), axis=-1)))


@checked
def rms_db(x: ArrayLike) -> float | np.ndarray:
    """RMS level in dBFS; −inf for silence.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples, full scale ±1.

    Returns
    -------
    float, or np.ndarray [shape=(...)]
        A sine at full scale has −3.01 dBFS.

    Examples
    --------
    >>> t = np.arange(8000) / 8000
    >>> round(rms_db(np.sin(2 * np.pi * 100 * t)), 2)
    -3.01
    """
    return _to_db(rms(x))


@checked
def peak_db(x: ArrayLike) -> float | np.ndarray:
    """Level of the largest sample in dBFS; −inf for silence.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples, full scale ±1.

    Returns
    -------
    float, or np.ndarray [shape=(...)]
        0 dBFS at full scale.

    Examples
    --------
    >>> round(peak_db(np.array([0.1, -0.5])), 2)
    -6.02
    """
    x = check_audio(x, "x", ndim=_ANY_BATCH)
    return _to_db(np.abs(x).max(axis=-1).astype(np.float64))


@checked
def active_level_db(x: ArrayLike, sample_rate: float) -> float:
    """RMS level of the frames in which something sounds, in dBFS.

    The plain RMS of a word falls as the silence around it grows; this does not. A frame of 25 ms counts if it
    lies at most 40 dB below the loudest one.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound.
    sample_rate : float
        Samples a second (Hz).

    Returns
    -------
    float
        dBFS; −inf for silence.

    Examples
    --------
    >>> word = np.concatenate([np.zeros(8000), np.full(8000, 0.5)])
    >>> round(active_level_db(word, 8000), 2), round(rms_db(word), 2)
    (-6.02, -9.03)
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    power = _frame_power(x, _n_frame(x, sample_rate, 0.025))
    active = power[power >= power.max() * 10 ** (-_SILENT_DB / 10)]
    return _to_db(np.sqrt(active.mean()))


@checked
def loudness_db(x: ArrayLike, sample_rate: float) -> float:
    """Loudness after ITU-R BS.1770: K-weighted, gated, in LUFS (dB relative to full scale).

    The K-weighting takes away what the ear hardly hears (below 60 Hz) and lifts what it hears well (above
    2 kHz). Blocks of 0.4 s that are far quieter than the rest do not count. A sound shorter than 0.4 s is one
    block. A 997 Hz sine at full scale has −3.01.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound of any length.
    sample_rate : float
        Samples a second (Hz). Below about 3.5 kHz the lift of high frequencies is left out.

    Returns
    -------
    float
        −inf for silence.

    References
    ----------
    ITU-R BS.1770-4 (2015). Filters re-derived for any sample rate with the analog parameters that
    reproduce the standard's coefficients at 48 kHz (De Man 2014).

    Examples
    --------
    >>> t = np.arange(48000) / 48000
    >>> abs(loudness_db(np.sin(2 * np.pi * 997 * t), 48000) - -3.01) < 0.02
    True
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    weighted = scipy.signal.sosfilt(_k_weighting(sample_rate), x.astype(np.float64))
    n_block = _n_frame(x, sample_rate, 0.4)
    power = _frame_power(weighted, n_block, hop_length=max(1, n_block // 4))
    # Blocks below −70 LUFS never count; then those 10 dB below the mean of the others do not.
    loud = power[10 * np.log10(np.maximum(power, 1e-30)) - 0.691 > -70.0]
    if len(loud) == 0:
        loud = power  # quieter than the gate altogether: its level is still a number
    mean = loud[loud >= loud.mean() * 10 ** (-10.0 / 10)].mean()
    # L = −0.691 + 10 log10 (mean square of the weighted signal)
    return float(-0.691 + 10 * np.log10(mean)) if mean > 0 else -np.inf


@checked
def normalize_peak(x: ArrayLike, level_db: float = -1.0) -> np.ndarray:
    """Scale a sound so that its largest sample lies at `level_db`; silence stays as it is.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples. All clips of a batch get one common gain; call it a clip at a time for one each.
    level_db : float
        dBFS, at most 0.

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        Of the type of `x`.

    Examples
    --------
    >>> normalize_peak(np.array([0.1, -0.2]), level_db=0).tolist()
    [0.5, -1.0]
    """
    x = check_audio(x, "x", ndim=_ANY_BATCH)
    check_range(level_db, "level_db", -200.0, 0.0)
    peak = float(np.abs(x).max())
    if peak == 0:
        return x.copy()
    # Divide first: the largest sample becomes exactly ±1, also where `peak` is tiny.
    return ((x.astype(np.float64) / peak) * 10 ** (level_db / 20)).astype(x.dtype)


@checked
def normalize_rms(x: ArrayLike, level_db: float = -20.0, *, limit: bool = True) -> np.ndarray:
    """Scale a sound so that its RMS lies at `level_db`; silence stays as it is.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Samples. All clips of a batch get one common gain.
    level_db : float
        dBFS, at most 0.
    limit : bool
        If that gain would push a sample beyond ±1, use the largest gain that does not. (The sound is then
        quieter than asked for.)

    Returns
    -------
    np.ndarray [shape=(..., n_samples)]
        Of the type of `x`.

    Examples
    --------
    >>> y = normalize_rms(np.array([0.1, -0.1]), level_db=-20)
    >>> round(rms_db(y), 6)
    -20.0
    """
    x = check_audio(x, "x", ndim=_ANY_BATCH)
    check_range(level_db, "level_db", -200.0, 0.0)
    peak = float(np.abs(x).max())
    if peak == 0:
        return x.copy()
    unit = x.astype(np.float64) / peak
    gain = 10 ** (level_db / 20) / float(np.sqrt(np.mean(unit**2)))
    return (unit * (min(gain, 1.0) if limit else gain)).astype(x.dtype)


@checked
def trim_silence(x: ArrayLike, sample_rate: float, *, keep_s: float = 0.0) -> np.ndarray:
    """Cut the silence before and after a sound. Pauses inside it stay; silence alone stays as it is.

    Silent is a frame of 10 ms that lies more than 40 dB below the loudest one; cuts fall between frames.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound.
    sample_rate : float
        Samples a second (Hz).
    keep_s : float
        Seconds to leave on both sides.

    Returns
    -------
    np.ndarray [shape=(n_kept,)]
        A copy of the part that sounds.

    Examples
    --------
    >>> x = np.concatenate([np.zeros(800), np.full(400, 0.5), np.zeros(800)])
    >>> len(trim_silence(x, 8000))
    400
    """
    x = check_audio(x, "x")
    check_sample_rate(sample_rate)
    check_range(keep_s, "keep_s", 0.0, 3600.0)
    n_frame = _n_frame(x, sample_rate, 0.01)
    power = _frame_power(np.pad(x, (0, -len(x) % n_frame)), n_frame)
    if power.max() == 0:
        return x.copy()
    active = np.flatnonzero(power >= power.max() * 10 ** (-_SILENT_DB / 10))
    n_keep = round(keep_s * sample_rate)
    return x[max(0, active[0] * n_frame - n_keep) : (active[-1] + 1) * n_frame + n_keep].copy()


def _plain(value: np.ndarray) -> float | np.ndarray:
    return float(value) if np.ndim(value) == 0 else value


def _to_db(amplitude: float | np.ndarray) -> float | np.ndarray:
    with np.errstate(divide="ignore"):
        return _plain(20 * np.log10(amplitude))


def _n_frame(x: np.ndarray, sample_rate: float, frame_s: float) -> int:
    """Samples in a frame of `frame_s` seconds: at least one, at most the whole sound."""
    return min(len(x), max(1, round(frame_s * sample_rate)))


def _frame_power(x: np.ndarray, frame_length: int, hop_length: int | None = None) -> np.ndarray:
    """Mean square of each whole frame."""
    frames = librosa.util.frame(x, frame_length=frame_length, hop_length=hop_length or frame_length, axis=0)
    return np.mean(np.square(frames, dtype=np.float64), axis=-1)


def _k_weighting(sample_rate: float) -> np.ndarray:
    """Second-order sections of the K-weighting: a high shelf, then a high-pass."""
    sections = []
    # Both are bilinear transforms of analog filters: (centre in Hz, quality, gain of the shelf in dB).
    f0_hz, quality, gain_db = 1681.974450955533, 0.7071752369554196, 3.999843853973347
    if f0_hz < 0.49 * sample_rate:
        k = np.tan(np.pi * f0_hz / sample_rate)
        v_high, v_band = 10 ** (gain_db / 20), 10 ** (gain_db / 20 * 0.4996667741545416)
        a0 = 1 + k / quality + k * k
        b = [
            v_high + v_band * k / quality + k * k,
            2 * (k * k - v_high),
            v_high - v_band * k / quality + k * k,
        ]
        sections.append([*np.divide(b, a0), 1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0])
    f0_hz, quality = 38.13547087602444, 0.5003270373238773
    if f0_hz < 0.49 * sample_rate:
        k = np.tan(np.pi * f0_hz / sample_rate)
        a0 = 1 + k / quality + k * k
        sections.append([1.0, -2.0, 1.0, 1.0, 2 * (k * k - 1) / a0, (1 - k / quality + k * k) / a0])
    return np.array(sections or [[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]])
