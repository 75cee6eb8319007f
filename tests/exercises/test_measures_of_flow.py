"""What chapter 13 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake


def test_a_rotation_and_a_reflection_are_right():
    c, s = np.cos(0.5), np.sin(0.5)
    assert mistake("13-5", [[c, s], [-s, c]]) == ""
    assert mistake("13-5", np.array([[c, s], [s, -c]])) == ""


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("x", "two rows"),
        ([[1, 2, 3], [4, 5, 6]], "two rows"),
        ([[1, 1], [1, 1]], "determinant is 0"),
        ([[2, 1], [1, 2]], "stretches"),
        ([[1, 0], [0, 1]], "hardly mixes"),
        ([[3, 2], [4, 3]], "multiplies errors"),
    ],
)
def test_what_is_wrong_is_named(answer, complaint):
    assert complaint in mistake("13-5", answer)
