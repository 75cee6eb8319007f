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


def _clap(rng: np.random.Generator, dull: float) -> np.ndarray:
    """Hands as Repp (1987) measured them: flat or cupped, a peak anywhere from 0.4 to 3 kHz, and a hiss."""
    f = 10 ** rng.uniform(2.6, 3.5) * dull
    hollow = burst(rng, rng.uniform(5, 40), f * 0.7, f * 1.5)
    y = rng.uniform(0.1, 0.6) * dull * burst(rng, rng.uniform(3, 12), 1000, 7500)
    m = min(len(y), len(hollow))
    hollow[:m] += y[:m]
    return hollow


def applause_in_a_church(rng: np.random.Generator, n: int) -> np.ndarray:
    """Claps that run together in a long room."""
    m = int(rng.uniform(0.8, 2.0) * RATE)
    room = noise(rng, m, 150, rng.uniform(2500, 6000)) * fading(m, m / RATE)
    dry = scattered(rng, n, rng.uniform(40, 400), lambda: _clap(rng, 1.0), 20)
    wet = np.fft.irfft(np.fft.rfft(dry, 2 * n) * np.fft.rfft(room, 2 * n))[:n]
    return dry / dry.std() + rng.uniform(0.3, 3) * wet / wet.std()


def applause_swelling(rng: np.random.Generator, n: int) -> np.ndarray:
    """One person begins, all join in, or all stop one after the other."""
    y, most = np.zeros(n + RATE), rng.uniform(60, 400)
    share = wander(rng, n, rng.uniform(0.3, 1)) ** rng.uniform(1, 3)
    for at in np.flatnonzero(rng.random(n) < share * most / RATE):
        hand = _clap(rng, 1.0) * 10 ** (-rng.uniform(0, 25) / 20)
        y[at : at + len(hand)] += hand
    return y[:n] + 1e-4 * noise(rng, n)


def applause_outdoors(rng: np.random.Generator, n: int) -> np.ndarray:
    """Rows of people: the near ones bright, the far ones soft and dull, and they murmur."""
    y = np.zeros(n)
    for row in range(1, 5):
        claps = scattered(rng, n, row * rng.uniform(15, 60), lambda dull=1 / row**0.5: _clap(rng, dull), 12)
        y += claps / row
    murmur = swept(pink(rng, n, 1), wander(rng, n, 4, 300, 900), 3)
    return y / y.std() + rng.uniform(0.05, 0.5) * murmur / murmur.std()


def applause_in_gloves(rng: np.random.Generator, n: int) -> np.ndarray:
    """A winter crowd: dull thumps without any hiss."""
    return scattered(rng, n, rng.uniform(20, 200), lambda: burst(rng, rng.uniform(15, 60), 80, 900), 20)


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


def steps_on_stairs(rng: np.random.Generator, n: int) -> np.ndarray:
    """Wooden stairs: hollow, each step at another pitch, some creak."""

    def step() -> np.ndarray:
        m, f = int(rng.uniform(0.1, 0.25) * RATE), rng.uniform(90, 260)
        y = tone(f, m, {1: 1, 2.3: 0.6, 4.1: 0.3}) * fading(m, m / RATE)
        knock = burst(rng, rng.uniform(10, 30), 200, rng.uniform(1500, 4000))[:m]
        y[: len(knock)] += rng.uniform(0.3, 1) * knock
        if rng.random() < 0.3:
            creak = tone(wander(rng, m, 30, 200, 500), m, {k: 1 / k for k in range(1, 12)})
            y += 0.15 * creak * np.hanning(m)
        return y

    return _walk(rng, n, step)


def steps_in_water(rng: np.random.Generator, n: int) -> np.ndarray:
    """Boots in a puddle: each step splashes and drips."""

    def step() -> np.ndarray:
        m = int(rng.uniform(0.2, 0.4) * RATE)
        splash = noise(rng, m, rng.uniform(200, 600), 7000) * np.linspace(1, 0, m) ** 3
        drips = scattered(rng, m, 60, lambda: burst(rng, rng.uniform(4, 15), 500, 5000), 20)
        return splash / splash.std() * np.minimum(np.linspace(0, 15, m), 1) + drips

    return _walk(rng, n, step)


def steps_shuffling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Slippers that are dragged: a scrape, then a soft thump."""

    def step() -> np.ndarray:
        m = int(rng.uniform(0.2, 0.4) * RATE)
        scrape = noise(rng, m, rng.uniform(400, 1500), rng.uniform(3000, 7500)) * np.hanning(m)
        thump = burst(rng, rng.uniform(30, 80), 50, rng.uniform(200, 600))[: m // 2]
        scrape = rng.uniform(0.2, 1) * scrape / scrape.std()
        scrape[-len(thump) :] += 6 * thump
        return scrape

    return _walk(rng, n, step)
