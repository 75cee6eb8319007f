"""What chapter 9 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake
from audio_edu.metrics import average_precision
from audio_edu.recognition.tagging import attention_pooling


def choose(miss):
    def best(y, score):
        thresholds = [*np.unique(score), np.inf]
        costs = [miss * np.sum((score < c) & (y == 1)) + np.sum((score >= c) & (y == 0)) for c in thresholds]
        return thresholds[int(np.argmin(costs))]

    return best


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (choose(5), ""),
        (choose(1), "as much as a false alarm"),
        (lambda y, score: 0.5, "½ is no law"),
        (lambda y, score: score.min(), "costs"),
        (lambda y, score: "low", "one number"),
        (lambda y, score: np.nan, "NaN"),
        (0.5, "a function is asked for"),
    ],
)
def test_what_is_said(answer, said):
    found = mistake("09-5", answer)
    assert said in found and bool(found) == bool(said)


def test_the_numbers_asked_for_are_right():
    y = np.array([1, 0, 1, 0, 0, 0, 1])
    assert mistake("09-1", average_precision(y, np.arange(7.0, 0, -1))) == ""
    assert mistake("09-2", 90 / (90 + 990)) == ""
    z, v = np.full((50, 1), -1000.0), np.zeros((50, 1))
    z[7], v[7] = 1000, 5
    assert mistake("09-6", float(attention_pooling(z, v)[0][0])) == ""
