"""Bells and telephones."""

from collections.abc import Callable

import numpy as np

from .bricks import RATE, burst, fading, tone


def _struck(rng: np.random.Generator, n: int, f0: float, ratios: tuple, seconds: float) -> np.ndarray:
    y = np.zeros(n)
    for k, ratio in enumerate(ratios):
        f = f0 * ratio * (1 + rng.normal(0, 0.003))
        if f < 7500:
            y += tone(f, n) * fading(n, seconds / (0.6 + 0.4 * ratio)) * rng.uniform(0.3, 1) / (1 + 0.3 * k)
    y[: RATE // 50] += 0.3 * burst(rng, 20, 1000, 7000)[: RATE // 50]
    return y


def _repeated(
    rng: np.random.Generator, n: int, strike: Callable[[], np.ndarray], every_s: float
) -> np.ndarray:
    y, at = np.zeros(2 * n), 0
    while at < n:
        s = strike()[: 2 * n - at]
        y[at : at + len(s)] += s * rng.uniform(0.6, 1)
        at += int(every_s * rng.uniform(0.95, 1.05) * RATE)
    return y[:n]


def bell_of_a_church(rng: np.random.Generator, n: int) -> np.ndarray:
    """Hum, prime, minor third, fifth, octave: a cast bell, struck slowly."""
    f0, ratios = rng.uniform(180, 500), (0.5, 1, 1.2, 1.5, 2, 2.67, 3, 4.2, 5.4)
    return _repeated(rng, n, lambda: _struck(rng, n, f0, ratios, rng.uniform(2.5, 5)), rng.uniform(0.9, 2.5))


def bell_in_the_hand(rng: np.random.Generator, n: int) -> np.ndarray:
    """A small bell, rung fast."""
    f0, ratios = rng.uniform(900, 2200), (1, 2.0, 2.76, 3.1, 4.1)
    return _repeated(rng, n, lambda: _struck(rng, n, f0, ratios, rng.uniform(0.6, 2)), rng.uniform(0.15, 0.5))


def bell_by_fm(rng: np.random.Generator, n: int) -> np.ndarray:
    """One sine that bends another: Chowning's bell."""
    f0, ratio, index = rng.uniform(150, 700), rng.choice([1.4, 1.41, 2.76, 3.5]), rng.uniform(3, 9)

    def strike() -> np.ndarray:
        t, decay = np.arange(n) / RATE, fading(n, rng.uniform(2, 4))
        bent = index * decay * np.sin(2 * np.pi * f0 * ratio * t)
        return decay * np.sin(2 * np.pi * f0 * t + bent)

    return _repeated(rng, n, strike, rng.uniform(0.7, 2.0))


def bell_of_glass(rng: np.random.Generator, n: int) -> np.ndarray:
    """A glass that is touched: few high partials."""
    f0 = rng.uniform(700, 2000)
    strike = lambda: _struck(rng, n, f0, (1, 2.32, 4.25, 6.63), rng.uniform(0.8, 2.5))  # noqa: E731
    return _repeated(rng, n, strike, rng.uniform(0.5, 1.5))


def bell_of_a_clock(rng: np.random.Generator, n: int) -> np.ndarray:
    """A clock strikes: low rods in pairs, beating, with long tails."""
    f0 = rng.uniform(200, 450)
    ratios = (1, 1.008, 1.5, 2.02, 2.4, 3.01, 4.5)
    return _repeated(rng, n, lambda: _struck(rng, n, f0, ratios, rng.uniform(2, 4)), rng.uniform(0.8, 1.6))


def bell_of_metal_bars(rng: np.random.Generator, n: int) -> np.ndarray:
    """A carillon of bars: the partials of a free bar, a few pitches in turns."""
    f0s = rng.uniform(400, 1200) * 2 ** (rng.choice([0, 4, 7, 9, 12], 3) / 12)

    def strike() -> np.ndarray:
        return _struck(rng, n, f0s[rng.integers(3)], (1, 2.76, 5.4, 8.93), rng.uniform(1.5, 4))

    return _repeated(rng, n, strike, rng.uniform(0.4, 1.2))


def bell_on_a_door(rng: np.random.Generator, n: int) -> np.ndarray:
    """A handful of little bells that jingle each time the door moves."""
    f0s = rng.uniform(1500, 3500, rng.integers(3, 7))
    parts = tuple(rng.uniform(1, 4, 4))

    def jingle() -> np.ndarray:
        y = np.zeros(2 * RATE)
        for at in np.sort(rng.exponential(0.2, rng.integers(4, 12))).clip(0, 1) * RATE:
            y[int(at) :] += _struck(rng, 2 * RATE, rng.choice(f0s), parts, rng.uniform(0.3, 1))[
                : 2 * RATE - int(at)
            ]
        return y

    return _repeated(rng, n, jingle, rng.uniform(0.8, 2.5))


def bell_of_a_bicycle(rng: np.random.Generator, n: int) -> np.ndarray:
    """A small cup that is struck twice, or many times by a little wheel."""
    f0, ratios = rng.uniform(1100, 2800), tuple(np.sort(rng.uniform(1, 5, 5)))
    gap, hits = rng.uniform(0.04, 0.25), rng.integers(2, 9)

    def ring() -> np.ndarray:
        y, hit = np.zeros(3 * RATE), _struck(rng, 2 * RATE, f0, ratios, rng.uniform(0.8, 2))
        for k in range(hits):
            at = int(k * gap * RATE)
            m = min(len(hit), len(y) - at)
            y[at : at + m] += hit[:m] * rng.uniform(0.5, 1)
        return y

    return _repeated(rng, n, ring, rng.uniform(1.0, 2.5))


def bell_of_a_bowl(rng: np.random.Generator, n: int) -> np.ndarray:
    """A bronze bowl: each partial is a pair that beats, and sounds for very long."""
    f0, ratios = rng.uniform(150, 600), (1, 1.003, 2.7, 2.71, 5.0, 5.02, 7.8)
    return _repeated(rng, n, lambda: _struck(rng, n, f0, ratios, rng.uniform(4, 9)), rng.uniform(1.5, 3.5))


def _ringing(n: int, on_s: float, off_s: float) -> np.ndarray:
    """1 while it rings, 0 between, with edges of 5 ms."""
    on = (np.arange(n) / RATE) % (on_s + off_s) < on_s
    return np.convolve(on, np.ones(80) / 80, mode="same")


def telephone_with_bells(rng: np.random.Generator, n: int) -> np.ndarray:
    """A hammer between two gongs, twenty times a second."""
    f0, speed = rng.uniform(900, 1700), rng.uniform(16, 28)
    hits = np.zeros(n)
    hits[(np.arange(0, n / RATE, 1 / speed) * RATE).astype(int)] = 1
    y = np.zeros(n)
    for side, gong in enumerate((f0, f0 * rng.uniform(1.1, 1.35))):
        own = hits.copy()
        own[np.flatnonzero(hits)[side::2]] = 0
        y += np.convolve(own, _struck(rng, RATE // 2, gong, (1, 2.3, 3.9, 4.6), rng.uniform(0.3, 1)))[:n]
    return y * _ringing(n, rng.uniform(0.9, 2), rng.uniform(0.3, 1.2))


def telephone_warbling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two tones in quick turns, as desk telephones do since the eighties."""
    low, high = np.sort(rng.uniform(600, 1800, 2))
    t = np.arange(n) / RATE
    f = np.where((t * rng.uniform(12, 26)) % 1 < 0.5, low, high)
    y = tone(f, n, {1: 1.0, 2: rng.uniform(0, 0.3), 3: rng.uniform(0.1, 0.5)})
    return y * _ringing(n, rng.uniform(0.6, 1.5), rng.uniform(0.3, 1.0))


def telephone_tone(rng: np.random.Generator, n: int) -> np.ndarray:
    """What the caller hears: two steady sines, with pauses."""
    pair = [(440, 480), (400, 450), (425, 425), (350, 440), (480, 620)][rng.integers(5)]
    y = sum(np.sin(2 * np.pi * f * np.arange(n) / RATE) for f in pair)
    return y * _ringing(n, rng.uniform(0.4, 1.6), rng.uniform(0.4, 1.0))


def telephone_beeping(rng: np.random.Generator, n: int) -> np.ndarray:
    """A small melody of square tones, over and over: a mobile telephone."""
    notes = rng.uniform(900, 2400) * 2 ** (rng.integers(-5, 8, rng.integers(3, 7)) / 12)
    f = notes[(np.arange(n) / RATE * rng.uniform(6, 12)).astype(int) % len(notes)]
    y = tone(f, n, {1: 1.0, 3: 0.33, 5: 0.2})
    return y * _ringing(n, rng.uniform(0.5, 1.2), rng.uniform(0.2, 0.8))


def telephone_purring(rng: np.random.Generator, n: int) -> np.ndarray:
    """A buzzer: a square tone, cut twenty to thirty times a second."""
    f, beat = rng.uniform(500, 1400), rng.uniform(18, 32)
    y = tone(f, n, {1: 1.0, 3: 0.33, 5: 0.2, 7: 0.14}) * (np.sin(2 * np.pi * beat * np.arange(n) / RATE) > 0)
    return y * _ringing(n, rng.uniform(0.5, 2.0), rng.uniform(0.3, 1.5))


def telephone_with_one_gong(rng: np.random.Generator, n: int) -> np.ndarray:
    """An old ring in pairs: hammered fast, the gong never dies."""
    f0, speed = rng.uniform(1100, 2400), rng.uniform(20, 34)
    hits = np.zeros(n)
    hits[(np.arange(0, n / RATE, 1 / speed) * RATE).astype(int)] = 1
    y = np.convolve(hits, _struck(rng, RATE // 3, f0, (1, 1.51, 2.7, 3.3), rng.uniform(0.2, 0.8)))[:n]
    return y * _ringing(n, rng.uniform(0.35, 0.6), rng.uniform(0.15, 0.35))


def telephone_dialling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Keys that are pressed: two sines for each (ITU-T Q.23), with short pauses."""
    low, high = (697, 770, 852, 941), (1209, 1336, 1477)
    y, at = np.zeros(n), 0
    on_s, off_s = rng.uniform(0.06, 0.25), rng.uniform(0.04, 0.3)
    while at < n:
        m = min(int(on_s * rng.uniform(0.9, 1.1) * RATE), n - at)
        y[at : at + m] = tone(rng.choice(low), m) + tone(rng.choice(high), m)
        at += m + int(off_s * rng.uniform(0.7, 1.3) * RATE)
    return y


def telephone_quivering(rng: np.random.Generator, n: int) -> np.ndarray:
    """One tone whose pitch quivers, as cheap handsets do it."""
    f, depth, speed = rng.uniform(700, 2300), rng.uniform(0.03, 0.25), rng.uniform(8, 35)
    quiver = f * (1 + depth * np.sin(2 * np.pi * speed * np.arange(n) / RATE))
    y = tone(quiver, n, {k: rng.uniform(0, 1) / k for k in range(1, 6)})
    return y * _ringing(n, rng.uniform(0.4, 1.8), rng.uniform(0.3, 1.5))


def telephone_playing(rng: np.random.Generator, n: int) -> np.ndarray:
    """A ring tone of struck notes, four to nine of them, always the same."""
    steps = rng.choice([0, 2, 4, 7, 9, 12, 16], rng.integers(4, 10))
    f0s, gap = rng.uniform(500, 1100) * 2 ** (steps / 12), rng.uniform(0.09, 0.22)
    overtone, seconds, y = rng.uniform(2, 5), rng.uniform(0.2, 0.7), np.zeros(n + RATE)
    for k in range(int(n / RATE / gap)):
        place = k % (len(f0s) + 3)  # three rests after each round
        if place < len(f0s):
            note = tone(f0s[place], RATE, {1: 1.0}) + 0.4 * tone(f0s[place] * overtone, RATE, {1: 1.0})
            y[int(k * gap * RATE) :][:RATE] += note * fading(RATE, seconds)
    return y[:n]


def telephone_trilling(rng: np.random.Generator, n: int) -> np.ndarray:
    """An electronic trill: three tones, as fast as a cricket, in double rings."""
    f = rng.uniform(1000, 1900) * np.array([1, 1.25, 1.5])
    y = tone(f[(np.arange(n) / RATE * rng.uniform(35, 60)).astype(int) % 3], n, {1: 1.0, 2: 0.3})
    return y * _ringing(n, rng.uniform(0.3, 0.5), rng.uniform(0.15, 0.3))
