"""Intervals hold what they promise; the paired test is that of coin tosses."""

import numpy as np
import pytest

from audio_edu.metrics import (
    accuracy_interval,
    bootstrap_interval,
    frechet_distance,
    sign_test,
    speaker_interval,
)

RNG = np.random.default_rng(3)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.98])
def test_an_accuracys_interval_holds_the_truth_19_times_of_20(p):
    n_right = RNG.binomial(100, p, 2000)
    intervals = {k: accuracy_interval(k, 100) for k in set(n_right.tolist())}
    held = np.mean([intervals[k][0] <= p <= intervals[k][1] for k in n_right.tolist()])
    assert 0.92 < held < 0.985


def test_an_interval_of_few_speakers_is_wider_than_one_of_many_clips():
    """Twenty speakers, each always right or always wrong: a hundred clips of one say nothing new."""
    right = np.repeat(RNG.random(20) < 0.5, 100).astype(float)
    low, high = speaker_interval(right, np.repeat(np.arange(20), 100))
    simple = accuracy_interval(int(right.sum()), right.size)
    assert high - low > 5 * (simple[1] - simple[0])


def test_weights_count_as_clips_would():
    values, speakers = np.array([1.0, 0.0, 0.5]), np.array(["a", "b", "b"])
    twice = np.array([0, 0, 1, 2, 2])
    weighted = speaker_interval(values, speakers, weights=[2, 1, 2])
    assert weighted == pytest.approx(speaker_interval(values[twice], speakers[twice]))
    with pytest.raises(ValueError, match="weights has shape"):
        speaker_interval(values, speakers, weights=[1.0])


def test_a_bootstrap_is_as_wide_as_theory_says():
    x = RNG.normal(size=400)
    low, high = bootstrap_interval(np.mean, x, n_draws=1000)
    assert (low + high) / 2 == pytest.approx(x.mean())
    assert high - low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.1)


def test_a_bootstrap_of_a_frechet_distance_holds_what_was_measured():
    """The draws' distances all lie above it, for in a draw clips come twice."""
    a, b = RNG.normal(size=(2, 200, 20))
    low, high = bootstrap_interval(lambda rows: frechet_distance(rows, b), a, n_draws=50)
    assert low < frechet_distance(a, b) < high


def test_no_clip_has_no_interval():
    with pytest.raises(ValueError, match="rows is empty"):
        bootstrap_interval(np.mean, np.zeros(0))
    with pytest.raises(ValueError, match="values is empty"):
        speaker_interval(np.zeros(0), [])


def test_the_sign_test():
    a = np.array([1, 1, 1, 0, 1, 1]) > 0
    assert sign_test(a, a) == 1
    # five clips on which only a is right: five heads in a row, or five tails
    assert sign_test(np.ones(5, bool), np.zeros(5, bool)) == pytest.approx(2 / 2**5)
    assert sign_test(a, ~a) == sign_test(~a, a) == pytest.approx(2 * 7 / 2**6)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="right_b has shape"):
        sign_test(np.ones(3), np.ones(4))
    with pytest.raises(ValueError, match="n_right"):
        accuracy_interval(5, 4)
