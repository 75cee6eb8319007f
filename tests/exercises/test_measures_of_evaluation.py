"""The measured exercise of chapter 19."""

import numpy as np
import pytest
from scipy.stats import binom

from audio_edu.applications.evaluation import add_noise, all_pass
from audio_edu.exercises.check import exercise_of, mistake
from audio_edu.metrics import si_sdr_db


@pytest.mark.parametrize(
    "trick", [lambda x, rate: all_pass(x), lambda x, rate: np.r_[np.zeros(6), x[:-6]]], ids=["phase", "late"]
)
def test_a_trick_is_taken(trick):
    assert mistake("19-5", trick) == ""


@pytest.mark.parametrize(
    ("trick", "said"),
    [
        (3, "function"),
        (lambda x: x, "has to return"),
        (lambda x, rate: x[:-1], "shape"),
        (lambda x, rate: 0 * x, "silence"),
        (lambda x, rate: -2 * x, "another sign"),
        (lambda x, rate: np.r_[0.0, x[:-1]], "too much alike"),
        (lambda x, rate: add_noise(x, -10), "spectrum has changed"),
    ],
)
def test_what_is_wrong_is_said(trick, said):
    assert said in mistake("19-5", trick)


def test_the_numbers_are_those_of_the_formulas():
    s, y = np.array([1.0, 2, 2]), np.array([2.0, 2, 1])
    assert exercise_of("19-1")["right"] == pytest.approx(si_sdr_db(s, y), abs=1e-4)
    assert exercise_of("19-2")["right"] == pytest.approx(binom.sf(8, 12, 0.5), abs=1e-6)
