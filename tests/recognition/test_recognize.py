"""Recognisers: they learn, judge, and ship as their cards say."""

import os
from dataclasses import replace

import numpy as np
import pytest
from tones import tones

from audio_edu.datasets import load_digits, load_fsdd
from audio_edu.families import load_model
from audio_edu.metrics import classification_report, majority_accuracy
from audio_edu.recognition.augment import Augmentation
from audio_edu.recognition.cnn.family import FAMILY as CNN
from audio_edu.recognition.cnn.family import load_cnn
from audio_edu.recognition.cnn.recipe import CnnRecipe
from audio_edu.recognition.data import batches, mix_up
from audio_edu.recognition.features import FeatureSettings
from audio_edu.training import as_array, save_checkpoint, train

SETTINGS = FeatureSettings(n_samples=2400, n_mels=20)
RECIPE = CnnRecipe(
    n_steps=72, batch_size=10, learning_rate=2e-2, ema_decay=0.5, seed=5, width=8, settings=SETTINGS,
    augmentation=Augmentation(mixup=0.0),
)  # fmt: skip
CORPUS = tones()


@pytest.mark.slow
def test_training_learns():
    model, report = train(CNN, RECIPE, CORPUS)
    assert report["n_steps"] == 72 and report["curve"]["loss"]
    accuracy = classification_report(model.probabilities(CORPUS.audio), CORPUS)["accuracy"]
    assert accuracy > majority_accuracy(CORPUS, CORPUS) + 0.4
    report = CNN.evaluate(model, CORPUS, split="validation")
    assert report["n_clips"] == 15 and set(report["per_voice"]) == {"voice2"}
    with pytest.raises(ValueError, match="there is no clip"):
        CNN.evaluate(model, CORPUS.test, split="train")


@pytest.mark.slow
def test_training_begins_where_it_is_told_to():
    """With steps of almost no length the weights stay those of the network it began with."""
    other, _ = train(CNN, replace(RECIPE, seed=6, n_steps=6), CORPUS)
    still = replace(RECIPE, n_steps=6, learning_rate=1e-9)
    begun, _ = train(CNN, still, CORPUS, start=other)
    drawn, _ = train(CNN, still, CORPUS)
    kernels = [as_array(m.weights["network/conv1/kernel"]) for m in (begun, other, drawn)]
    np.testing.assert_allclose(kernels[0], kernels[1], atol=1e-6)
    assert not np.allclose(kernels[2], kernels[1], atol=1e-3)


def test_every_epoch_shows_every_clip_once():
    clean = replace(RECIPE, augmentation=Augmentation.none())
    batch, n = batches(clean, CORPUS), 6
    first, second = (np.concatenate([batch(n * epoch + i)[0] for i in range(n)]) for epoch in (0, 1))
    assert not np.array_equal(first, second)

    def in_order(x):
        rows = x.reshape(len(x), -1)
        return rows[np.lexsort(rows.T)]

    np.testing.assert_array_equal(in_order(first), in_order(second))
    np.testing.assert_array_equal(batch(3)[0], batches(clean, CORPUS)(3)[0])
    with pytest.raises(ValueError, match="fewer than one batch"):
        batches(RECIPE, CORPUS.select(np.arange(5)))


def test_a_recogniser_is_loaded_as_it_was_saved(tmp_path):
    model, _ = train(CNN, replace(RECIPE, n_steps=6), CORPUS)
    save_checkpoint(tmp_path / "tones.npz", CNN, model, {"name": "tones"})
    loaded, clips = load_cnn(tmp_path / "tones.npz"), CORPUS.audio[:4]
    expected = model.probabilities(clips)
    np.testing.assert_array_equal(loaded.probabilities(clips), expected)
    np.testing.assert_allclose(expected.sum(1), 1, atol=1e-5)
    assert loaded.recipe == replace(RECIPE, n_steps=6) and loaded.label_names == CORPUS.label_names
    # features apart, then the network, is the same as samples straight in
    logits = np.array(loaded.network(loaded.features(clips), training=False))
    e = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(e / e.sum(1, keepdims=True), expected, atol=1e-3)
    assert loaded.embeddings(clips).shape == (4, 16)
    assert loaded.probabilities([]).shape == (0, 3)


def test_mix_up_blends_sounds_and_labels_alike():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 5, 4)).astype(np.float32), np.eye(8, dtype=np.float32)
    x[..., -1] = 1
    mixed, labels = mix_up(x, y, 1.0, rng)
    np.testing.assert_allclose(labels.sum(1), 1, atol=1e-6)
    # each label says of which clips, and in which shares, the sound is made
    np.testing.assert_allclose(mixed, np.einsum("ij,jtc->itc", labels, x), atol=1e-5)
    assert mix_up(x, y, 0.0, rng)[0] is x


@pytest.mark.parametrize("name", ["cnn", "rnn", "attention"])
def test_shipped_recognisers_do_what_their_cards_say(name):
    model, test = load_model(name), load_digits().test
    some = test.select(np.arange(0, len(test), 4))
    accuracy = classification_report(model.probabilities(some.audio), some)["accuracy"]
    assert accuracy == pytest.approx(model.card["metrics"]["accuracy"], abs=0.04)
    assert accuracy > 0.85


@pytest.mark.parametrize("name", ["cnn", "rnn", "attention"])
def test_silence_noise_and_an_offset_around_a_word_cost_nothing(name):
    model, test = load_model(name), load_digits().test.select(np.arange(0, 840, 8))
    rng = np.random.default_rng(0)

    def n_right(change):
        answers = model.probabilities([change(clip) for clip in test.audio]).argmax(axis=1)
        return (answers == test.labels).sum()

    as_it_is = n_right(lambda x: x)
    around = lambda x, seconds: np.pad(x, seconds * 8000)  # noqa: E731
    changes = {
        "silence": lambda x: around(x, 3),
        "noise": lambda x: around(x, 1) + np.float32(1e-3) * rng.standard_normal(len(x) + 16_000),
        "offset": lambda x: x + np.float32(0.1),
        "offset of all": lambda x: around(x, 1) + np.float32(0.03),
    }
    lost = {what: int(as_it_is - n_right(change)) for what, change in changes.items()}
    assert max(lost.values()) <= 2, lost  # of 105


def test_what_is_no_sound_gets_no_nan():
    noise = np.random.default_rng(0).standard_normal(9000)
    clips = [
        np.zeros(8000),
        np.full(9000, 0.1),
        np.full(1, 1.0),
        np.array([0.0, 1e-30]),
        1e-9 * noise,
        1e-40 * noise,
    ]
    p = load_cnn().probabilities(clips)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-5)
    broken = load_model("cnn")
    weight = broken.network.get_layer("logits").bias
    weight.assign(np.full(10, np.nan, np.float32))
    with pytest.raises(ValueError, match="NaN"):
        broken.probabilities(clips)


@pytest.mark.skipif(not os.environ.get("AUDIO_EDU_FSDD"), reason="AUDIO_EDU_FSDD names no recordings")
def test_shipped_cnn_recognises_real_people():
    people = load_fsdd(os.environ["AUDIO_EDU_FSDD"])
    assert classification_report(load_cnn().probabilities(people.audio), people)["accuracy"] > 0.85


@pytest.mark.slow
@pytest.mark.parametrize("name", ["cnn", "rnn", "attention"])
def test_neither_silence_around_a_word_nor_an_offset_costs_anything(name):
    test, model = load_digits().test, load_model(name)
    around = [np.pad(clip, 24_000) + np.float32(0.03) for clip in test.audio]
    right = [
        np.mean(model.probabilities(clips).argmax(axis=1) == test.labels) for clips in (test.audio, around)
    ]
    assert right[1] >= right[0] - 0.005
