"""What chapter 1's design exercise asks for, measured on voices."""

from functools import cache
from typing import Any

import numpy as np

from ..datasets import load_digits
from ..signal import snr_db

MOST, GOAL_DB, SOFTER_DB = 64, 20.0, 30.0


def exercise_6(answer: Any) -> str:
    """At most 64 levels that give voices 20 dB of SNR at full level and 30 dB below."""
    try:
        levels = np.unique(np.asarray(answer, dtype=np.float64))
    except (TypeError, ValueError):
        return "an array of levels is asked for"
    if np.ndim(answer) != 1 or len(levels) < 2:
        return "an array of one dimension is asked for, with two levels or more"
    if not np.all(np.isfinite(levels)):
        return "one of the levels is not a finite number"
    if len(levels) > MOST:
        return f"you gave {len(levels)} different levels; 6 bits name {MOST}"
    if np.abs(levels).max() > 1:
        return "a level lies beyond ±1"
    loud, soft = (_mean_snr(levels, 10 ** (-db / 20)) for db in (0.0, SOFTER_DB))
    if loud >= GOAL_DB and soft >= GOAL_DB:
        return ""
    where = "soft" if soft < loud else "loud"
    wanted = "closer together near zero" if where == "soft" else "further out"
    return f"{loud:.1f} dB at full level and {soft:.1f} dB for the soft voices: more levels must lie {wanted}"


@cache
def _voices() -> tuple[np.ndarray, ...]:
    """Ten clips of test voices, each with a peak of 0.9."""
    test = load_digits().test
    return tuple(test.audio[i].astype(np.float64) for i in range(0, len(test), len(test) // 10))


def _mean_snr(levels: np.ndarray, gain: float) -> float:
    edges = (levels[1:] + levels[:-1]) / 2
    return float(np.mean([snr_db(gain * x, levels[np.searchsorted(edges, gain * x)]) for x in _voices()]))
