"""What chapter 16 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.applications.codec import entropy_bits
from audio_edu.exercises.check import mistake


def quantiles(x, n):
    return np.quantile(x, (np.arange(n) + 0.5) / n)


def lloyd(x, n, n_rounds=100):
    found = quantiles(x, n)
    for _ in range(n_rounds):
        nearest = np.abs(x[:, None] - found).argmin(axis=1)
        found = np.array([x[nearest == k].mean() for k in range(n)])
    return found


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lloyd, ""),
        (quantiles, "equally many"),
        (lambda x, n: np.linspace(x.min(), x.max(), n), "equal steps"),
        (lambda x, n: lloyd(x, n, 2), "times the best"),
        (lambda x, n: lloyd(x, n)[:-1], "numbers"),
        (lambda x, n: "many", "has to return"),
        ([0.0, 1.0], "a function is asked for"),
    ],
)
def test_levels(answer, said):
    found = mistake("16-5", answer)
    assert (found == "") if said == "" else said in found


def test_numbers():
    p = np.array([6, 3, 2, 1]) / 12
    assert mistake("16-1", entropy_bits([6, 3, 2, 1])) == ""
    assert "nats" in mistake("16-1", float(-np.sum(p * np.log(p))))
    assert mistake("16-2", 4.068) == "" and "header" in mistake("16-2", 4.0)
    assert mistake("16-3", "cadb") == "" and mistake("16-4", "a") == ""
