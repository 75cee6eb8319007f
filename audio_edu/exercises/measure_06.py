"""What chapter 6's tasks measure."""

from typing import Any

import numpy as np

RATE, PITCH_HZ = 8000, 440.0


def exercise_5(W: Any) -> str:
    """A rotating memory of 440 Hz that loses 60 dB in a second."""
    if np.shape(W) != (2, 2) or not np.isfinite(np.asarray(W, float)).all():
        return f"a matrix of numbers of shape (2, 2) is asked for; this has shape {np.shape(W)}"
    eigenvalue = np.linalg.eigvals(np.asarray(W, float))[0]
    turn, r = abs(np.angle(eigenvalue)), abs(eigenvalue)
    wanted = 2 * np.pi * PITCH_HZ / RATE
    in_degrees = abs((np.rad2deg(wanted) + np.pi) % (2 * np.pi) - np.pi)
    for wrong, said in (
        (wanted / (2 * np.pi), "it turns 2π times too slowly: a turn is 2π, not 1"),
        (wanted / 2, "it turns at half the speed: a turn is 2π, not π"),
        (in_degrees, "the angle is in degrees; NumPy wants radians"),
    ):
        if abs(turn - wrong) < 1e-3 * wanted:
            return said
    if turn < 1e-9:
        return "it does not turn: it rings at 0 Hz"
    if abs(turn - wanted) > 1e-3 * wanted:
        return f"it rings at {turn * RATE / (2 * np.pi):.1f} Hz"
    if r >= 1 - 1e-9:
        return "it never fades: its length r must be below 1"
    lost_db = -20 * RATE * np.log10(r)
    if abs(lost_db - 120) < 1:
        return "it loses 120 dB in a second: 60 dB are a factor of 1,000 in amplitude, not 1,000,000"
    if abs(lost_db - 30) < 1:
        return "it loses 30 dB in a second: h is an amplitude, so 60 dB are a factor of 1,000"
    if abs(lost_db - 60) > 0.5:
        return f"it rings at the right pitch, but loses {lost_db:.1f} dB in a second"
    return ""


def exercise_6(last: Any) -> str:
    """Each clip's own last state."""
    out, lengths = np.arange(36.0).reshape(3, 6, 2), np.array([6, 2, 4])
    if np.shape(last) != (3, 2):
        return f"one state of 2 numbers for each of 3 clips is asked for; this has shape {np.shape(last)}"
    if np.array_equal(last, out[[0, 1, 2], lengths - 1]):
        return ""
    if np.array_equal(last, out[:, -1]):
        return "that is the last step of the batch: padding, for two of the three"
    if np.array_equal(last, out[[0, 1, 2], np.minimum(lengths, 5)]):
        return "that is one step after the end of the shorter clips; Python counts from 0"
    return "these are not the last states; pair each clip's number with the number of its own last step"
