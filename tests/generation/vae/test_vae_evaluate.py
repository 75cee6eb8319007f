"""The judging of a VAE: each number does what its name says."""

import json

import numpy as np
import pytest
from vaes import CORPUS, SETTINGS

from audio_edu.generation.vae.evaluate import (
    active_units,
    evaluate,
    instrument_accuracy,
    interpolate,
    interpolation_report,
)
from audio_edu.generation.vae.features import note_features


def test_evaluate_reports_numbers_that_json_can_hold(model):
    report = evaluate(model, CORPUS, n_sounds=4)
    assert json.loads(json.dumps(report)) == report
    assert {
        "elbo_nats",
        "kl_nats",
        "rms_error_db",
        "pca_nats",
        "active_units",
        "interpolation_detour",
    } <= set(report)
    assert report["elbo_nats"] == pytest.approx(report["reconstruction_nats"] - report["kl_nats"], abs=0.01)
    assert report["n_notes"] == len(CORPUS.test)
    assert len(report["kl_per_dimension_nats"]) == 3
    assert report["rms_error_db"] < report["gaussian_rms_error_db"]
    assert 0 <= report["instrument_from_z"] <= 1
    assert report == evaluate(model, CORPUS, n_sounds=4)


def test_elbo_does_not_depend_much_on_the_draws(model):
    pitch = CORPUS.test.info["pitch"]
    x = note_features(CORPUS.test.audio, pitch, SETTINGS)
    a, b = (model.elbo(x, pitch, seed=seed)[0].mean() for seed in (1, 2))
    assert a == pytest.approx(b, rel=0.15) and a != b


def test_active_units():
    mean = np.random.default_rng(0).standard_normal((200, 3)) * [1, 0.2, 0.05]
    assert active_units(mean) == 2


def test_an_interpolation_begins_and_ends_where_it_should(model):
    pitch = CORPUS.test.info["pitch"][:2].astype(float)
    x = note_features(CORPUS.test.audio[:2], pitch, SETTINGS)
    z, pitches = interpolate(model, x, pitch, 5)
    mean, _ = model.encode(x, pitch)
    np.testing.assert_allclose(z[[0, -1]], mean, atol=1e-6)
    assert pitches[[0, -1]].tolist() == pitch.tolist() and len(z) == 5
    report = interpolation_report(model, z, pitches)
    assert report["detour"] >= 0.999 and report["largest_step"] >= 0.999


def test_an_interpolation_that_jumps_is_uneven(model):
    z = np.repeat([[0.0, 0, 0], [2.0, 0, 0]], 4, axis=0).astype(np.float32)
    assert interpolation_report(model, z, np.full(8, 60.0))["largest_step"] == pytest.approx(7.0, rel=0.01)


def test_instruments_are_read_off_numbers_that_hold_them():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 50)
    numbers = rng.standard_normal((100, 2)) + 6 * labels[:, None]
    assert instrument_accuracy(numbers, labels, numbers, labels) == 1.0
    nothing = rng.standard_normal((100, 2))
    assert instrument_accuracy(nothing, labels, rng.standard_normal((100, 2)), labels) < 0.75
