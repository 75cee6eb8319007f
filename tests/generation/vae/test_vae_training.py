"""Training a VAE: recipes, batches, what is learned, and how the posterior collapses."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops
from vaes import CORPUS, DEVELOPMENT, RECIPE, SETTINGS

from audio_edu.generation.vae import FAMILY, RECIPES, VaeFamily, note_features
from audio_edu.generation.vae.evaluate import active_units
from audio_edu.generation.vae.model import NegativeElbo
from audio_edu.training import from_json, to_json, train

#: Without a head start: what is learned has to be learned.
BLANK = replace(RECIPE, linear_skip=False, warm_up=0.0, learning_rate=5e-3, n_steps=300)


class MeanError(NegativeElbo):
    """The mistake: a mean over the values of a picture, beside a sum over the latent numbers."""

    def objective(self, squared_error, divergence, beta):
        return ops.mean(squared_error) / self.n_values / 8**2 + beta * divergence


class MeanErrorFamily(VaeFamily):
    criterion = MeanError


@pytest.fixture(scope="module")
def blank():
    return train(FAMILY, BLANK, DEVELOPMENT)


def test_training_learns(blank):
    model, report = blank
    pitch = CORPUS.test.info["pitch"]
    x = note_features(CORPUS.test.audio, pitch, SETTINGS)
    untrained = FAMILY.build(BLANK, model.facts)
    FAMILY.batches(untrained, BLANK, DEVELOPMENT)
    bound = [np.mean(r - kl.sum(axis=1)) for r, kl in (m.elbo(x, pitch) for m in (untrained, model))]
    assert bound[1] > bound[0] + 1000
    assert report["n_steps"] == 300 and len(report["curve"]["loss"]) == 3
    assert report["curve"]["loss"][-1] < report["curve"]["loss"][0]


@pytest.mark.slow
def test_a_mean_in_the_place_of_the_sum_makes_the_posterior_collapse(blank):
    x = note_features(DEVELOPMENT.audio, DEVELOPMENT.info["pitch"], SETTINGS)
    collapsed, _ = train(MeanErrorFamily(), BLANK, DEVELOPMENT)
    used = [active_units(m.encode(x, DEVELOPMENT.info["pitch"])[0]) for m in (blank[0], collapsed)]
    assert used == [3, 0]


def test_free_nats_keep_a_latent_number_awake():
    """With a β at which all would collapse, as with the mean above."""
    recipe = replace(BLANK, learning_rate=1e-2, ema_decay=0.9, beta=1e5, free_nats=0.5)
    model, _ = train(FAMILY, recipe, DEVELOPMENT)
    x = note_features(DEVELOPMENT.audio, DEVELOPMENT.info["pitch"], SETTINGS)
    _, kl = model.elbo(x, DEVELOPMENT.info["pitch"], n_draws=1)
    assert kl.mean(axis=0).min() > 0.1


def test_a_batch_is_a_function_of_seed_and_step():
    model = FAMILY.build(RECIPE, FAMILY.facts(RECIPE, DEVELOPMENT))
    batches = FAMILY.batches(model, RECIPE, DEVELOPMENT)
    for a, b in zip(batches(7), batches(7), strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(batches(7)[0], batches(8)[0])
    assert [a.shape for a in batches(0)] == [(8, 8), (8,), (8, 1), (8, 3), ()]
    assert all(a.dtype == np.float32 for a in batches(0))
    # β rises during the first tenth of 60 steps
    assert [float(batches(step)[4]) for step in (0, 3, 6, 59)] == [0.0, 0.5, 1.0, 1.0]
    other = FAMILY.batches(model, replace(RECIPE, seed=6), DEVELOPMENT)
    assert not np.array_equal(batches(0)[3], other(0)[3])


def test_each_note_is_heard_at_all_its_pitches():
    model = FAMILY.build(RECIPE, FAMILY.facts(RECIPE, DEVELOPMENT))
    notes = FAMILY.batches(model, RECIPE, DEVELOPMENT).notes
    n, pitch = len(DEVELOPMENT), DEVELOPMENT.info["pitch"]
    np.testing.assert_array_equal(notes.pitches.reshape(3, n), [pitch - 1, pitch, pitch + 1])
    np.testing.assert_array_equal(notes.labels.reshape(3, n), [DEVELOPMENT.labels] * 3)
    x = note_features(DEVELOPMENT.audio, pitch, SETTINGS)
    np.testing.assert_allclose(notes.coordinates[n : 2 * n], model.pca.transform(x), atol=1e-4)


def test_an_instrument_without_notes_is_left_out():
    bright = DEVELOPMENT.select(DEVELOPMENT.labels == 1)
    model = FAMILY.build(RECIPE, FAMILY.facts(RECIPE, bright))
    FAMILY.finish(model, FAMILY.batches(model, RECIPE, bright))
    assert model.instruments.names == ("bright",) and len(model.instruments.curves) == 1


def test_recipes_survive_json():
    for recipe in (RECIPE, FAMILY.tiny, *RECIPES.values()):
        assert from_json(to_json(recipe), type(recipe)) == recipe


@pytest.mark.parametrize(
    ("options", "words"),
    [({"n_z": 9}, "n_z"), ({"sigma_db": 0.0}, "sigma_db"), ({"warm_up": 2.0}, "warm_up"),
     ({"n_steps": 0}, "n_steps"), ({"ema_decay": -1.0}, "ema_decay")],
)  # fmt: skip
def test_recipes_that_cannot_be_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        replace(RECIPE, **options)


def test_notes_that_do_not_fit_are_refused(tmp_path):
    with pytest.raises(ValueError, match="8000 Hz"):
        train(FAMILY, RECIPES["vae"], DEVELOPMENT)
    with pytest.raises(ValueError, match="n_directions is 96"):
        train(FAMILY, replace(RECIPE, n_directions=96), DEVELOPMENT)
    with pytest.raises(ValueError, match="leave it out"):
        FAMILY.corpus(RECIPE, tmp_path)
