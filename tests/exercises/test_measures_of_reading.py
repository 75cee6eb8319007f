"""What chapter 14 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake


def test_rounding_the_ends_is_right():
    assert mistake("14-6", lambda d: np.diff(np.round(np.cumsum(d)), prepend=0)) == ""


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (3, "a function is asked for"),
        (lambda d: np.round(d), "where do the rounding errors go"),
        (lambda d: d, "whole numbers"),
        (lambda d: d[:-1], "as many numbers"),
    ],
)
def test_what_is_wrong_is_named(answer, complaint):
    assert complaint in mistake("14-6", answer)
