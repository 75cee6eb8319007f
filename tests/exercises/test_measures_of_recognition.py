"""What chapters 5 to 7 measure: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake

KERNEL = np.full((3, 5), -1.0)
KERNEL[[0, 1, 2], [4, 2, 0]] = 4
ANGLE, R = 2 * np.pi * 440 / 8000, 0.001 ** (1 / 8000)
T = np.arange(12)
BACK = T[:, None] - T
MASK = (BACK >= 0) & (BACK <= 3) & (T < 10)
STATES = np.arange(36.0).reshape(3, 6, 2)


def memory(angle, r):
    return r * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("05-6", KERNEL, ""),
        ("05-6", KERNEL + 1, "the same everywhere"),
        ("05-6", KERNEL[:, ::-1], "rises by two is answered 3.00 times"),
        ("05-6", -np.ones((3, 5)) + np.eye(3, 5) * 5, "at most 0.50"),
        ("05-6", KERNEL.T, "shape (5, 3)"),
        ("06-5", memory(ANGLE, R), ""),
        ("06-5", memory(-ANGLE, R), ""),
        ("06-5", memory(440 / 8000, R), "2π times too slowly"),
        ("06-5", memory(ANGLE / 2, R), "not π"),
        ("06-5", memory(np.rad2deg(ANGLE), R), "radians"),
        ("06-5", memory(2 * ANGLE, R), "rings at 880.0 Hz"),
        ("06-5", memory(ANGLE, 1.0), "never fades"),
        ("06-5", memory(ANGLE, R**2), "loses 120 dB"),
        ("06-5", memory(ANGLE, 0.999), "loses 69.5 dB"),
        ("06-6", STATES[[0, 1, 2], [5, 1, 3]], ""),
        ("06-6", STATES[:, -1], "padding"),
        ("06-6", STATES[[0, 1, 2], [5, 2, 4]], "one step after"),
        ("06-6", STATES[:, 0], "not the last states"),
        ("07-6", MASK, ""),
        ("07-6", MASK.astype(int), ""),
        ("07-6", MASK.T, "other way round"),
        ("07-6", ~MASK, "opposite"),
        ("07-6", MASK & (BACK > 0), "may look at itself"),
        ("07-6", MASK & (BACK < 3), "are four"),
        ("07-6", MASK & (T[:, None] < 10), "rows of filling"),
        ("07-6", (BACK >= 0) & (BACK <= 3), "looks at filling"),
        ("07-6", (BACK >= 0) & (T < 10), "farther back"),
        ("07-6", (np.abs(BACK) <= 3) & (T < 10), "a later one"),
        ("07-6", np.where(MASK, 0.0, -np.inf), "True and False"),
    ],
)
def test_what_is_said(name, answer, said):
    found = mistake(name, answer)
    assert said in found and bool(found) == bool(said)
