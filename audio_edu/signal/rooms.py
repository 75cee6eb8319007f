"""Echoes and rooms, as impulse responses: what a single click becomes.

A room answers a click with the click itself, then a few clear reflections off the walls, then so many that
they blur into a tail that dies away. How long that takes to fall by 60 dB is the reverberation time, RT60.

The early reflections come from the image-source method: each wall is a mirror, and each mirrored copy of
the source is one echo, with the delay and the loss of its distance. Once about a hundred have arrived, the
tail takes over: noise of just the energy that the images would have had.

References
----------
Allen and Berkley (1979), Image method for efficiently simulating small-room acoustics, JASA 65(4).
Schroeder (1965), New method of measuring reverberation time, JASA 37(3).
Eyring (1930), Reverberation time in "dead" rooms, JASA 1(2).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from .._validate import MOST, Seed, check_audio, check_positive, check_range, check_sample_rate, checked
from ..reproducible import SEED

SPEED_OF_SOUND = 343.0  # m/s, in air at 20 °C
_N_IMAGES = 100  # so many echoes before they count as a blur


@checked
@dataclass(frozen=True)
class Room:
    """A shoebox room.

    Parameters
    ----------
    rt60_s : float
        Reverberation time (s): how long until the sound has fallen by 60 dB.
    size_m : tuple of float
        Length, width and height (m).
    damping : float
        Reverberation time above 2 kHz as a share of `rt60_s`, in (0, 1]: air and curtains eat highs first.
    """

    rt60_s: float
    size_m: tuple[float, float, float]
    damping: float = 0.6


#: Rooms to try, from dry to vast.
ROOMS: dict[str, Room] = {
    "living room": Room(rt60_s=0.4, size_m=(5.5, 4.2, 2.5)),
    "bathroom": Room(rt60_s=0.9, size_m=(2.6, 2.1, 2.4), damping=0.9),
    "classroom": Room(rt60_s=0.8, size_m=(9.0, 7.0, 3.0)),
    "concert hall": Room(rt60_s=2.1, size_m=(45.0, 26.0, 17.0)),
    "cathedral": Room(rt60_s=6.5, size_m=(90.0, 32.0, 30.0), damping=0.5),
}


@checked
def echo_response(delay_s: float, gain: float, sample_rate: float, *, n_echoes: int = 1) -> np.ndarray:
    """Impulse response of an echo: the click, and quieter copies of it.

    Parameters
    ----------
    delay_s : float
        Seconds from one copy to the next.
    gain : float
        Each copy's amplitude as a share of the one before, from −1 to 1.
    sample_rate : float
        Samples a second (Hz).
    n_echoes : int
        The number of copies.

    Returns
    -------
    np.ndarray [shape=(1 + n_echoes * delay,)], float64
        ``h[0] = 1``, ``h[k · delay] = gain^k``, with the delay in samples.

    Examples
    --------
    >>> echo_response(0.25, 0.5, 8, n_echoes=2).tolist()
    [1.0, 0.0, 0.5, 0.0, 0.25]
    """
    check_sample_rate(sample_rate)
    check_range(delay_s, "delay_s", 0.0, 60.0)
    check_range(gain, "gain", -1.0, 1.0)
    check_positive(n_echoes, "n_echoes", integer=True)
    delay = round(delay_s * sample_rate)
    if delay < 1:
        raise ValueError(f"delay_s is {delay_s!r}, less than a sample (sample_rate is {sample_rate} Hz).")
    check_range(n_echoes * delay, "n_echoes times delay_s (in samples)", 1, MOST)
    h = np.zeros(1 + n_echoes * delay)
    # h[n] = Σ_k g^k δ[n − kD]
    for k in range(n_echoes + 1):
        h[k * delay] = gain**k
    return h


@checked
def room_response(
    sample_rate: float,
    rt60_s: float,
    *,
    size_m: Sequence[float] = (9.0, 7.0, 3.0),
    source_m: Sequence[float] | None = None,
    listener_m: Sequence[float] | None = None,
    damping: float = 0.6,
    seed: Seed = SEED,
) -> np.ndarray:
    """Impulse response of a shoebox room.

    Parameters
    ----------
    sample_rate : float
        Samples a second (Hz).
    rt60_s : float
        Reverberation time (s), 0.05 to 30.
    size_m : sequence of 3 floats
        Length, width and height (m), each 1 to 500.
    source_m, listener_m : sequence of 3 floats, optional
        Where they are, from one lower corner (m): inside the room and at least 0.1 m apart. None puts them a
        third and two thirds along the length.
    damping : float
        Reverberation time above 2 kHz as a share of `rt60_s`, in (0, 1].
    seed : int
        Seeds the tail.

    Returns
    -------
    np.ndarray [shape=(n_taps,)], float64
        The direct sound is ``h[0] = 1``; the response ends after `rt60_s`. What `measure_rt60` finds in it
        agrees within a tenth or so: a room whose walls take nearly all has hardly a tail to measure.

    Raises
    ------
    ValueError
        If the room is impossible.

    Examples
    --------
    >>> h = room_response(8000, rt60_s=0.5)
    >>> float(h[0]), len(h) == 4000
    (1.0, True)
    """
    check_sample_rate(sample_rate)
    check_range(rt60_s, "rt60_s", 0.05, 30.0)
    check_range(damping, "damping", 0.05, 1.0)
    size = _check_point(size_m, "size_m", 1.0, (500.0,) * 3)
    # Off center: in the middle, echoes from opposite walls would arrive together.
    source = _check_point(size * (0.31, 0.43, 0.53) if source_m is None else source_m, "source_m", 0.0, size)
    listener = _check_point(
        size * (0.67, 0.54, 0.47) if listener_m is None else listener_m, "listener_m", 0.0, size
    )
    direct = float(np.linalg.norm(source - listener))
    if direct < 0.1:
        raise ValueError(f"listener_m is {direct:.3g} m from source_m; put them at least 0.1 m apart.")

    volume = float(np.prod(size))
    surface = 2 * float(size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    # Eyring: RT60 = 0.161 V / (−S ln(1 − α)); each reflection keeps √(1 − α) of the amplitude
    reflection = np.exp(-0.5 * 0.161 * volume / (surface * rt60_s))
    # The sphere of radius c·t holds 4/3 π (c t)³ / V images
    t_mix = (3 * _N_IMAGES * volume / (4 * np.pi)) ** (1 / 3) / SPEED_OF_SOUND
    n_taps = max(2, round(rt60_s * sample_rate))
    h = np.zeros(n_taps)

    for distance, n_reflections in _images(size, source, listener, SPEED_OF_SOUND * t_mix):
        if n_reflections:
            n = round((distance - direct) / SPEED_OF_SOUND * sample_rate)
            if n < n_taps:
                # An echo: 1/r for the distance, and one loss for each wall
                h[n] += direct * reflection**n_reflections / distance

    # Images arrive at a rate of 4π c³ t² / V, each with the energy (direct / c t)² · 10^(−6 t / RT60):
    # what remains is a constant times the decay.
    start = min(n_taps, round(max(0.0, t_mix - direct / SPEED_OF_SOUND) * sample_rate))
    t = np.arange(start, n_taps) / sample_rate + direct / SPEED_OF_SOUND
    variance = 4 * np.pi * SPEED_OF_SOUND * direct**2 / (volume * sample_rate)
    h[start:] += np.sqrt(variance) * _tail(t, rt60_s, damping, sample_rate, seed)
    h[0] = 1.0
    return h


@checked
def measure_rt60(h: ArrayLike, sample_rate: float, *, decay_db: float = 30.0) -> float:
    """Reverberation time of an impulse response, by Schroeder's backward integration.

    Parameters
    ----------
    h : np.ndarray [shape=(n_taps,)]
        An impulse response.
    sample_rate : float
        Samples a second (Hz).
    decay_db : float
        A line is fitted to the decay from −5 dB to −5 − `decay_db` (30: the "T30" of room acoustics) and
        extended to 60 dB.

    Returns
    -------
    float
        Seconds.

    Raises
    ------
    ValueError
        If the response does not decay that far.

    Examples
    --------
    >>> h = 10 ** (-3 * np.arange(8000) / 8000 / 0.5)  # falls by 60 dB in half a second
    >>> round(measure_rt60(h, 8000), 2)
    0.5
    """
    h = check_audio(h, "h")
    check_sample_rate(sample_rate)
    check_range(decay_db, "decay_db", 5.0, 80.0)
    # E[n] = Σ_{m ≥ n} h[m]²: the energy still to come
    energy = np.cumsum(np.square(h[::-1], dtype=np.float64))[::-1]
    if energy[0] == 0:
        raise ValueError("h is 0 everywhere; silence has no reverberation time.")
    level = 10 * np.log10(np.maximum(energy / energy[0], 1e-30))
    used = np.flatnonzero((level <= -5) & (level >= -5 - decay_db))
    if len(used) < 3 or level[-1] > -5 - decay_db:
        raise ValueError(
            f"h does not decay smoothly from −5 to {-5 - decay_db:g} dB; its reverberation time is undefined."
        )
    slope = np.polyfit(used / sample_rate, level[used], 1)[0]  # dB a second
    return float(-60.0 / slope)


def _check_point(point: Sequence[float], name: str, low: float, high: Sequence[float]) -> np.ndarray:
    if len(point) != 3:
        raise ValueError(f"{name} is {point!r}; expected three numbers (m): length, width, height.")
    return np.array([check_range(v, f"{name}[{i}]", low, float(high[i])) for i, v in enumerate(point)], float)


def _images(
    size: np.ndarray, source: np.ndarray, listener: np.ndarray, radius: float
) -> list[tuple[float, int]]:
    """(distance, number of reflections) of each image of the source within `radius` of the listener."""
    axes = []
    for length, s, r in zip(size, source, listener, strict=True):
        n_rooms = int(np.ceil(radius / (2 * length))) + 1
        axis = []
        for k in range(-n_rooms, n_rooms + 1):
            # Mirrored an even or an odd number of times: x = 2kL + s after |2k| walls, 2kL − s after |2k − 1|
            axis += [(2 * k * length + s - r, abs(2 * k)), (2 * k * length - s - r, abs(2 * k - 1))]
        axes.append([(d, n) for d, n in axis if abs(d) <= radius])
    images = []
    for (dx, nx), (dy, ny), (dz, nz) in itertools.product(*axes):
        distance = float(np.sqrt(dx * dx + dy * dy + dz * dz))
        if distance <= radius:
            images.append((distance, nx + ny + nz))
    return images


def _tail(t: np.ndarray, rt60_s: float, damping: float, sample_rate: float, seed: int) -> np.ndarray:
    """Noise of unit variance at t = 0 that falls by 60 dB in `rt60_s`, above 2 kHz sooner."""
    noise = np.random.default_rng(seed).standard_normal(len(t))
    low, high = noise, np.zeros(len(t))
    if damping < 1 and sample_rate > 5000 and len(t) > 32:
        # Two complementary bands: forward and back, so that they add up to the noise again.
        sos = scipy.signal.butter(1, 2000, fs=sample_rate, output="sos")
        low = scipy.signal.sosfiltfilt(sos, noise)
        high = noise - low
    # 60 dB is a factor of 10³ in amplitude
    return low * 10 ** (-3 * t / rt60_s) + high * 10 ** (-3 * t / (damping * rt60_s))
