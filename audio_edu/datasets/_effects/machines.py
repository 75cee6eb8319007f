"""Engines and sirens."""

import numpy as np
from scipy.signal import butter, sosfilt

from .bricks import RATE, burst, noise, pink, swept, tone, wander


def engine_of_a_car(rng: np.random.Generator, n: int) -> np.ndarray:
    """Firing pulses through an exhaust; the speed wanders."""
    f = wander(rng, n, 0.8, *np.sort(rng.uniform(25, 130, 2)))
    y = tone(f / 2, n, {k: rng.uniform(0.2, 1) / k**0.7 for k in range(1, 24)})
    y = swept(y, np.full(n, rng.uniform(150, 500)), 1.5) + 0.3 * y
    return y / y.std() + rng.uniform(0.1, 0.5) * noise(rng, n, 100, 2500) / 0.5


def engine_of_a_helicopter(rng: np.random.Generator, n: int) -> np.ndarray:
    """Rotor blades beat ten to twenty times a second over a turbine's whine."""
    t, beats = np.arange(n) / RATE, rng.uniform(9, 20)
    chop = np.exp(-((((t * beats) % 1) - 0.3) ** 2) / rng.uniform(0.01, 0.05))
    low = noise(rng, n, 30, rng.uniform(300, 1200))
    y = low / low.std() * chop
    return y + rng.uniform(0.02, 0.15) * tone(rng.uniform(600, 2500), n) + 0.15 * pink(rng, n, 1)


def engine_of_a_boat(rng: np.random.Generator, n: int) -> np.ndarray:
    """A slow diesel: thumps that one can nearly count."""
    beats, y = rng.uniform(6, 14), np.zeros(n + RATE)
    for at in np.arange(0, n / RATE, 1 / beats):
        thump = burst(rng, rng.uniform(50, 100), 50, rng.uniform(400, 1200))
        i = int(at * RATE)
        y[i : i + len(thump)] += thump * rng.uniform(0.8, 1)
    return y[:n] / y.std() + rng.uniform(0.1, 0.3) * pink(rng, n, 1) / 0.4


def engine_humming(rng: np.random.Generator, n: int) -> np.ndarray:
    """An electric motor: a whine of steady pitch that starts, over its fan."""
    f = rng.uniform(90, 320) * wander(rng, n, 0.5, 0.85, 1.1)
    y = tone(f, n, {k: rng.uniform(0.1, 1) / k**0.5 for k in (1, 2, 3, 4, 6, 8, 12, 16)})
    fan = noise(rng, n, 200, rng.uniform(2000, 5000))
    return y / y.std() + rng.uniform(0.2, 0.8) * fan / fan.std()


def engine_of_a_motorcycle(rng: np.random.Generator, n: int) -> np.ndarray:
    """Sharp pulses that rev up and down."""
    f = wander(rng, n, 1.2, *np.sort(rng.uniform(40, 220, 2)))
    phase = np.cumsum(f) / RATE
    y = np.exp(-40 * (phase % 1)) * (1 + 0.3 * np.sin(np.pi * phase))
    y = sosfilt(butter(1, (60, rng.uniform(1500, 4000)), "bandpass", fs=RATE, output="sos"), y)
    return y / y.std() + 0.2 * pink(rng, n, 1) / 0.3


def engine_of_a_propeller(rng: np.random.Generator, n: int) -> np.ndarray:
    """A steady drone of many harmonics that beat against each other: a small aeroplane."""
    f0, y = rng.uniform(60, 110), np.zeros(n)
    for detune in (1, rng.uniform(1.005, 1.03)):
        parts = {k: rng.uniform(0.3, 1) / k for k in range(1, 30)}
        y += tone(f0 * detune * wander(rng, n, 1, 0.99, 1.01), n, parts)
    return y / y.std() + rng.uniform(0.2, 0.6) * pink(rng, n, 0.8) / 0.4


def engine_of_a_lorry(rng: np.random.Generator, n: int) -> np.ndarray:
    """A diesel that idles: it knocks, rattles and rumbles."""
    f = rng.uniform(18, 45) * wander(rng, n, 0.7, 0.9, rng.uniform(1.05, 1.6))
    phase = np.cumsum(f) / RATE
    knock = np.exp(-rng.uniform(8, 25) * (phase % 1)) * noise(rng, n, 300, rng.uniform(1500, 5000))
    rumble = tone(f, n, {k: rng.uniform(0.1, 1) / k**0.5 for k in (0.5, 1, 1.5, 2, 3, 4, 5, 6)})
    return rumble / rumble.std() + rng.uniform(0.3, 1.5) * knock / knock.std() + 0.2 * pink(rng, n, 1)


def engine_of_a_saw(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two strokes: a nasal buzz that screams under load."""
    f = wander(rng, n, rng.uniform(0.5, 2), *np.sort(rng.uniform(70, 260, 2)))
    f = f * (1 + 0.02 * wander(rng, n, 50, -1, 1))
    y = swept(np.sign((np.cumsum(f) / RATE) % 1 - 0.15), np.full(n, rng.uniform(600, 2000)), 1.2)
    return y / y.std() + rng.uniform(0.1, 0.5) * noise(rng, n, 500, 6000) / 0.6


def engine_of_a_jet(rng: np.random.Generator, n: int) -> np.ndarray:
    """A roar of broad noise, and the whistle of a fan far above it, passing by or standing."""
    roar = pink(rng, n, rng.uniform(0.6, 1.4)) * wander(rng, n, rng.uniform(0.3, 1), 0.3, 1)
    whine = tone(rng.uniform(1500, 4000) * wander(rng, n, 0.4, 0.9, 1.1), n, {1: 1.0, 2: 0.3})
    return roar / roar.std() + rng.uniform(0.03, 0.4) * whine


def _horn(rng: np.random.Generator, f: np.ndarray, n: int) -> np.ndarray:
    return tone(f, n, {1: 1.0, 2: rng.uniform(0.1, 0.6), 3: rng.uniform(0.1, 0.6), 4: 0.1, 5: 0.15})


def siren_wailing(rng: np.random.Generator, n: int) -> np.ndarray:
    """Up and down within seconds, or several times a second."""
    low, high = rng.uniform(400, 800), rng.uniform(1100, 1700)
    period = np.exp(rng.uniform(np.log(0.25), np.log(4)))
    place = (np.arange(n) / RATE / period + rng.uniform()) % 1
    up = rng.uniform(0.3, 0.8)
    ramp = np.where(place < up, place / up, (1 - place) / (1 - up))
    return _horn(rng, low * (high / low) ** ramp, n)


def siren_of_two_tones(rng: np.random.Generator, n: int) -> np.ndarray:
    """High, low, high, low: European fire engines."""
    low = rng.uniform(360, 700)
    t = np.arange(n) / RATE
    high = (t * rng.uniform(0.8, 2.5)) % 1 < 0.5
    return _horn(rng, np.where(high, low * rng.uniform(1.2, 1.45), low), n)


def siren_slow(rng: np.random.Generator, n: int) -> np.ndarray:
    """One long rise and fall of a horn that is rich in harmonics, with an echo."""
    place = np.arange(n) / RATE / rng.uniform(3, 8) + rng.uniform()
    f = rng.uniform(300, 500) * (1.5 + 0.5 * np.cos(2 * np.pi * place))
    y = tone(f, n, {k: 1 / k for k in range(1, 12)})
    late = int(rng.uniform(0.1, 0.3) * RATE)
    return y + 0.4 * np.concatenate([np.zeros(late), y[:-late]])


def siren_by_hand(rng: np.random.Generator, n: int) -> np.ndarray:
    """A disc with holes that is cranked: rises slowly, falls slowly, rich in harmonics."""
    f = wander(rng, n, 0.6, rng.uniform(200, 350), rng.uniform(600, 1000))
    y = tone(f, n, {k: 1 / k for k in range(1, 14)})
    return y + 0.05 * noise(rng, n)


def siren_chirping(rng: np.random.Generator, n: int) -> np.ndarray:
    """An alarm that sweeps upwards only, a few times a second."""
    ramp = (np.arange(n) / RATE * rng.uniform(1.5, 7)) % 1
    return _horn(rng, rng.uniform(600, 1200) * 2 ** (rng.uniform(0.5, 1.2) * ramp), n)


def siren_of_horns(rng: np.random.Generator, n: int) -> np.ndarray:
    """Two or three horns that blow a chord together, again and again."""
    f0 = rng.uniform(250, 600)
    y = sum(_horn(rng, np.full(n, f0 * ratio), n) for ratio in rng.choice([1, 1.19, 1.26, 1.5], 3))
    place = (np.arange(n) / RATE) % rng.uniform(0.6, 2.0)
    return y * np.clip(20 * place, 0, 1) * (place < rng.uniform(0.35, 0.55))


def siren_falling(rng: np.random.Generator, n: int) -> np.ndarray:
    """Each sweep begins high and falls, one or two in a second, through a loudspeaker that distorts."""
    place = (np.arange(n) / RATE * rng.uniform(0.7, 2.5)) % 1
    f = rng.uniform(900, 1800) * 2.0 ** (-rng.uniform(0.6, 1.6) * place)
    return np.tanh(rng.uniform(1, 4) * tone(f, n))
