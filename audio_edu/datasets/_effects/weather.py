"""Rain, wind and sea."""

import numpy as np

from .bricks import RATE, burst, fading, noise, pink, scattered, swept, tone, wander


def rain_of_drops(rng: np.random.Generator, n: int) -> np.ndarray:
    """Hundreds of clicks a second over soft noise."""
    f = rng.uniform(2000, 5000)
    drops = scattered(rng, n, rng.uniform(150, 500), lambda: burst(rng, rng.uniform(2, 8), f / 2, 7500), 30)
    return drops + rng.uniform(0.02, 0.15) * noise(rng, n, 800, 7800)


def rain_steady(rng: np.random.Generator, n: int) -> np.ndarray:
    """Hiss whose level and colour hardly move."""
    y = noise(rng, n, rng.uniform(300, 1200), rng.uniform(5500, 7800)) * wander(rng, n, 3, 0.7, 1)
    return y + 0.4 * pink(rng, n, rng.uniform(0.3, 1.0)) * y.std()


def rain_on_a_roof(rng: np.random.Generator, n: int) -> np.ndarray:
    """Drops that make something ring, each a little bubble or a tin."""

    def drop() -> np.ndarray:
        m = int(rng.uniform(0.01, 0.05) * RATE)
        f = rng.uniform(700, 3500) * np.linspace(1, rng.uniform(1.0, 1.3), m)
        return tone(f, m) * fading(m, m / RATE)

    return scattered(rng, n, rng.uniform(40, 160), drop, 25) + 0.1 * rain_steady(rng, n)


def rain_in_gusts(rng: np.random.Generator, n: int) -> np.ndarray:
    """Drops whose density swells, through leaves."""
    y = scattered(rng, n, rng.uniform(600, 1500), lambda: burst(rng, rng.uniform(1, 4), 1500, 7800), 20)
    return (y + 0.08 * pink(rng, n, 0.6)) * wander(rng, n, 1.2, 0.4, 1)


def rain_behind_glass(rng: np.random.Generator, n: int) -> np.ndarray:
    """A dull roar outside, and drops that tick on the pane."""
    ticks = scattered(rng, n, rng.uniform(15, 60), lambda: burst(rng, rng.uniform(3, 12), 1500, 6000), 15)
    roar = noise(rng, n, 100, rng.uniform(1200, 3500))
    return roar / roar.std() * rng.uniform(0.1, 0.3) + ticks


def rain_pouring(rng: np.random.Generator, n: int) -> np.ndarray:
    """A downpour: broad noise, with splashes that are lower and longer than drops."""
    y = noise(rng, n, rng.uniform(80, 300), 7800)
    splash = scattered(rng, n, rng.uniform(20, 80), lambda: burst(rng, rng.uniform(20, 60), 400, 4000), 15)
    return y / y.std() + rng.uniform(0.5, 1.5) * splash / (splash.std() + 1e-9)


def rain_on_cloth(rng: np.random.Generator, n: int) -> np.ndarray:
    """An umbrella or a tent: drops that thud, dull and close together."""
    f = rng.uniform(250, 900)
    thuds = scattered(
        rng,
        n,
        rng.uniform(80, 400),
        lambda: burst(rng, rng.uniform(6, 25), f / 2, 4 * f),
        rng.uniform(12, 25),
    )
    around = noise(rng, n, rng.uniform(300, 1500), 7500)
    return thuds / thuds.std() + rng.uniform(0.1, 0.8) * around / around.std()


def rain_in_a_gutter(rng: np.random.Generator, n: int) -> np.ndarray:
    """A street in the rain: a hiss, and water that gurgles along a pipe."""
    hiss = pink(rng, n, rng.uniform(-0.3, 0.6))
    pipe = swept(rng.standard_normal(n), wander(rng, n, rng.uniform(15, 40), 300, rng.uniform(900, 2500)), 6)
    pipe = pipe * wander(rng, n, 12) ** 2
    return hiss / hiss.std() + rng.uniform(0.1, 0.9) * pipe / pipe.std()


def rain_on_a_lake(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each drop splashes, and some leave a bubble that sings upwards."""

    def bubble() -> np.ndarray:
        m = int(rng.uniform(0.008, 0.03) * RATE)
        f = rng.uniform(1200, 6000)
        return tone(np.linspace(f, f * rng.uniform(1.05, 1.5), m), m) * fading(m, m / RATE)

    splashes = scattered(rng, n, rng.uniform(200, 900), lambda: burst(rng, rng.uniform(1, 6), 900, 7000), 25)
    bubbles = scattered(rng, n, rng.uniform(20, 200), bubble, 25)
    far = noise(rng, n, 1000, rng.uniform(5000, 7800))
    y = splashes / splashes.std() + rng.uniform(0.2, 0.8) * bubbles / bubbles.std()
    return y + rng.uniform(0.3, 1.5) * far / far.std()


def wind_howling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise through one or two resonances that wander with the gusts."""
    y = np.zeros(n)
    for _ in range(rng.integers(1, 3)):
        gust = wander(rng, n, rng.uniform(0.5, 1.5))
        centre = rng.uniform(250, 700) * (1 + rng.uniform(0.5, 1.5) * gust)
        y += swept(rng.standard_normal(n), centre, rng.uniform(6, 20)) * (0.15 + gust) ** 2
    return y / y.std() + rng.uniform(0.3, 1) * pink(rng, n, 2) / pink(rng, n, 2).std() * wander(
        rng, n, 1, 0.3, 1
    )


def wind_rumbling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Deep noise in gusts, as at a microphone."""
    return noise(rng, n, 25, rng.uniform(200, 600)) * (0.1 + wander(rng, n, rng.uniform(1, 3))) ** 2


def wind_in_trees(rng: np.random.Generator, n: int) -> np.ndarray:
    """Leaves: noise of middle pitch that swells and opens."""
    gust = wander(rng, n, rng.uniform(0.4, 1.0))
    y = swept(pink(rng, n, 0.5), 300 + rng.uniform(600, 1500) * gust, 1.0)
    return y * (0.1 + gust) ** 1.5


def wind_at_a_door(rng: np.random.Generator, n: int) -> np.ndarray:
    """A gap whistles: one sharp resonance high up, over a soft rumble."""
    gust = wander(rng, n, 1.5)
    y = swept(rng.standard_normal(n), rng.uniform(700, 1200) * (1 + 0.4 * gust), 30) * (0.2 + gust)
    return y / y.std() + 0.7 * wind_rumbling(rng, n) / 0.1 * 0.3


def wind_in_grass(rng: np.random.Generator, n: int) -> np.ndarray:
    """Soft noise whose upper edge moves up and down with the gusts."""
    gust = wander(rng, n, rng.uniform(0.5, 2))
    y = swept(swept(rng.standard_normal(n), 120 + rng.uniform(300, 900) * gust, 0.7), 100 + 600 * gust, 0.7)
    return y * (0.3 + gust)


def wind_in_wires(rng: np.random.Generator, n: int) -> np.ndarray:
    """Wires and rails that hum: several soft tones, all of which rise with the gust."""
    gust, y = wander(rng, n, rng.uniform(0.5, 2)), np.zeros(n)
    for f in rng.uniform(150, 900, rng.integers(3, 7)):
        y += swept(rng.standard_normal(n), f * (0.7 + 0.6 * gust), rng.uniform(8, 25)) * rng.uniform(0.2, 1)
    low = pink(rng, n, rng.uniform(1.2, 2.2))
    return (y / y.std() + rng.uniform(0.3, 2) * low / low.std()) * (0.2 + gust)


def wind_on_a_tent(rng: np.random.Generator, n: int) -> np.ndarray:
    """Cloth that flaps in the gusts, over a low roar."""
    gust = wander(rng, n, rng.uniform(0.5, 1.5))
    flaps = np.abs(wander(rng, n, rng.uniform(12, 30), -1, 1)) ** 3
    cloth = noise(rng, n, rng.uniform(80, 200), rng.uniform(700, 2500)) * flaps
    roar = noise(rng, n, 30, rng.uniform(200, 700))
    return (cloth / cloth.std() + rng.uniform(0.4, 1.5) * roar / roar.std()) * (0.15 + gust) ** 1.5


def sea_in_waves(rng: np.random.Generator, n: int) -> np.ndarray:
    """Noise that swells for seconds, breaks bright, and runs out."""
    y, at = 0.1 * pink(rng, n + 6 * RATE, 1), -int(rng.uniform(0, 2) * RATE)
    while at < n:
        rise, fall = int(rng.uniform(0.8, 2) * RATE), int(rng.uniform(1.5, 3) * RATE)
        shape = np.concatenate([np.linspace(0, 1, rise) ** 2, np.linspace(1, 0, fall) ** 1.5])
        wave = swept(pink(rng, rise + fall, 0.7), 200 + rng.uniform(800, 2000) * shape, 0.7)
        start, cut = max(at, 0), max(-at, 0)
        y[start : start + rise + fall - cut] += (wave / wave.std() * shape)[cut:] * rng.uniform(0.5, 1)
        at += int((rise + fall) * rng.uniform(0.5, 0.8))
    return y[:n]


def sea_on_pebbles(rng: np.random.Generator, n: int) -> np.ndarray:
    """A wave that draws back over small stones, over a low roar."""
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) / RATE / rng.uniform(2.5, 5) + rng.uniform()))
    roar = noise(rng, n, 60, 900) * (0.3 + swell)
    hiss = noise(rng, n, 900, 6500) * swell**3
    stones = scattered(rng, n, 250, lambda: burst(rng, 5, 1500, 6000), 25) * np.roll(swell, RATE // 2) ** 2
    return (
        roar / roar.std() + rng.uniform(0.7, 1.4) * hiss / hiss.std() + 0.5 * stones / (stones.std() + 1e-9)
    )


def sea_far_away(rng: np.random.Generator, n: int) -> np.ndarray:
    """Several waves at once, none near."""
    y = np.zeros(n)
    for _ in range(4):
        y += noise(rng, n, rng.uniform(80, 300), rng.uniform(1200, 4000)) * wander(rng, n, 0.5) ** 2
    return y


def sea_rolling(rng: np.random.Generator, n: int) -> np.ndarray:
    """A low roll and, not quite with it, a hiss of foam."""
    low, high = (wander(rng, n, rng.uniform(0.3, 0.8), 0.15, 1) for _ in range(2))
    roll = pink(rng, n, 1.2) * low
    foam = noise(rng, n, 1000, rng.uniform(4000, 7500)) * high**2
    return roll / roll.std() + rng.uniform(0.3, 1.2) * foam / foam.std()


def sea_in_a_storm(rng: np.random.Generator, n: int) -> np.ndarray:
    """Breakers on top of one another, never quiet, over a deep roar."""
    roar, y = pink(rng, n, rng.uniform(1.0, 1.8)), np.zeros(n)
    for _ in range(rng.integers(3, 6)):
        crest = wander(rng, n, rng.uniform(0.4, 1.2)) ** rng.uniform(2, 4)
        y += swept(pink(rng, n, 0.4), 300 + rng.uniform(1000, 3500) * crest, 0.6) * crest
    return y / y.std() + rng.uniform(0.3, 1.2) * roar / roar.std()


def sea_at_a_quay(rng: np.random.Generator, n: int) -> np.ndarray:
    """Small waves that slap a wall and gurgle, a few in a second."""

    def slap() -> np.ndarray:
        m = int(rng.uniform(0.15, 0.6) * RATE)
        f = np.linspace(rng.uniform(700, 2500), rng.uniform(200, 600), m)
        return swept(rng.standard_normal(m), f, rng.uniform(1, 4)) * np.hanning(m) ** 0.5

    slaps = scattered(rng, n, rng.uniform(1.5, 5), slap, 15)
    swell = noise(rng, n, 60, rng.uniform(800, 4000)) * wander(rng, n, rng.uniform(0.3, 1), 0.3, 1)
    return slaps / (slaps.std() + 1e-9) + rng.uniform(0.4, 1.5) * swell / swell.std()


def sea_on_a_beach(rng: np.random.Generator, n: int) -> np.ndarray:
    """Regular surf: each wave comes fast and goes slowly, bright at its crest."""
    period = rng.uniform(2.5, 4.5)
    place = (np.arange(n) / RATE / period + rng.uniform()) % 1
    crest = np.where(place < 0.25, (place / 0.25) ** 2, ((1 - place) / 0.75) ** 1.5)
    y = noise(rng, n, 150, 1500) * (0.2 + crest)
    return y / y.std() + rng.uniform(0.5, 1) * noise(rng, n, 1500, 7500) / 0.6 * crest**2
