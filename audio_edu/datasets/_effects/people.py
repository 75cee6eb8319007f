"""Applause and footsteps."""

from collections.abc import Callable

import numpy as np

from .bricks import RATE, burst, fading, noise, pink, scattered, swept, tone, wander


def _hands(rng: np.random.Generator) -> np.ndarray:
    f = rng.uniform(700, 1800)
    return burst(rng, rng.uniform(8, 25), f * 0.6, min(f * rng.uniform(2, 4), 7500))


def applause_of_people(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each of ten to sixty people claps at a pace of their own."""
    y = np.zeros(n + RATE)
    for _ in range(rng.integers(10, 60)):
        hand, pace, level = _hands(rng), rng.uniform(2.5, 5), 10 ** (-rng.uniform(0, 20) / 20)
        for at in np.arange(rng.uniform(0, 1 / pace), n / RATE, 1 / pace):
            i = int((at + rng.normal(0, 0.02)) * RATE) % n
            y[i : i + len(hand)] += hand * level * rng.uniform(0.5, 1)
    return y[:n]


def applause_dense(rng: np.random.Generator, n: int) -> np.ndarray:
    """So many claps that they run together, swelling and falling."""
    y = scattered(rng, n, rng.uniform(250, 700), lambda: _hands(rng), 25)
    return y * wander(rng, n, 1, 0.5, 1)


def applause_with_cheers(rng: np.random.Generator, n: int) -> np.ndarray:
    """Claps, and a hall's murmur and whistles behind them."""
    y = scattered(rng, n, rng.uniform(80, 250), lambda: _hands(rng), 20)
    murmur = sum(swept(pink(rng, n, 1), wander(rng, n, 2, 400, 1400), 4) for _ in range(3))
    return y / y.std() + rng.uniform(0.2, 0.5) * murmur / murmur.std()


def applause_far_away(rng: np.random.Generator, n: int) -> np.ndarray:
    """A large hall from its end: noise of middle pitch, rough because it is made of claps."""
    y = noise(rng, n, rng.uniform(300, 700), rng.uniform(2500, 5000))
    rough = np.abs(noise(rng, n, 20, rng.uniform(60, 150)))
    return y * (0.4 + rough / rough.std()) * wander(rng, n, 0.8, 0.5, 1)


def applause_of_a_few(rng: np.random.Generator, n: int) -> np.ndarray:
    """Three to eight people; each clap can be heard."""
    y = np.zeros(n + RATE)
    for _ in range(rng.integers(3, 9)):
        hand, pace = _hands(rng), rng.uniform(3, 5.5)
        for at in np.arange(rng.uniform(0, 1 / pace), n / RATE, 1 / pace):
            i = int(max(at + rng.normal(0, 0.015), 0) * RATE)
            y[i : i + len(hand)] += hand * rng.uniform(0.5, 1)
    return y[:n]


def applause_in_time(rng: np.random.Generator, n: int) -> np.ndarray:
    """A hall that claps the beat: forty pairs of hands, some late."""
    y, pace = np.zeros(n + RATE), rng.uniform(1.8, 3.2)
    for at in np.arange(0, n / RATE, 1 / pace):
        for late in np.abs(rng.normal(0, 0.05, 40)):
            hand, i = _hands(rng), int((at + late) * RATE)
            y[i : i + len(hand)] += hand * rng.uniform(0.2, 1)
    return y[:n]


def _walk(rng: np.random.Generator, n: int, step: Callable[[], np.ndarray]) -> np.ndarray:
    y, at, pace = np.zeros(n + RATE), rng.uniform(0, 0.2), rng.uniform(1.5, 2.8)
    while at < n / RATE:
        s, i = step(), int(at * RATE)
        y[i : i + len(s)] += s * rng.uniform(0.6, 1)
        at += rng.uniform(0.93, 1.07) / pace
    return y[:n]


def steps_on_a_floor(rng: np.random.Generator, n: int) -> np.ndarray:
    """Heel, then toe: two thumps on wood or stone."""
    f, ring, gap = rng.uniform(80, 250), rng.uniform(0.06, 0.2), int(rng.uniform(0.05, 0.11) * RATE)

    def step() -> np.ndarray:
        y = np.zeros(RATE // 2)
        for at, level in ((0, 1.0), (gap, rng.uniform(0.3, 0.7))):
            m = int(ring * RATE)
            thump = tone(f * rng.uniform(0.9, 1.1), m, {1: 1, 2: 0.5, 3: 0.3}) * fading(m, ring)
            click = burst(rng, rng.uniform(6, 15), 600, 5000)
            y[at : at + m] += level * thump
            y[at : at + len(click)] += level * rng.uniform(0.5, 1.5) * click
        return y

    return _walk(rng, n, step)


def steps_on_gravel(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each step is a crunch of many small stones."""

    def step() -> np.ndarray:
        m = int(rng.uniform(0.15, 0.3) * RATE)
        y = scattered(rng, m, 500, lambda: burst(rng, rng.uniform(3, 10), 800, 7000), 20)
        return y * np.hanning(m) ** 0.7

    return _walk(rng, n, step)


def steps_of_high_heels(rng: np.random.Generator, n: int) -> np.ndarray:
    """Sharp clicks with a short room."""
    room = noise(rng, RATE // 3, 300, 6000) * fading(RATE // 3, rng.uniform(0.15, 0.3))
    f = rng.uniform(900, 2500)

    def step() -> np.ndarray:
        y = np.zeros(RATE // 2)
        click = burst(rng, rng.uniform(8, 18), f * 0.5, f * 2.5)
        y[: len(click)] += click
        y[: len(room)] += 0.08 * room
        return y

    return _walk(rng, n, step)


def steps_running(rng: np.random.Generator, n: int) -> np.ndarray:
    """Soft soles, three to four times a second."""
    y, at, pace = np.zeros(n + RATE), rng.uniform(0, 0.2), rng.uniform(2.8, 4.2)
    low = rng.uniform(300, 1200)
    while at < n / RATE:
        thud = burst(rng, rng.uniform(40, 90), 50, low)
        y[int(at * RATE) : int(at * RATE) + len(thud)] += thud * rng.uniform(0.6, 1)
        at += rng.uniform(0.95, 1.05) / pace
    return y[:n]


def steps_in_a_corridor(rng: np.random.Generator, n: int) -> np.ndarray:
    """Leather soles, and walls that answer."""
    room = rng.standard_normal(RATE // 2) * fading(RATE // 2, rng.uniform(0.3, 0.5))
    dry = steps_on_a_floor(rng, n)
    wet = np.fft.irfft(np.fft.rfft(dry, 2 * n) * np.fft.rfft(room, 2 * n))[:n]
    return dry / dry.std() + rng.uniform(0.3, 1) * wet / wet.std()


def steps_in_snow(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each step squeaks and is pressed together."""

    def step() -> np.ndarray:
        m = int(rng.uniform(0.2, 0.35) * RATE)
        y = noise(rng, m, 250, rng.uniform(1500, 3500)) * wander(rng, m, 60, 0.2, 1)
        return y * np.linspace(0, 1, m) ** 0.5 * np.linspace(1, 0, m)

    return _walk(rng, n, step)
