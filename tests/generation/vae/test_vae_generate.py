"""The trained VAE: a note alone and among others, draws, bad input, and the checkpoints that ship."""

import numpy as np
import pytest
from vaes import SETTINGS

from audio_edu.generation.vae import FAMILY, load_vae, note_features
from audio_edu.generation.vae.family import Options
from audio_edu.generation.vae.generate import generate
from audio_edu.generation.vae.instruments import Instruments
from audio_edu.training import checkpoint_path, save_checkpoint


def test_a_checkpoint_is_loaded_as_it_was_saved(model, tmp_path, monkeypatch):
    monkeypatch.setattr(FAMILY, "stored_as", "float32", raising=False)
    path = tmp_path / "notes.npz"
    save_checkpoint(path, FAMILY, model, {"name": "vae", "seed": 5})
    loaded = load_vae(path)
    assert loaded.recipe == model.recipe and loaded.card["seed"] == 5
    assert loaded.instruments.names == ("dull", "bright")
    np.testing.assert_array_equal(loaded.pca.directions, model.pca.directions)
    for instrument in (None, "dull"):
        sounds = [FAMILY.generate(m, Options(instrument=instrument, pitch=60.0))[0] for m in (model, loaded)]
        np.testing.assert_array_equal(*sounds)


def test_a_note_alone_is_the_note_among_others(model):
    z = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    together = model.decode(z, np.arange(58, 63))
    for i in range(5):
        np.testing.assert_array_equal(model.decode(z[i], 58 + i)[0], together[i])


def test_generating_is_decided_by_the_seed(model):
    a = generate(model, instrument="bright", pitch=62, seed=1)
    assert a.shape == (4000,) and a.dtype == np.float32 and np.abs(a).max() <= 1
    np.testing.assert_array_equal(a, generate(model, instrument="bright", pitch=62, seed=1))
    assert not np.allclose(a, generate(model, instrument="bright", pitch=62, seed=2), atol=1e-3)
    assert not np.array_equal(generate(model, seed=1), generate(model, seed=2))


def test_temperature_is_the_size_of_the_differences(model):
    def spread(temperature):
        rng = np.random.default_rng(0)
        return model.instruments.draw(rng, "dull", np.full(200, 60.0), temperature).std(axis=0)

    np.testing.assert_allclose(spread(1.0), 2 * spread(0.5), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"temperature": 0}, ValueError, "temperature"),
        ({"temperature": -1.0}, ValueError, "temperature"),
        ({"temperature": "hot"}, TypeError, "temperature"),
        ({"instrument": "kazoo"}, ValueError, "'dull', 'bright'"),
        ({"instrument": "dull", "pitch": 20.0}, ValueError, "pitch"),
        ({"pitch": 300.0}, ValueError, "pitch"),
        ({"seed": -1}, ValueError, "seed"),
    ],
)
def test_bad_input_is_named(model, options, error, words):
    with pytest.raises(error, match=words):
        generate(model, **options)


def test_latent_numbers_are_made_audible(model):
    z = np.zeros((2, 3))
    sounds = model.to_audio(z, 60.0)
    assert sounds.shape == (2, 4000)
    np.testing.assert_allclose(model.to_audio(z[0], 60.0), sounds[0], atol=1e-5)
    for bad, words in (
        (np.zeros(4), "3 numbers"), (np.zeros((1, 1, 3)), "dimensions"), (np.full(3, np.nan), "NaN"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=words):
            model.to_audio(bad, 60.0)


def test_pictures_of_another_shape_are_refused(model):
    with pytest.raises(ValueError, match="pictures"):
        model.encode(np.zeros((2, 10, 10), np.float32), [60, 60])
    with pytest.raises(ValueError, match="one MIDI number for each of 2"):
        model.encode(np.zeros((2, *SETTINGS.shape), np.float32), [60])


def test_instruments_find_the_curve_and_the_spread():
    rng = np.random.default_rng(7)
    pitches, labels = rng.uniform(40, 80, 600), np.repeat([0, 1], 300)
    t = (pitches - 60) / 20
    mean = np.stack([t + labels, t**2], axis=1) + 0.1 * rng.standard_normal((600, 2))
    found = Instruments.fit(["a", "b"], labels, pitches, mean)
    np.testing.assert_allclose(found.at("b", 70.0), [1.5, 0.25], atol=0.05)
    drawn = found.draw(rng, "a", np.full(2000, 50.0), 1.0)
    np.testing.assert_allclose(drawn.std(axis=0), 0.1, atol=0.02)
    with pytest.raises(ValueError, match="pitch \\(of a\\)"):
        found.at("a", 90.0)


@pytest.mark.parametrize("name", ["vae", "vae_map"])
def test_shipped_vae_does_what_its_card_says(name):
    from audio_edu.datasets import load_notes

    model, test = load_vae(name), load_notes().test
    x = note_features(test.audio, test.info["pitch"], model.settings)
    reconstruction, kl = model.elbo(x, test.info["pitch"])
    metrics = model.card["metrics"]
    assert np.mean(reconstruction - kl.sum(axis=1)) == pytest.approx(metrics["elbo_nats"], rel=0.01)
    # better than a Gaussian for each value, and than PCA with as many numbers, by a margin
    assert metrics["elbo_nats"] > metrics["gaussian_nats"] + 500
    assert metrics["elbo_nats"] > metrics["pca_nats"] + 100
    assert metrics["active_units"] == model.n_z
    assert model.card["command"] == f"audio-edu train {name}"
    assert model.n_parameters == model.card["n_parameters"]
    assert checkpoint_path(name).stat().st_size < 15e6


def test_only_keras_is_used():
    """The backend is TensorFlow, but no module of the VAE says so."""
    from pathlib import Path

    import audio_edu.generation.vae as vae

    for path in Path(vae.__file__).parent.glob("*.py"):
        assert "tensorflow" not in path.read_text(encoding="utf-8"), path.name
