"""Scores of answers, against counts by hand; scores of distributions are held by their closed forms."""

from dataclasses import replace

import numpy as np
import pytest
from tones import tones

from audio_edu.datasets import Labels, load_digits
from audio_edu.metrics import (
    classification_report,
    frechet_distance,
    inception_score,
    judge_clips,
    majority_accuracy,
    nearest_clips,
    svm_accuracy,
    trained_on,
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


class Judge:
    """Hears how often a clip changes its sign, early and late, and takes it for what fits best."""

    def embeddings(self, clips):
        halves = [np.array_split(np.sign(clip), 2) for clip in clips]
        return np.array([[np.mean(np.diff(half) != 0) for half in pair] for pair in halves])

    def probabilities(self, clips):
        rises = np.subtract(*self.embeddings(clips).T[::-1])
        return np.exp(-(((rises[:, None] - [-0.06, 0, 0.06]) / 0.02) ** 2)) + 1e-9

    def features(self, clips):
        parts = [np.array_split(np.sign(clip), 12) for clip in clips]
        rates = np.array([[np.mean(np.diff(part) != 0) for part in each] for each in parts])
        return np.stack([rates, np.ones_like(rates)], axis=-1)


def test_clips_are_judged_beside_others():
    judge, train, test = Judge(), CORPUS.train, CORPUS.test
    report = judge_clips(test, judge, judge.embeddings(train.audio))
    assert report["n_clips"] == len(test) and report["recognized"] > 0.8
    assert report["frechet_distance"] < 0.01
    silent = replace(test, audio=(np.ones(1500, np.float32),) * len(test))
    assert judge_clips(silent, judge, judge.embeddings(train.audio))["recognized"] < 0.5


def test_who_learns_from_clips_is_tested_on_others():
    judge, train, test = Judge(), CORPUS.train, CORPUS.test
    right = trained_on(train, test, judge)
    assert right.shape == (len(test),) and right.mean() > 0.8
    wrong = replace(train, targets=Labels((train.labels + 1) % 3, train.label_names))
    assert trained_on(wrong, test, judge).mean() < 0.2


def test_a_copy_is_found_however_late_and_loud():
    digits = load_digits()
    reference = digits.development.select(np.arange(0, 3900, 19))
    copied = np.array([3, 50, 120])
    audio = [(0.3 * np.pad(reference.audio[i], (128 * 5, 0))).astype(np.float32) for i in copied]
    index, distance = nearest_clips(replace(reference.select(copied), audio=tuple(audio)), reference)
    assert index.tolist() == copied.tolist()
    assert distance.max() < 1
    unseen = digits.test.select(np.arange(0, 200, 10))
    assert np.median(nearest_clips(unseen, reference)[1]) > 3
    with pytest.raises(ValueError, match="reference has no clip of label"):
        nearest_clips(unseen, reference.select(reference.labels == 3))
