"""On whatever backend Keras runs here: small trainings, and the shipped networks as TensorFlow computes them.

``make test-backends`` runs this with ``KERAS_BACKEND=jax``, and with ``torch`` where that is asked for.
"""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from small import NAMES, numbers, small

from audio_edu.datasets import load_chorales, load_digits, load_notes
from audio_edu.families import CHECKPOINTS, family_of, load_model
from audio_edu.generation.mel import scaled_mel
from audio_edu.signal import mu_law_encode
from audio_edu.training import load_checkpoint, save_checkpoint, train


def outputs(name):
    """What a shipped network answers to a few inputs, without any search for a phase behind it."""
    model, clips = load_model(name), load_digits().test.select(np.arange(0, 840, 105))
    if family_of(name).package == "recognition.tagging":
        return model.probabilities(clips.pad(16000))
    if family_of(name).package == "recognition.ctc":
        return model.log_probabilities(clips.audio[0])
    if family_of(name).package.startswith("recognition"):
        return model.probabilities(clips.audio)
    if family_of(name).package == "generation.gan":
        return model.generate_images(np.arange(4), model.noise(4, seed=1))
    if family_of(name).package == "generation.vae":
        z = np.random.default_rng(1).standard_normal((4, model.n_z), dtype=np.float32)
        notes = load_notes().test.select(np.arange(0, 288, 72))
        from audio_edu.generation.vae.features import note_features

        mean, log_variance = model.encode(
            note_features(notes.audio, notes.info["pitch"], model.settings), notes.info["pitch"]
        )
        return np.concatenate([a.ravel() for a in (mean, log_variance, model.decode(z, 60.0))])
    if family_of(name).package == "generation.flow":
        x = clips.pad(1920)[:2]
        return model.transform(x, np.zeros((2, 25, model.config.n_mels)))[0]
    if family_of(name).package == "generation.tacotron":
        how = {"tacotron": {"most_s": 0.5}, "durations_phones": {"phones": True}}.get(name, {})
        spoken = model.speak(["four twenty"], ["slt-00"], **how)
        return np.concatenate([spoken[0].mel.ravel()[:400], spoken[0].alignment.ravel()[:40]])
    if family_of(name).package == "generation.vocoder":
        return model.network(scaled_mel(clips.audio[0])[None, :30])[0]
    if family_of(name).package == "generation.music":
        return music(name, model)
    if family_of(name).package == "applications.restoration":
        x = clips.audio[0]
        return model.restore(x, np.arange(len(x)) % 800 > 100)
    if family_of(name).package == "applications.codec":
        return np.concatenate([model.vectors(clips.audio[0]).ravel(), model.sound(np.ones((9, 48))).ravel()])
    from audio_edu.generation.wavenet.generate import teacher_forced_logits

    codes = mu_law_encode(clips.audio[0][:1600], model.recipe.config.n_levels)
    return teacher_forced_logits(model, codes, digit=int(clips.labels[0]))


def music(name, model):
    """What a network that writes notes thinks of a chorale."""
    from audio_edu.generation.music.data import pieces, to_words, windows

    chorales = load_chorales().test.select(np.arange(2))
    if name == "melody":
        return model.nats(to_words(chorales, model.words)[0])
    if name == "harmony":
        (piece, *_) = pieces(chorales, model.recipe.steps_per_quarter)
        return model.nats(piece.codes, piece.context)
    found = pieces(chorales, model.recipe.steps_per_quarter)
    if family_of(name).recipes[name].kind == "gan":
        # what the critic says: the generator's argmax may tip over where two keys are all but equal
        from audio_edu.generation.music.tracks import four_bars, to_grid

        codes, minor = four_bars(found)
        return model.critic.predict_on_batch([to_grid(codes[:8]), minor[:8]])[0]
    return np.concatenate(model.encode(windows(model.recipe, found)[:4]))


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The same outputs from a process in which Keras runs on TensorFlow."""
    path = tmp_path_factory.mktemp("tensorflow") / "outputs.npz"
    code = (
        "import sys; sys.path[:0] = ['tests', 'tests/backends']; import numpy as np, test_backends as t\n"
        f"np.savez({str(path)!r}, **{{name: t.outputs(name) for name in t.CHECKPOINTS}})"
    )
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    with np.load(path) as file:
        return dict(file)


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_shipped_networks_answer_as_on_tensorflow(name, reference):
    np.testing.assert_allclose(outputs(name), reference[name], atol=1e-3, rtol=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_small_trainings_resume_save_and_load(tmp_path, name, monkeypatch):
    family, recipe, corpus = small(name)
    monkeypatch.setattr(family, "stored_as", "float32", raising=False)
    whole, report = train(family, recipe, corpus)
    assert report["n_steps"] == recipe.n_steps and np.isfinite(numbers(whole)).all()
    state = tmp_path / "state.npz"
    train(family, recipe, corpus, state_path=state, n_steps_now=2)
    resumed, _ = train(family, recipe, corpus, state_path=state, resume=True)
    np.testing.assert_array_equal(numbers(resumed), numbers(whole))
    save_checkpoint(tmp_path / "mine.npz", family, whole, {"name": "mine"})
    loaded = load_checkpoint(family, tmp_path / "mine.npz")
    np.testing.assert_array_equal(numbers(loaded), numbers(whole))
    if hasattr(family, "generate"):
        options = {"digit": (1,)} if hasattr(family.Options, "digit") else {}
        x, sample_rate = family.generate(loaded, family.Options(**options))
        assert sample_rate == loaded.sample_rate and np.isfinite(x).all() and len(x) > 100


def test_this_is_the_backend_that_was_asked_for():
    assert keras.backend.backend() == os.environ.get("KERAS_BACKEND", "tensorflow")
