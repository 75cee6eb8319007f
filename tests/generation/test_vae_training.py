"""Training a VAE: it learns, it can be killed and resumed, and its posterior collapses when told to."""

from dataclasses import asdict, replace

import numpy as np
import pytest
from test_vae import CORPUS, RECIPE, SETTINGS, tones

from audio_edu.generation.vae.evaluate import active_units
from audio_edu.generation.vae.features import note_features
from audio_edu.generation.vae.recipe import VaeRecipe, hear, train, train_on


def _weights(model):
    return np.concatenate([w.ravel() for w in model.encoder.get_weights() + model.decoder.get_weights()])


def test_training_learns():
    test, pitch = CORPUS.test, CORPUS.test.info["pitch"]
    x = note_features(test.audio, pitch, SETTINGS)
    bound = {}
    for n_steps in (1, 300):
        recipe = replace(RECIPE, n_steps=n_steps, learning_rate=3e-3, straight=False)
        model, report = train(recipe, CORPUS.train, progress=False)
        reconstruction, kl = model.elbo(x, pitch)
        bound[n_steps] = float(np.mean(reconstruction - kl.sum(axis=1)))
    assert bound[300] > bound[1] + 1000
    assert report["n_steps"] == 300 and len(report["losses"]) == 3 and report["wall_s"] > 0
    assert report["losses"][-1] < report["losses"][0]


def test_interrupted_training_ends_where_it_would_have(tmp_path):
    whole, _ = train(RECIPE, CORPUS.train, progress=False)
    state = tmp_path / "state.npz"
    train(RECIPE, CORPUS.train, progress=False, state_path=state, n_steps_now=23)
    resumed, report = train(RECIPE, CORPUS.train, progress=False, state_path=state, resume=True)
    assert report["n_steps"] == 60
    np.testing.assert_array_equal(_weights(whole), _weights(resumed))
    np.testing.assert_array_equal(whole.instruments.curves, resumed.instruments.curves)
    other, _ = train(replace(RECIPE, seed=6), CORPUS.train, progress=False)
    assert not np.array_equal(_weights(whole), _weights(other))


def test_the_state_of_another_training_is_refused(tmp_path):
    state = tmp_path / "state.npz"
    train(RECIPE, CORPUS.train, progress=False, state_path=state, n_steps_now=5)
    for recipe, corpus in ((replace(RECIPE, seed=6), CORPUS), (RECIPE, tones(seed=1))):
        with pytest.raises(ValueError, match="another training"):
            train(recipe, corpus.train, progress=False, state_path=state, resume=True)


def test_a_mean_in_the_place_of_the_sum_makes_the_posterior_collapse():
    heard = hear(RECIPE, CORPUS.train)
    pitch = heard.pitches[:, np.newaxis]
    used = {}
    for scaling in ("sum", "mean"):
        recipe = replace(
            RECIPE, n_steps=400, learning_rate=5e-3, scaling=scaling, warm_up=0.0, straight=False
        )
        model, _ = train_on(heard, recipe)
        used[scaling] = active_units(np.asarray(model.encoder([heard.coordinates, pitch])[0]))
    assert used == {"sum": 3, "mean": 0}


def test_free_nats_keep_a_latent_number_awake():
    heard = hear(RECIPE, CORPUS.train)
    pitch = heard.pitches[:, np.newaxis]
    kl = {}
    for free in (0.0, 0.5):
        recipe = replace(
            RECIPE,
            n_steps=400,
            learning_rate=1e-2,
            averaging=0.9,
            beta=1e5,
            warm_up=0.0,
            free_nats=free,
            straight=False,
        )
        model, _ = train_on(heard, recipe)
        mean, log_variance = (np.asarray(a) for a in model.encoder([heard.coordinates, pitch]))
        kl[free] = (0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)).mean(axis=0)
    assert kl[0.0].max() < 0.02
    assert kl[0.5].min() > 0.1


def test_a_recipe_survives_json():
    import json

    assert VaeRecipe.from_dict(json.loads(json.dumps(asdict(RECIPE)))) == RECIPE


@pytest.mark.parametrize(
    ("options", "words"),
    [({"n_z": 9}, "n_z"), ({"scaling": "median"}, "scaling"), ({"sigma_db": 0.0}, "sigma_db"),
     ({"warm_up": 2.0}, "warm_up"), ({"n_steps": 0}, "n_steps")],
)  # fmt: skip
def test_recipes_that_cannot_be_are_refused(options, words):
    with pytest.raises(ValueError, match=words):
        replace(RECIPE, **options)


def test_too_few_notes_or_another_sample_rate():
    with pytest.raises(ValueError, match="fewer than one batch"):
        train(replace(RECIPE, batch_size=100), CORPUS.train, progress=False)
    with pytest.raises(ValueError, match="8000 Hz"):
        train(VaeRecipe(), CORPUS.train, progress=False)
