"""Judging a generator, and what it generates for it."""

import numpy as np
import pytest
from tones import tones

from audio_edu.datasets import load_digits
from audio_edu.generation.gan.evaluate import evaluate
from audio_edu.generation.gan.family import FAMILY
from audio_edu.generation.gan.generate import Options, generate, generated_corpus
from audio_edu.generation.gan.recipe import TINY
from audio_edu.generation.gan.transform import SpectrogramTransform
from audio_edu.recognition import load_cnn


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def untrained(digits):
    model = FAMILY.build(TINY, FAMILY.facts(TINY, digits))
    fitted = SpectrogramTransform.fit(digits.development.select(np.arange(0, 3900, 23)))
    model.arrays.update(mean=fitted.mean, spread=fitted.spread)
    return model


def test_an_untrained_generator_is_found_out(digits, untrained):
    parts = [np.flatnonzero(digits.split != "test")[::23], np.flatnonzero(digits.split == "test")[::13]]
    small = digits.select(np.concatenate(parts))
    report = evaluate(untrained, small, judge=load_cnn(), n_clips=60)
    assert report["n_clips"] == 60
    assert report["recognized"] < 0.4
    assert report["recognized"] == pytest.approx(np.mean(report["recognized_per_digit"]), abs=1e-3)
    assert report["held_out_recognized"] > 0.9
    assert report["through_pictures_recognized"] > 0.9
    assert report["inception_score"] < report["held_out_inception_score"]
    assert report["frechet_distance"] > 3 * report["held_out_frechet_distance"]
    assert report["training_n_clips"] == report["training_through_pictures_n_clips"] == 60
    assert report["trained_on_generated_accuracy"] < report["trained_on_as_many_real_accuracy"]
    low, high = report["trained_on_as_many_real_interval"]
    assert low <= report["trained_on_as_many_real_accuracy"] <= high
    assert report["copies"] == 0
    assert report["copies_nearest_db"] < report["held_out_nearest_db"]


def test_it_needs_a_judge_and_clips(digits, untrained):
    with pytest.raises(ValueError, match=r"judge is None, split 'test' has 840 clips"):
        evaluate(untrained, digits, judge=None)
    with pytest.raises(ValueError, match=r"split 'test' has 0 clips"):
        evaluate(untrained, tones(3), judge=object())


def test_generated_clips_come_as_a_corpus(untrained):
    corpus = generated_corpus(untrained, 20, seed=1)
    assert corpus.label_names == untrained.label_names
    assert np.bincount(corpus.labels).tolist() == [2] * 10
    assert all(np.abs(clip).max() == pytest.approx(0.9, abs=1e-3) for clip in corpus.audio)


def test_digits_are_said_one_after_another_in_one_voice(untrained):
    x, sample_rate = generate(untrained, Options(digit=(4, 2), seed=3))
    assert sample_rate == 8000 and x.shape == (6144 + 800 + 6144,)
    assert np.array_equal(x[:6144], untrained.generate([4], seed=3)[0])
    assert not x[6144:6944].any()
    assert np.array_equal(x[6944:], untrained.generate([2], seed=3)[0])
