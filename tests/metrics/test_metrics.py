"""Scores of answers, against counts by hand; scores of distributions are held by their closed forms."""

import numpy as np
import pytest
from tones import tones

from audio_edu.metrics import (
    classification_report,
    frechet_distance,
    inception_score,
    majority_accuracy,
    svm_accuracy,
)

CORPUS = tones()


def test_the_report_counts():
    p = np.eye(3)[[0, 1, 2, 0, 0, 0]]
    report = classification_report(p, CORPUS.select(np.arange(6)))
    assert report["accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert report["confusion"] == [[2, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert report["per_digit"] == {"fall": 1.0, "level": 0.5, "rise": 0.5}
    assert report["per_voice"] == {"voice0": 0.5, "voice1": 0.5, "voice2": 1.0, "voice3": 1.0}
    with pytest.raises(ValueError, match="at least 1 clip"):
        classification_report(p[:2], CORPUS)


def test_baselines():
    assert majority_accuracy(CORPUS.train, CORPUS.test) == pytest.approx(1 / 3, abs=0.1)
    assert svm_accuracy(CORPUS.train, CORPUS.test) > 0.8


def test_inception_score_is_the_number_of_classes_that_sure_clips_fill():
    assert inception_score(np.eye(10)) == pytest.approx(10)
    assert inception_score(np.eye(10)[[0, 0, 1, 1]]) == pytest.approx(2)
    assert inception_score(np.full((5, 10), 0.1)) == pytest.approx(1)


def test_frechet_distance_of_gaussians_on_a_line():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((100_000, 1))
    # |μ_a − μ_b|² + (σ_a − σ_b)²
    assert frechet_distance(a, 3 * rng.standard_normal((100_000, 1)) + 2) == pytest.approx(8, rel=0.03)
    with pytest.raises(ValueError, match="expected"):
        frechet_distance(a, np.ones((5, 2)))
