"""What the effects are made of: noises, smooth curves, tones, and things that happen at random."""

from collections.abc import Callable, Mapping

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE = 16000


def noise(rng: np.random.Generator, n: int, low_hz: float = 20, high_hz: float = 7900) -> np.ndarray:
    """White noise between two frequencies."""
    return sosfilt(butter(2, (low_hz, high_hz), "bandpass", fs=RATE, output="sos"), rng.standard_normal(n))


def pink(rng: np.random.Generator, n: int, slope: float = 1.0) -> np.ndarray:
    """Noise whose power falls as 1 / f to the power of `slope`."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1 / RATE), 20)
    return np.fft.irfft(spectrum / f ** (slope / 2), n) * 20 ** (slope / 2)


def wander(rng: np.random.Generator, n: int, per_s: float, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """A smooth random curve between two values that turns some `per_s` times a second."""
    knots = rng.uniform(low, high, max(4, int(n / RATE * per_s) + 3))
    at = np.linspace(0, len(knots) - 1.001, n)
    i, part = at.astype(int), at % 1
    part = part * part * (3 - 2 * part)
    return knots[i] * (1 - part) + knots[i + 1] * part


def tone(f0_hz: np.ndarray | float, n: int, harmonics: Mapping[int, float] | None = None) -> np.ndarray:
    """Sines of a fundamental that may move; those above half the sample rate are left out."""
    f0 = np.broadcast_to(np.asarray(f0_hz, float), n)
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    parts = (harmonics or {1: 1.0}).items()
    return sum(a * np.sin(k * phase) * (k * f0 < 0.48 * RATE) for k, a in parts)


def swept(x: np.ndarray, centre_hz: np.ndarray, q: float) -> np.ndarray:
    """A resonance whose centre moves: filtered in blocks of 8 ms, its state handed on."""
    y, state, step = np.empty_like(x), np.zeros(2), 128
    for i in range(0, len(x), step):
        w = 2 * np.pi * min(float(centre_hz[i]), 7500) / RATE
        r = np.exp(-w / (2 * q))
        a = [1, -2 * r * np.cos(w), r * r]
        y[i : i + step], state = lfilter([1 - r], a, x[i : i + step], zi=state)
    return y


def scattered(
    rng: np.random.Generator, n: int, per_s: float, grain: Callable[[], np.ndarray], spread_db: float = 20
) -> np.ndarray:
    """Grains at random moments, each of its own level."""
    y = np.zeros(n + RATE)
    for at in rng.integers(0, n, rng.poisson(per_s * n / RATE)):
        g = grain()
        y[at : at + len(g)] += g * 10 ** (-rng.uniform(0, spread_db) / 20)
    return y[:n]


def fading(n: int, seconds: float) -> np.ndarray:
    """An exponential decay, to −60 dB in `seconds`."""
    return 10.0 ** (-3 * np.arange(n) / (seconds * RATE))


def burst(rng: np.random.Generator, ms: float, low_hz: float, high_hz: float) -> np.ndarray:
    n = max(16, int(ms * RATE / 1000))
    return noise(rng, n + 64, low_hz, high_hz)[64:] * fading(n, ms / 1000)
