"""The networks: their loss is minus the ELBO, and before training they are PCA."""

import numpy as np
import pytest
from vaes import CORPUS, DEVELOPMENT, RECIPE, SETTINGS

from audio_edu.generation.vae import FAMILY, note_features
from audio_edu.generation.vae.formulas import elbo_by_hand, kl_by_hand, sample_by_hand
from audio_edu.generation.vae.model import NegativeElbo
from audio_edu.training import as_array

PITCH = CORPUS.test.info["pitch"]
FEATURES = note_features(CORPUS.test.audio, PITCH, SETTINGS)


def _loss(criterion, inputs, beta=1.0):
    criterion([*inputs, np.float32(beta)])
    return float(criterion.losses[0])


def test_loss_is_minus_the_elbo_by_hand(model):
    """Through coordinates and Keras, and through whole pictures and loops."""
    x, pitch, pca = FEATURES[:3], PITCH[:3].astype(np.float32), model.pca
    coordinates = pca.transform(x)
    epsilon = np.random.default_rng(5).standard_normal((3, 3)).astype(np.float32)
    inputs = [coordinates, pca.squared_distance(x, coordinates), pitch[:, None], epsilon]
    loss = _loss(model.criterion, inputs) * pca.n_values
    mean, log_variance = model.encode(x, pitch)
    by_hand = []
    for i in range(3):
        z = sample_by_hand(mean[i], log_variance[i], epsilon[i])
        c = as_array(model.decoder([z[None].astype(np.float32), pitch[i : i + 1, None]]))
        h = pca.inverse_transform(c)[0]
        by_hand.append(elbo_by_hand(x[i].ravel(), h, mean[i], log_variance[i], model.sigma))
    # the directions are stored in float16, so they are at right angles to about a thousandth
    assert -loss == pytest.approx(np.mean(by_hand), rel=5e-3)


def test_beta_and_free_nats_do_what_they_say(model):
    coordinates, pitch = np.zeros((2, 8), np.float32), np.full((2, 1), 60, np.float32)
    inputs = [coordinates, np.ones(2, np.float32), pitch, np.zeros((2, 3), np.float32)]
    mean, log_variance = (as_array(a) for a in model.encoder([coordinates, pitch]))
    kl = np.mean([kl_by_hand(*row) for row in zip(mean, log_variance, strict=True)], axis=0)
    generous = float(kl.max()) + 1
    plain, free = (NegativeElbo(model.encoder, model.decoder, 100, 0.5, free_nats=n) for n in (0.0, generous))
    assert _loss(plain, inputs, 3.0) - _loss(plain, inputs) == pytest.approx(2 * kl.sum() / 100, rel=1e-4)
    expected = (3 * generous - kl.sum()) / 100
    assert _loss(free, inputs) - _loss(plain, inputs) == pytest.approx(expected, rel=1e-4)


def test_before_training_the_vae_is_pca():
    model = FAMILY.build(RECIPE, FAMILY.facts(RECIPE, DEVELOPMENT))
    FAMILY.batches(model, RECIPE, DEVELOPMENT)
    # the residual of the encoder starts near zero, that of the decoder at zero
    mean, _ = model.encode(FEATURES, PITCH)
    z = model.pca.transform(FEATURES)[:, :3] / np.sqrt(model.pca.variances[:3])
    np.testing.assert_allclose(mean, z, atol=0.2)
    expected = np.maximum(model.pca.reconstruct(FEATURES, 3), 0)
    np.testing.assert_allclose(model.decode(z, PITCH), expected, atol=1e-3)


def test_only_what_gradients_change_is_counted(model):
    encoder = (8 + 1) * 16 + 16 + 16 * 16 + 16 + 2 * (16 * 3 + 3)
    decoder = (3 + 1) * 16 + 16 + 16 * 16 + 16 + 16 * 8 + 8
    assert model.n_parameters == encoder + decoder
