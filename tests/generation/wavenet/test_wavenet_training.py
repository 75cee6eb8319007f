"""Training: resumed, prolonged, and what it is good for."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from wavenets import RECIPE
from wavenets import beeps as make_beeps

from audio_edu.generation.wavenet import FAMILY, RECIPES
from audio_edu.generation.wavenet.baselines import unigram_bits
from audio_edu.generation.wavenet.evaluate import wavenet_bits
from audio_edu.generation.wavenet.model import WarmupHoldDecay
from audio_edu.signal import mu_law_encode
from audio_edu.training import as_array, train


@pytest.fixture(scope="module")
def beeps():
    return make_beeps()


def weights(model):
    return np.concatenate([as_array(w).ravel() for w in model.network.weights])


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="XLA by choice is TensorFlow's")
def test_compiled_by_xla_a_killed_training_ends_with_the_same_weights(tmp_path, beeps):
    recipe, state = replace(RECIPE, jit_compile=True), tmp_path / "state.npz"
    whole, report = train(FAMILY, recipe, beeps)
    assert whole.network.jit_compile
    train(FAMILY, recipe, beeps, state_path=state, n_steps_now=5)
    resumed, second = train(FAMILY, recipe, beeps, state_path=state, resume=True)
    np.testing.assert_array_equal(weights(whole), weights(resumed))
    assert report["curve"] == second["curve"] and second["n_steps"] == 12


@pytest.mark.slow
def test_until_the_rate_falls_a_longer_training_is_a_shorter_one_continued(tmp_path, beeps):
    state, longer = tmp_path / "state.npz", replace(RECIPE, n_steps=16)
    train(FAMILY, RECIPE, beeps, state_path=state, n_steps_now=8)
    continued, _ = train(FAMILY, longer, beeps, state_path=state, resume=True)
    whole, _ = train(FAMILY, longer, beeps)
    np.testing.assert_array_equal(weights(whole), weights(continued))
    train(FAMILY, RECIPE, beeps, state_path=state, n_steps_now=9)
    with pytest.raises(ValueError, match="has taken 9 of 12 steps"):
        train(FAMILY, longer, beeps, state_path=state, resume=True)


def test_what_a_corpus_tells_a_network(beeps):
    model, _ = train(FAMILY, RECIPE, beeps, n_steps_now=1)
    assert model.facts == {
        "label_names": ["a", "b", "c"],
        "voice_names": ["anna", "bert"],
        "sample_rate": 8000,
    }
    assert model.word_length(1, "bert") == round(np.mean([len(beeps.audio[i]) for i in (4, 10)]))


@pytest.mark.slow
def test_learning_beats_counting(beeps):
    recipe = replace(RECIPE, n_steps=250, n_warmup=10, n_decay=100, learning_rate=1e-2, ema_decay=0.9)
    model, report = train(FAMILY, recipe, beeps)
    codes = [mu_law_encode(clip) for clip in beeps.audio]
    n = sum(map(len, codes))
    assert report["curve"]["loss"][-1] < report["curve"]["loss"][0]
    bits = wavenet_bits(model, codes, beeps.labels).sum() / n
    assert bits < unigram_bits(codes, codes).sum() / n - 1


def test_the_learning_rate_rises_stays_and_falls():
    rate = WarmupHoldDecay(2.0, n_warmup=10, n_decay=20, n_steps=100)
    values = [float(rate(step)) for step in (0, 9, 50, 80, 90, 100)]
    np.testing.assert_allclose(values, [0.2, 2, 2, 2, 1, 0], atol=1e-6)
    assert all(r.n_steps > r.n_warmup + r.n_decay for r in RECIPES.values())
