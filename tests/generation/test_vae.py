"""The VAE's formulas against each other and against chance; the model: checkpoint, generation, bad input."""

import json
from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from audio_edu.training.checkpoints import checkpoint_path, read_arrays, write_arrays
from audio_edu.datasets import Corpus
from audio_edu.generation.vae.generate import Vae, generate, load_vae, save_vae
from audio_edu.generation.vae.features import NoteSettings, midi_to_hz, note_features
from audio_edu.generation.vae.instruments import Instruments
from audio_edu.generation.vae.model import (
    Sampling,
    TrainedByElbo,
    elbo_by_hand,
    gaussian_log_density,
    kl_by_hand,
    kl_divergence,
    log_density_by_hand,
    sample_by_hand,
)
from audio_edu.generation.vae.pca import Pca
from audio_edu.generation.vae.recipe import VaeRecipe, train

SETTINGS = NoteSettings(
    sample_rate=8000, n_samples=4000, n_fft=512, hop_length=128, bands_per_octave=12, n_bands=72
)
RECIPE = VaeRecipe(
    n_z=3, n_hidden=16, n_directions=8, sigma_db=4.0, beta=1.0, n_steps=60, batch_size=8, seed=5,
    semitones=1.0, settings=SETTINGS,
)  # fmt: skip


def tones(n=48, seed=0):
    """Two "instruments", one with few and one with many partials, at several pitches."""
    rng, t = np.random.default_rng(seed), np.arange(4000) / 8000
    audio, labels, pitches = [], [], []
    for i in range(n):
        label, pitch = i % 2, int(rng.integers(50, 75))
        partials = range(1, 2 + 6 * label)
        x = sum(np.sin(2 * np.pi * k * midi_to_hz(pitch) * t) / k for k in partials)
        x = rng.uniform(0.05, 0.3) * x * np.exp(-rng.uniform(0, 4) * t)
        audio.append(x.astype(np.float32))
        labels.append(label)
        pitches.append(pitch)
    split = ["test" if i % 3 == 2 else "train" for i in range(n)]
    voices = [f"voice{i % 3}" for i in range(n)]
    return Corpus(
        "tones", tuple(audio), labels, ("dull", "bright"), voices, split, 8000, {"pitch": np.array(pitches)}
    )


CORPUS = tones()


@pytest.fixture(scope="module")
def model():
    return train(RECIPE, CORPUS.train, progress=False)[0]


# ---- the formulas ----


def test_one_example_by_hand_is_what_keras_computes():
    rng = np.random.default_rng(1)
    x, h = rng.standard_normal((2, 50))
    mean, log_variance, epsilon = rng.standard_normal((3, 4))
    z = np.asarray(Sampling()((mean[None], log_variance[None], epsilon[None])))[0]
    np.testing.assert_allclose(sample_by_hand(mean, log_variance, epsilon), z, rtol=1e-5)
    kl = np.asarray(kl_divergence(ops.convert_to_tensor(mean), ops.convert_to_tensor(log_variance)))
    np.testing.assert_allclose(kl_by_hand(mean, log_variance), kl, rtol=1e-5)
    density = float(gaussian_log_density(np.sum((x - h) ** 2), 50, 0.3))
    assert log_density_by_hand(x, h, 0.3) == pytest.approx(density, rel=1e-6)
    assert elbo_by_hand(x, h, mean, log_variance, 0.3) == pytest.approx(density - kl.sum(), rel=1e-5)


def test_density_is_scipys():
    from scipy.stats import norm

    x, h = np.random.default_rng(2).standard_normal((2, 7))
    assert log_density_by_hand(x, h, 0.4) == pytest.approx(norm.logpdf(x, h, 0.4).sum())
    with pytest.raises(ValueError, match="sigma"):
        log_density_by_hand(x, h, 0.0)


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (1.5, 0.3), (-0.2, 2.0)])
def test_divergence_is_the_mean_log_ratio(mean, sigma):
    """Monte Carlo: KL(q ‖ p) = E_q [log q(z) − log p(z)], to four standard errors."""
    z = mean + sigma * np.random.default_rng(3).standard_normal(200_000)
    ratio = -0.5 * ((z - mean) / sigma) ** 2 - np.log(sigma) + 0.5 * z**2
    error = ratio.std() / np.sqrt(len(ratio))
    kl = kl_by_hand(np.array([mean]), np.array([2 * np.log(sigma)]))[0]
    assert abs(kl - ratio.mean()) <= 4 * error + 1e-12


def test_the_gradient_passes_through_the_draw():
    """Of E z², d/dμ is 2μ and d/dσ is 2σ; a finite difference with the same noise finds them."""
    mean, sigma, epsilon = 0.7, 0.5, np.random.default_rng(4).standard_normal(400_000)

    def expected(m, s):
        log_variance = np.full_like(epsilon, 2 * np.log(s))
        z = Sampling()((np.full_like(epsilon, m)[None], log_variance[None], epsilon[None]))
        return float(np.mean(np.square(np.asarray(z, np.float64))))

    d = 1e-2
    assert (expected(mean + d, sigma) - expected(mean - d, sigma)) / (2 * d) == pytest.approx(1.4, abs=0.01)
    assert (expected(mean, sigma + d) - expected(mean, sigma - d)) / (2 * d) == pytest.approx(1.0, abs=0.01)


def test_loss_is_minus_the_elbo_by_hand(model):
    """Through coordinates and Keras, and through whole pictures and loops."""
    x = note_features(CORPUS.test.audio[:3], CORPUS.test.info["pitch"][:3], SETTINGS)
    pitch = CORPUS.test.info["pitch"][:3].astype(np.float32)
    coordinates, rest = model.pca.coordinates(x)
    epsilon = np.random.default_rng(5).standard_normal((3, 3)).astype(np.float32)
    whole = TrainedByElbo(model.encoder, model.decoder, model.pca.n_values, model.sigma)
    whole([coordinates, rest.astype(np.float32), pitch[:, None], epsilon])
    loss = float(whole.losses[0]) * model.pca.n_values
    mean, log_variance = model.encode(x, pitch)
    by_hand = []
    for i in range(3):
        z = sample_by_hand(mean[i], log_variance[i], epsilon[i])
        c = np.asarray(model.decoder([z[None].astype(np.float32), pitch[i : i + 1, None]]))
        h = model.pca.pictures(c, SETTINGS.shape)[0]
        by_hand.append(elbo_by_hand(x[i].ravel(), h.ravel(), mean[i], log_variance[i], model.sigma))
    # the directions are stored in float16, so they are at right angles to about a thousandth
    assert -loss == pytest.approx(np.mean(by_hand), rel=5e-3)


def test_beta_free_nats_and_the_wrong_scaling_do_what_they_say(model):
    coordinates = np.zeros((2, 8), np.float32)
    inputs = [
        coordinates,
        np.ones(2, np.float32),
        np.full((2, 1), 60, np.float32),
        np.zeros((2, 3), np.float32),
    ]

    def loss(**options):
        beta = options.pop("beta", 1.0)
        whole = TrainedByElbo(model.encoder, model.decoder, 100, 0.5, **options)
        whole.beta.assign(beta)
        whole(inputs)
        return float(whole.losses[0])

    mean, log_variance = (np.asarray(a) for a in model.encoder([coordinates, inputs[2]]))
    kl = np.mean([kl_by_hand(*row) for row in zip(mean, log_variance, strict=True)], axis=0)
    error = np.square(np.asarray(model.decoder([mean, inputs[2]]))).sum(axis=1).mean() + 1
    assert loss(beta=3.0) - loss(beta=1.0) == pytest.approx(2 * kl.sum() / 100, rel=1e-4)
    generous = float(kl.max()) + 1
    assert loss(free_nats=generous) - loss() == pytest.approx((3 * generous - kl.sum()) / 100, rel=1e-4)
    assert loss(scaling="mean") == pytest.approx(error / 100 / 64 + kl.sum(), rel=1e-4)


# ---- PCA ----


def test_probabilistic_pca_is_the_gaussian_it_says():
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(6)
    x = (
        rng.standard_normal((400, 3)) @ rng.standard_normal((3, 12))
        + 0.3 * rng.standard_normal((400, 12))
        + 1
    )
    pca, n_z = Pca.fit(x, 12), 3
    scale = np.sqrt(pca.variances[:n_z] - pca.sigma(n_z) ** 2)
    w = pca.directions[:n_z].T * scale
    covariance = w @ w.T + pca.sigma(n_z) ** 2 * np.eye(12)
    expected = multivariate_normal(pca.mean, covariance).logpdf(x)
    np.testing.assert_allclose(pca.log_likelihood(x, n_z), expected, atol=0.15)
    assert pca.sigma(n_z) == pytest.approx(0.3, rel=0.05)
    assert pca.n_survivors(0.3, beta=4.0) == 3 and pca.n_survivors(100.0) == 0
    np.testing.assert_allclose(pca.reconstruct(x, 12), x, atol=0.02)
    np.testing.assert_allclose(pca.directions @ pca.directions.T, np.eye(12), atol=2e-3)


def test_before_training_the_vae_is_pca():
    recipe = replace(RECIPE, n_steps=1, learning_rate=1e-12)
    model, _ = train(recipe, CORPUS.train, progress=False)
    x, pitch = (
        note_features(CORPUS.test.audio, CORPUS.test.info["pitch"], SETTINGS),
        CORPUS.test.info["pitch"],
    )
    # the bent part of the encoder starts near zero, that of the decoder at zero
    z = model.pca.coordinates(x)[0][:, :3] / np.sqrt(model.pca.variances[:3])
    expected = np.maximum(model.pca.reconstruct(x, 3), 0)
    np.testing.assert_allclose(model.decode(z, pitch), expected, atol=1e-3)


# ---- the model ----


def test_a_checkpoint_is_loaded_as_it_was_saved(model, tmp_path):
    path = tmp_path / "tones.npz"
    save_vae(path, model, {"name": "vae", "seed": 5})
    loaded = load_vae(path)
    assert loaded.recipe == RECIPE and loaded.card["seed"] == 5
    assert loaded.instruments.names == ("dull", "bright")
    for instrument in (None, "dull"):
        a, b = (generate(m, instrument=instrument, pitch=60, seed=3) for m in (model, loaded))
        np.testing.assert_allclose(a, b, atol=1e-4)
    arrays = read_arrays(path)
    write_arrays(path, dict(list(arrays.items())[:-1]))
    with pytest.raises(ValueError, match="train it again"):
        load_vae(path)
    path.write_bytes(b"not an archive")
    with pytest.raises(ValueError, match="cannot be read"):
        load_vae(path)
    card = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**card, "name": "cnn"}))
    with pytest.raises(ValueError, match="'cnn'"):
        load_vae(path)
    with pytest.raises(FileNotFoundError, match="audio-edu train"):
        load_vae(tmp_path / "nobody.npz")


def test_generating_is_decided_by_the_seed(model):
    a = generate(model, instrument="bright", pitch=62, seed=1)
    assert a.shape == (4000,) and a.dtype == np.float32 and np.abs(a).max() <= 1
    np.testing.assert_array_equal(a, generate(model, instrument="bright", pitch=62, seed=1))
    assert not np.allclose(a, generate(model, instrument="bright", pitch=62, seed=2), atol=1e-3)
    several = generate(model, n=3, seed=1)
    assert several.shape == (3, 4000)
    z = np.zeros((2, 3))
    assert generate(model, z=z, pitch=60).shape == (2, 4000)
    np.testing.assert_allclose(
        generate(model, z=z[0], pitch=60), generate(model, z=z, pitch=60)[0], atol=1e-5
    )


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
        ({"z": np.zeros(4)}, ValueError, "3 numbers"),
        ({"z": np.zeros((1, 1, 3))}, ValueError, "dimensions"),
        ({"z": np.full(3, np.nan)}, ValueError, "NaN"),
        ({"z": np.zeros(3), "instrument": "dull"}, ValueError, "instrument"),
        ({"n": 0}, ValueError, "n is 0"),
        ({"n": 1.5}, TypeError, "n is 1.5"),
        ({"seed": -1}, ValueError, "seed"),
    ],
)
def test_bad_input_is_named(model, options, error, words):
    with pytest.raises(error, match=words):
        generate(model, **options)


def test_pictures_of_another_shape_are_refused(model):
    with pytest.raises(ValueError, match="pictures"):
        model.encode(np.zeros((2, 10, 10), np.float32), [60, 60])
    with pytest.raises(ValueError, match="one MIDI number for each of 2"):
        model.encode(np.zeros((2, *SETTINGS.shape), np.float32), [60])


def test_a_model_without_instruments_says_so(model):
    bare = Vae(RECIPE, model.pca, model.encoder, model.decoder)
    with pytest.raises(ValueError, match="knows no instruments"):
        generate(bare, instrument="dull")
    assert generate(bare).shape == (4000,)


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


# ---- what ships ----


@pytest.mark.skipif(not checkpoint_path("vae").is_file(), reason="no checkpoint vae in data/checkpoints")
@pytest.mark.parametrize("name", ["vae", "vae_map"])
def test_shipped_vae_does_what_its_card_says(name):
    from audio_edu.datasets import load_notes

    model, test = load_vae(name), load_notes().test
    x = note_features(test.audio, test.info["pitch"], model.settings)
    reconstruction, kl = model.elbo(x, test.info["pitch"])
    told = model.card["metrics"]
    assert np.mean(reconstruction - kl.sum(axis=1)) == pytest.approx(told["elbo_nats"], rel=0.01)
    # better than a Gaussian for each value, and than PCA with as many numbers, by a margin
    assert told["elbo_nats"] > told["gaussian_nats"] + 500
    assert told["elbo_nats"] > told["pca_nats"] + 100
    assert told["active_units"] == model.n_z
    assert model.card["command"] == f"audio-edu train {name}"
    assert model.n_parameters == model.card["n_parameters"]
    assert checkpoint_path(name).stat().st_size < 15e6


def test_only_keras_is_used():
    """The backend is TensorFlow, but no module of the VAE says so."""
    from pathlib import Path

    import audio_edu.generation.vae.generate as vae

    for path in Path(vae.__file__).parent.glob("vae*.py"):
        assert "tensorflow" not in path.read_text(encoding="utf-8"), path.name
