"""Simple sounds to try things on: sines, sweeps, clicks, claps, noise, harmonic tones.

All functions take seconds and hertz and return ``round(duration · sample_rate)`` float32 samples.

References
----------
Moore (1990), Elements of Computer Music, chapter 3.
"""

import numpy as np
import scipy.signal

from .._validate import MOST, Seed, check_choice, check_positive, check_range, check_sample_rate, checked
from ..reproducible import SEED


@checked
def sine(
    f0_hz: float, duration: float, sample_rate: float, *, amplitude: float = 0.5, phase: float = 0.0
) -> np.ndarray:
    """Return a sine.

    Parameters
    ----------
    f0_hz : float
        Frequency (Hz). Above half the sample rate is allowed: what you get then is its alias.
    duration : float
        Seconds.
    sample_rate : float
        Samples a second (Hz).
    amplitude : float
        Peak, 0 to 1.
    phase : float
        Phase at the start (radians).

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        ``amplitude · sin(2π f0 t + phase)``.

    Examples
    --------
    >>> sine(1000, 0.5, 8000).shape
    (4000,)
    """
    check_positive(f0_hz, "f0_hz", unit="of Hz")
    check_range(phase, "phase", -1e6, 1e6)
    t = _time(duration, sample_rate)
    # x(t) = A sin(2π f t + φ)
    return (_amplitude(amplitude) * np.sin(2 * np.pi * f0_hz * t + phase)).astype(np.float32)


@checked
def sweep(
    start_hz: float,
    stop_hz: float,
    duration: float,
    sample_rate: float,
    *,
    scale: str = "log",
    amplitude: float = 0.5,
) -> np.ndarray:
    """Glide a sine from one frequency to another (a chirp).

    Parameters
    ----------
    start_hz, stop_hz : float
        The first and the last frequency (Hz).
    duration : float
        Seconds.
    sample_rate : float
        Samples a second (Hz).
    scale : {"log", "linear"}
        The same number of octaves, or of hertz, in each second.
    amplitude : float
        Peak, 0 to 1.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        The sweep.

    Examples
    --------
    >>> sweep(100, 4000, 1.0, 16000).shape
    (16000,)
    """
    check_positive(start_hz, "start_hz", unit="of Hz")
    check_positive(stop_hz, "stop_hz", unit="of Hz")
    check_choice(scale, "scale", ["log", "linear"])
    t = _time(duration, sample_rate)
    # x(t) = A sin(2π ∫ f(τ) dτ); SciPy's chirp is a cosine, so it starts a quarter turn earlier
    x = scipy.signal.chirp(t, start_hz, duration, stop_hz, method=scale, phi=-90)
    return (_amplitude(amplitude) * x).astype(np.float32)


@checked
def noise(
    duration: float, sample_rate: float, *, color: str = "white", level_db: float = -20.0, seed: Seed = SEED
) -> np.ndarray:
    """Return noise.

    Parameters
    ----------
    duration : float
        Seconds.
    sample_rate : float
        Samples a second (Hz).
    color : {"white", "pink", "brown"}
        Equal power in every hertz; in every octave (−3 dB an octave); or −6 dB an octave.
    level_db : float
        RMS level (dBFS), at most −12 so that peaks rarely reach full scale (those that do clip).
    seed : int
        Another seed, another noise of the same kind.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        Gaussian noise with zero mean. Pink and brown start at 20 Hz.

    Examples
    --------
    >>> noise(0.5, 8000, color="pink").shape
    (4000,)
    """
    check_choice(color, "color", ["white", "pink", "brown"])
    check_range(level_db, "level_db", -200.0, -12.0)
    x = np.random.default_rng(seed).standard_normal(len(_time(duration, sample_rate)))
    if color != "white":
        spectrum = np.fft.rfft(x)
        f_hz = np.fft.rfftfreq(len(x), 1 / sample_rate)
        # |X|² ∝ 1/f for pink, 1/f² for brown
        slope = {"pink": 0.5, "brown": 1.0}[color]
        spectrum *= np.where(f_hz < min(20.0, sample_rate / 4), 0.0, np.maximum(f_hz, 1e-9) ** -slope)
        x = np.fft.irfft(spectrum, len(x))
    level = np.sqrt(np.mean(x**2))
    x = x * (10 ** (level_db / 20) / level) if level > 0 else x
    return np.clip(x, -1, 1).astype(np.float32)


@checked
def harmonic_tone(
    f0_hz: float,
    duration: float,
    sample_rate: float,
    *,
    n_harmonics: int = 10,
    rolloff_db: float = 6.0,
    amplitude: float = 0.5,
    fade_s: float = 0.01,
) -> np.ndarray:
    """Return a tone with overtones, as of a string or a voice.

    Parameters
    ----------
    f0_hz : float
        Fundamental frequency (Hz), below half the sample rate.
    duration : float
        Seconds.
    sample_rate : float
        Samples a second (Hz).
    n_harmonics : int
        Overtones and fundamental together; those above half the sample rate are left out.
    rolloff_db : float
        How much quieter each octave of overtones is (dB, 0 or above). 6 is the spectrum of a sawtooth.
    amplitude : float
        Peak, 0 to 1.
    fade_s : float
        Seconds of fade at both ends, against clicks.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        The tone.

    Examples
    --------
    >>> round(float(abs(harmonic_tone(220, 0.5, 16000)).max()), 2)
    0.5
    """
    check_positive(f0_hz, "f0_hz", unit="of Hz")
    check_range(n_harmonics, "n_harmonics", 1, 10_000, integer=True)
    check_range(rolloff_db, "rolloff_db", 0.0, 100.0)
    check_range(fade_s, "fade_s", 0.0, 60.0)
    t = _time(duration, sample_rate)
    if f0_hz >= sample_rate / 2:
        raise ValueError(f"f0_hz is {f0_hz!r}; expected less than half of sample_rate, {sample_rate / 2}.")
    x = np.zeros(len(t))
    # x(t) = Σ_k a_k sin(2π k f0 t + φ_k), with phases that keep the peaks apart (Schroeder's)
    for k in range(1, n_harmonics + 1):
        if k * f0_hz < sample_rate / 2:
            a_k = k ** (-rolloff_db / (20 * np.log10(2)))
            x += a_k * np.sin(2 * np.pi * k * f0_hz * t - np.pi * k * (k - 1) / n_harmonics)
    fade = np.minimum(1.0, np.minimum(t, t[::-1]) / fade_s) if fade_s > 0 else 1.0
    x *= fade
    return (x * _amplitude(amplitude) / max(np.abs(x).max(), 1e-12)).astype(np.float32)


@checked
def clap(
    sample_rate: float, *, duration: float = 0.15, amplitude: float = 0.9, seed: Seed = SEED
) -> np.ndarray:
    """Return the dry clap of two hands: the nearest thing to a click that a person carries along.

    Parameters
    ----------
    sample_rate : float
        Samples a second (Hz).
    duration : float
        Seconds; the sound itself is over after some 30 ms.
    amplitude : float
        Peak, 0 to 1.
    seed : int
        Another seed, another clap.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        A few milliseconds of noise, strongest around 1.2 kHz.

    Examples
    --------
    >>> clap(16000).shape
    (2400,)
    """
    t = _time(duration, sample_rate)
    white = np.random.default_rng(seed).standard_normal(len(t))
    f_hz = np.fft.rfftfreq(len(t), 1 / sample_rate)
    # The hollow between the palms resonates; an octave away it is some 10 dB down.
    octaves = np.log2(np.maximum(f_hz, 1.0) / 1200)
    colored = np.fft.irfft(np.fft.rfft(white) * 10 ** (-0.5 * octaves**2), len(t))
    # The hands do not close all at once: two contacts, 4 ms apart, then the decay.
    envelope = 0.6 * np.exp(-t / 0.0015) + np.where(
        t >= 0.004, np.exp(-np.maximum(t - 0.004, 0) / 0.006), 0.0
    )
    x = colored * envelope
    return (x * _amplitude(amplitude) / max(np.abs(x).max(), 1e-12)).astype(np.float32)


def _time(duration: float, sample_rate: float) -> np.ndarray:
    check_sample_rate(sample_rate)
    check_positive(duration, "duration", unit="of seconds")
    n_samples = round(duration * sample_rate)
    if n_samples < 1:
        raise ValueError(f"duration is {duration!r} s, less than a sample (sample_rate is {sample_rate} Hz).")
    if n_samples > MOST:
        raise ValueError(
            f"duration is {duration!r} s, {n_samples:,} samples (sample_rate is {sample_rate} Hz); expected "
            f"at most {MOST:,}."
        )
    return np.arange(n_samples) / sample_rate


def _amplitude(amplitude: float) -> float:
    return check_range(amplitude, "amplitude", 0.0, 1.0)
