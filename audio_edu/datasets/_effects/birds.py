"""Birds."""

from collections.abc import Callable

import numpy as np

from .bricks import RATE, noise, scattered, tone, wander


def _sung(rng: np.random.Generator, n: int, syllable: Callable[[], np.ndarray], gap_s: tuple) -> np.ndarray:
    y, at = np.zeros(n), 0
    while at < n:
        s = syllable() * rng.uniform(0.4, 1)
        s = s[: n - at]
        y[at : at + len(s)] += s
        at += len(s) + int(rng.uniform(*gap_s) * RATE)
    return y


def bird_chirps(rng: np.random.Generator, n: int) -> np.ndarray:
    """Short whistles that glide, a few kinds in turns."""
    kinds = [(rng.uniform(0.04, 0.2), *rng.uniform(2200, 6500, 2)) for _ in range(rng.integers(1, 4))]

    def syllable() -> np.ndarray:
        seconds, start, stop = kinds[rng.integers(len(kinds))]
        m = int(seconds * RATE)
        f = np.linspace(start, stop, m) * (1 + rng.normal(0, 0.02))
        return tone(f, m, {1: 1.0, 2: 0.1}) * np.hanning(m)

    return _sung(rng, n, syllable, (0.03, rng.uniform(0.1, 0.5)))


def bird_trills(rng: np.random.Generator, n: int) -> np.ndarray:
    """Fast trills: pitch or level beats ten to forty times a second."""
    centre, speed = rng.uniform(2500, 5500), rng.uniform(12, 40)

    def syllable() -> np.ndarray:
        m = int(rng.uniform(0.3, 1.0) * RATE)
        t = np.arange(m) / RATE
        f = centre * (1 + rng.uniform(-0.1, 0.1) + rng.uniform(0.05, 0.25) * np.sin(2 * np.pi * speed * t))
        beat = np.maximum(np.sin(2 * np.pi * speed * t + 1), 0) ** 0.5
        return tone(f, m) * beat * np.hanning(m) ** 0.3

    return _sung(rng, n, syllable, (0.1, 0.6))


def bird_whistles(rng: np.random.Generator, n: int) -> np.ndarray:
    """Slow pure notes, as a blackbird's, with a scratchy end."""

    def syllable() -> np.ndarray:
        m = int(rng.uniform(0.15, 0.45) * RATE)
        f = wander(rng, m, 12, 1600, 3600)
        scratch = noise(rng, m, 4000, 7800) * np.linspace(0, 1, m) ** 8 * rng.uniform(0, 0.5)
        return tone(f, m, {1: 1.0, 2: 0.15, 3: 0.05}) * np.hanning(m) ** 0.5 + scratch

    return _sung(rng, n, syllable, (0.05, 0.5))


def bird_cheeps(rng: np.random.Generator, n: int) -> np.ndarray:
    """A flock of sparrows: harmonic cheeps on top of one another."""

    def cheep() -> np.ndarray:
        m = int(rng.uniform(0.05, 0.12) * RATE)
        f = rng.uniform(2200, 3500) * (1 + 0.4 * np.sin(np.pi * np.linspace(0, 1, m)))
        return tone(f, m, {1: 1.0, 2: 0.5}) * np.hanning(m)

    return scattered(rng, n, rng.uniform(4, 12), cheep, 20)


def bird_calls(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two low soft notes, as a cuckoo's or a dove's, over and over."""
    low, seconds = rng.uniform(450, 1300), rng.uniform(0.15, 0.4)
    ratios, at = [rng.uniform(1.1, 1.4), 1.0][:: rng.choice([1, -1])], [0]

    def syllable() -> np.ndarray:
        at[0] += 1
        m = int(seconds * RATE)
        return tone(low * ratios[at[0] % 2] * np.linspace(1, 0.97, m), m, {1: 1.0, 2: 0.1}) * np.hanning(m)

    return _sung(rng, n, syllable, (0.05, 0.4))


def bird_crows(rng: np.random.Generator, n: int) -> np.ndarray:
    """Harsh caws of many harmonics."""
    f0 = rng.uniform(350, 700)

    def syllable() -> np.ndarray:
        m = int(rng.uniform(0.2, 0.5) * RATE)
        f = f0 * (1 + 0.25 * np.sin(np.pi * np.linspace(0, 1, m))) * (1 + 0.03 * rng.standard_normal(m))
        y = tone(f, m, {k: 1.0 / (1 + abs(k - 3)) for k in range(1, 10)})
        return (y + 0.4 * noise(rng, m, 800, 5000)) * np.hanning(m) ** 0.5

    return _sung(rng, n, syllable, (0.1, 0.7))


def bird_warbles(rng: np.random.Generator, n: int) -> np.ndarray:
    """A lark: it never stops, its pitch runs up and down."""
    low = rng.uniform(1800, 3500)
    f = wander(rng, n, rng.uniform(12, 30), low, low * rng.uniform(1.4, 2.2))
    level = np.maximum(wander(rng, n, rng.uniform(8, 20), -0.4, 1), 0)
    return tone(f, n, {1: 1.0, 2: rng.uniform(0, 0.3)}) * level


def bird_hoots(rng: np.random.Generator, n: int) -> np.ndarray:
    """An owl: low soft notes, the last one long and trembling."""
    f0 = rng.uniform(280, 750)

    def syllable() -> np.ndarray:
        m = int(rng.choice([0.15, 0.2, 0.7]) * rng.uniform(0.8, 1.3) * RATE)
        t = np.arange(m) / RATE
        tremble = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(7, 14) * t) * (m > RATE // 2)
        breath = rng.uniform(0.02, 0.1) * noise(rng, m, 300, 2500)
        return (tone(f0 * np.linspace(1.05, 0.95, m), m, {1: 1.0, 2: 0.2}) * tremble + breath) * np.hanning(m)

    return _sung(rng, n, syllable, (0.1, 0.8))


def bird_mews(rng: np.random.Generator, n: int) -> np.ndarray:
    """Gulls: long cries, rich in harmonics, that break and fall; several at once."""
    y = np.zeros(n)
    for _ in range(rng.integers(1, 4)):
        f0 = rng.uniform(700, 1500)

        def syllable(f0: float = f0) -> np.ndarray:
            m = int(rng.uniform(0.2, 0.9) * RATE)
            place = np.linspace(0, 1, m)
            f = f0 * (1 + 0.4 * np.minimum(4 * place, 1) - rng.uniform(0.2, 0.6) * place)
            parts = {k: 1 / (1 + abs(k - 2)) for k in range(1, 6)}
            return (tone(f, m, parts) + 0.1 * noise(rng, m, 1500, 6000)) * np.hanning(m) ** 0.6

        y += _sung(rng, n, syllable, (0.1, 0.8)) * rng.uniform(0.3, 1)
    return y
