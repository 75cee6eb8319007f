"""What chapter 3's design exercises ask for, measured on the reader's window and function."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..reproducible import SEED

N_WINDOW, SIDE_LOBE_DB, MAIN_LOBE_BINS = 256, -55.0, 8.0
PER_BIN = 64  # points of the measured spectrum in a bin


def exercise_5(answer: Any) -> str:
    """A window of 256 samples: side lobes 55 dB down, a main lobe of at most 8 bins."""
    try:
        w = np.asarray(answer, dtype=np.float64)
    except (TypeError, ValueError):
        return "an array of 256 numbers is asked for"
    if w.shape != (N_WINDOW,):
        return f"your window has the shape {w.shape}; {N_WINDOW} samples are asked for"
    if not np.all(np.isfinite(w)):
        return "one of the samples is not a finite number"
    level = np.abs(np.fft.rfft(w, N_WINDOW * PER_BIN))
    if level[0] <= 0 or level.argmax() != 0:
        return "its spectrum is not strongest at 0 Hz, as a window's is; are its samples positive"
    level_db = 20 * np.log10(np.maximum(level / level[0], 1e-10))
    rising = np.flatnonzero(np.diff(level_db) > 0)
    null = int(rising[0]) if len(rising) else len(level_db) - 1
    width, side = 2 * null / PER_BIN, float(level_db[null:].max())
    if side > SIDE_LOBE_DB:
        return f"its highest side lobe is at {side:.1f} dB; fade it out more gently towards both ends"
    if width > MAIN_LOBE_BINS:
        return f"its main lobe is {width:.1f} bins wide; that window is narrower in time than it need be"
    return ""


def exercise_6(answer: Any) -> str:
    """The known magnitudes with the phase of the guess, tried on random numbers."""
    if not isinstance(answer, Callable):
        return "a function of known and of_guess is asked for (without brackets and arguments)"
    rng = np.random.default_rng(SEED)
    known = rng.uniform(0.1, 1.0, (9, 5))
    of_guess = rng.standard_normal((9, 5)) + 1j * rng.standard_normal((9, 5))
    try:
        found = np.asarray(answer(known.copy(), of_guess.copy()), dtype=complex)
    except Exception as error:  # whatever the reader's function raises is told, not raised
        return f"your function stopped with {type(error).__name__}: {str(error).rstrip('.')}"
    if found.shape != known.shape:
        return f"it returned the shape {found.shape} for magnitudes of the shape {known.shape}"
    mistakes = [
        (of_guess, "this still has the magnitudes of the guess"),
        (known * of_guess, "the magnitudes of the guess are in it too; divide them out first"),
        (known * np.angle(of_guess), "the angle itself is no phase factor; it belongs into e^{jφ}"),
        (known * np.conj(of_guess) / np.abs(of_guess), "the sign of the angle is flipped"),
        (known, "the phase of the guess is missing"),
    ]
    if np.allclose(found, known * of_guess / np.abs(of_guess), atol=1e-6):
        return ""
    for wrong, said in mistakes:
        if np.allclose(found, wrong, atol=1e-6):
            return said
    if np.allclose(np.abs(found), known, atol=1e-6):
        return "the magnitudes are right, the phase is not"
    return "its magnitudes are not the known ones"
