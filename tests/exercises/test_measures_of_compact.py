"""What chapter 20 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake


def best(w, bits):
    most = 2 ** (bits - 1) - 1
    steps = np.abs(w).max() / most * np.linspace(0.05, 1, 200)
    return min(steps, key=lambda d: np.mean((np.clip(np.round(w / d), -most, most) * d - w) ** 2))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (best, ""),
        (lambda w, bits: np.abs(w).max() / (2 ** (bits - 1) - 1), "largest weight on the last"),
        (lambda w, bits: np.abs(w).max(), "no finer"),
        (lambda w, bits: 0.1 * best(w, bits), "times the best"),
        (lambda w, bits: -1.0, "above 0"),
        (lambda w, bits: "fine", "one number"),
        (0.1, "a function is asked for"),
    ],
)
def test_scale(answer, said):
    found = mistake("20-5", answer)
    assert (found == "") if said == "" else said in found


def test_numbers():
    assert mistake("20-1", 20 * 10 * 9 * 8 * 24) == ""
    assert mistake("20-2", 240 + 60) == ""
    assert mistake("20-3", "bdac") == "" and mistake("20-4", "b") == ""
