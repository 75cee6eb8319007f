"""What chapter 2's design exercises ask for, measured on the reader's filter."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..reproducible import SEED
from ..signal import frequency_response

RATE, MAX_TAPS = 8000, 101
PASS_HZ, RIPPLE_DB = 1000.0, 1.0
STOP_HZ, DOWN_DB = 2000.0, 40.0


def exercise_5(answer: Any) -> str:
    """A low-pass of at most 101 taps: within 1 dB up to 1,000 Hz, 40 dB down from 2,000 Hz on."""
    try:
        h = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return "h is asked for: an array of numbers, the taps of the filter"
    if h.ndim != 1 or len(h) == 0:
        return "h is asked for: an array of one dimension, the taps of the filter"
    if not np.all(np.isfinite(h)):
        return "one of the taps is not a finite number"
    if len(h) > MAX_TAPS:
        return f"your filter has {len(h)} taps; at most {MAX_TAPS} are allowed"
    f_hz, level_db = frequency_response(h, RATE, 4001)
    kept, stopped = level_db[f_hz <= PASS_HZ], level_db[f_hz >= STOP_HZ]
    if stopped.max() > kept.min():
        return "it lets more through above 2,000 Hz than below 1,000 Hz: that is no low-pass"
    if abs(level_db[0]) > RIPPLE_DB:
        return f"at 0 Hz its gain is {level_db[0]:.1f} dB, and not 0; what do the taps sum to"
    if np.abs(kept).max() > RIPPLE_DB:
        worst = kept[np.abs(kept).argmax()]
        hint = (
            "; a cutoff is where half is left, so it cannot be the edge of what passes" if worst < 0 else ""
        )
        return f"between 0 and 1,000 Hz its gain is {worst:+.1f} dB somewhere; 1 dB is allowed{hint}"
    if stopped.max() > -DOWN_DB:
        return (
            f"from 2,000 Hz on it is only {-stopped.max():.1f} dB down somewhere; 40 are asked for, so it "
            "needs a lower cutoff or a steeper edge (more taps)"
        )
    return ""


def exercise_6(answer: Any) -> str:
    """A function that takes ``0.5 x[n − D]`` off again, tried on noise."""
    if not isinstance(answer, Callable):
        return "a function of y and D is asked for (without brackets and arguments)"
    D, n_samples = 150, 1000
    x = np.random.default_rng(SEED).standard_normal(n_samples)
    y = x.copy()
    y[D:] += 0.5 * x[:-D]
    try:
        found = np.asarray(answer(y.copy(), D), dtype=np.float64)
    except Exception as error:  # whatever the reader's function raises is told, not raised
        return f"your function stopped with {type(error).__name__}: {str(error).rstrip('.')}"
    if found.shape != x.shape:
        return f"it returned the shape {found.shape} for a sound of the shape {x.shape}"
    once, added = y.copy(), y.copy()
    once[D:] -= 0.5 * y[:-D]
    for n in range(D, n_samples):
        added[n] += 0.5 * added[n - D]
    if np.allclose(found, x, atol=1e-6):
        return ""
    if np.allclose(found, y):
        return "it returned y as it was"
    if np.allclose(found, once):
        return "you subtracted the delayed y, which holds the echo too; use the x that you have already found"
    if np.allclose(found, added):
        return "you added the echo once more; it has to be subtracted"
    n_right = int(np.argmax(~np.isclose(found, x, atol=1e-6)))
    return f"the first {n_right} samples are right (D was {D}), then it goes wrong"
