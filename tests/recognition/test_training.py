"""Training that is killed, and goes on; checkpoints; the judging of recognizers."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from audio_edu.checkpoints import checkpoint_names, read_arrays, write_arrays
from audio_edu.datasets import Corpus
from audio_edu.recognition import cli, training
from audio_edu.recognition.augment import Augmentation
from audio_edu.recognition.evaluate import (
    Recognizer,
    load_recognizer,
    majority_accuracy,
    save_recognizer,
    score,
    svm_accuracy,
)
from audio_edu.recognition.features import FeatureSettings
from audio_edu.recognition.training import RECIPES, Recipe, mix_up, train

SETTINGS = FeatureSettings(n_samples=2400, n_mels=20)
RECIPE = Recipe(
    "cnn",
    build={"width": 8},
    n_epochs=3,
    batch_size=10,
    learning_rate=1e-2,
    averaging=0.5,
    seed=5,
    settings=SETTINGS,
    augmentation=Augmentation(mixup=0.5),
)


def _corpus(n=60, seed=0):
    """Three "words": a rising, a falling and a steady tone."""
    rng, audio, labels = np.random.default_rng(seed), [], []
    for i in range(n):
        label, n_samples = i % 3, int(rng.integers(1200, 2200))
        f = rng.uniform(400, 900) * 2 ** (np.linspace(0, 1.5, n_samples) * (label - 1))
        x = np.sin(2 * np.pi * np.cumsum(f) / 8000) + 0.01 * rng.standard_normal(n_samples)
        audio.append((0.5 * x).astype(np.float32))
        labels.append(label)
    voices = [f"voice{i % 4}" for i in range(n)]
    split = ["test" if i % 4 == 3 else "train" for i in range(n)]
    return Corpus("tones", tuple(audio), labels, ("fall", "level", "rise"), voices, split, 8000)


CORPUS = _corpus()


def _weights(network):
    return np.concatenate([np.asarray(w).ravel() for w in network.get_weights()])


def test_training_learns():
    recipe = replace(RECIPE, n_epochs=12, learning_rate=2e-2, augmentation=Augmentation(mixup=0.0))
    a, report = train(recipe, CORPUS, progress=False)
    assert report["n_epochs"] == 12 and len(report["losses"]) == 12
    accuracy = score(Recognizer(recipe, a).probabilities(CORPUS.audio), CORPUS)["accuracy"]
    assert accuracy > majority_accuracy(CORPUS, CORPUS) + 0.4
    c, _ = train(replace(recipe, seed=6, n_epochs=1), CORPUS, progress=False)
    assert not np.array_equal(_weights(a), _weights(c))


@pytest.mark.parametrize("network", ["cnn", "rnn"])
def test_interrupted_training_ends_where_it_would_have(tmp_path, network):
    # the RNN has layers inside layers, whose chance must be set from the epoch too
    build = {"cnn": {"width": 8}, "rnn": {"n_hidden": 4, "cell": "SimpleRNN"}}[network]
    recipe = replace(RECIPE, network=network, build=build, n_epochs=2)
    whole, _ = train(recipe, CORPUS, progress=False)
    state = tmp_path / "state.npz"
    train(recipe, CORPUS, progress=False, state_path=state, n_epochs_now=1)
    resumed, report = train(recipe, CORPUS, progress=False, state_path=state, resume=True)
    assert report["n_epochs"] == 2 and len(report["losses"]) == 2
    np.testing.assert_array_equal(_weights(whole), _weights(resumed))


def test_the_state_of_another_training_is_refused(tmp_path):
    state = tmp_path / "state.npz"
    train(RECIPE, CORPUS, progress=False, state_path=state, n_epochs_now=1)
    for recipe, corpus in ((replace(RECIPE, seed=6), CORPUS), (RECIPE, _corpus(seed=1))):
        with pytest.raises(ValueError, match="another training"):
            train(recipe, corpus, progress=False, state_path=state, resume=True)
    with pytest.raises(ValueError, match="fewer than one batch"):
        train(RECIPE, CORPUS.select(np.arange(5)), progress=False)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder of recordings, named as FSDD's are."""
    folder = tmp_path_factory.mktemp("recordings")
    for i in range(64):
        clip, label = CORPUS.audio[i % 60], CORPUS.labels[i % 60]
        sf.write(folder / f"{label}_{'ab'[i % 2]}_{i}.wav", clip, 8000)
    return folder


def _parse(*words):
    parser = argparse.ArgumentParser()
    subparsers = parser.add_subparsers()
    cli.add_train_parsers(subparsers.add_parser("train").add_subparsers())
    cli.add_evaluate_parser(subparsers)
    return parser.parse_args([*map(str, words)])


def test_kill_9_and_resume_from_the_command_line(tmp_path, recordings, monkeypatch, capsys):
    words = ("train", "cnn", "--data", recordings, "--epochs", "8", "--quiet")
    # the same small recipe, in the other process and in this one
    code = (
        "import sys; sys.path.insert(0, 'tests/recognition'); import test_training as t\n"
        "from audio_edu.recognition import training\n"
        "training.RECIPES['cnn'] = t.RECIPE; a = t._parse(*sys.argv[1:]); a.run(a)"
    )
    root = Path(__file__).resolve().parents[2]
    killed = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words), "--out", str(tmp_path / "killed.npz")],
        cwd=root, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    state = tmp_path / ".killed.state.npz"
    deadline = time.monotonic() + 120
    while not state.exists() and killed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    _, err = killed.communicate()
    assert state.exists() and not (tmp_path / "killed.npz").exists(), err.decode()
    assert int(read_arrays(state)["epoch"]) < 8

    monkeypatch.setitem(training.RECIPES, "cnn", RECIPE)
    for name, more in (("whole", ()), ("killed", ("--resume",))):
        args = _parse(*words, "--out", tmp_path / f"{name}.npz", *more)
        assert args.run(args) == 0
    assert "killed.npz" in capsys.readouterr().out
    a, b = read_arrays(tmp_path / "whole.npz"), read_arrays(tmp_path / "killed.npz")
    for key in a:
        np.testing.assert_array_equal(a[key], b[key])
    assert not state.exists()
    card = json.loads((tmp_path / "killed.json").read_text())
    assert card["command"] == f"audio-edu train cnn --epochs 8 --data {recordings.name}"
    assert len(card["losses"]) == 8 and card["wall_s"] > 0 and card["seed"] == card["recipe"]["seed"]
    assert str(tmp_path) not in (tmp_path / "killed.json").read_text()

    args = _parse("evaluate", tmp_path / "whole.npz", "--data", recordings, "--json", "--latency")
    assert args.run(args) == 0
    report = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"accuracy", "per_digit", "per_voice", "confusion", "n_parameters", "protocol"} <= set(report)
    assert report["n_clips"] == 64 and set(report["per_voice"]) == {"a", "b"} and report["latency_ms"] > 0
    assert np.sum(report["confusion"]) == 64
    assert np.trace(report["confusion"]) == round(report["accuracy"] * 64)


def test_the_main_command_line_knows_train_and_evaluate(capsys):
    from audio_edu.cli import main

    assert main(["evaluate", "nobody"]) == 1
    assert "audio-edu train NAME" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["train", "nothing"])
    assert "attention" in capsys.readouterr().err


def test_the_command_line_says_what_is_wrong(tmp_path, recordings):
    for words, message in (
        (("train", "cnn", "--epochs", "0", "--data", recordings), "--epochs"),
        (("train", "cnn", "--without", "gravity", "--data", recordings), "gravity"),
        (("evaluate", tmp_path / "nobody.npz"), "nobody"),
    ):
        args = _parse(*words)
        with pytest.raises((ValueError, FileNotFoundError), match=message):
            args.run(args)


def test_a_recognizer_is_loaded_as_it_was_saved(tmp_path):
    network, _ = train(replace(RECIPE, n_epochs=1), CORPUS, progress=False)
    path = tmp_path / "tones.npz"
    save_recognizer(path, RECIPE, network, {"seed": 5}, CORPUS.label_names)
    loaded = load_recognizer(path)
    expected = Recognizer(RECIPE, network).probabilities(CORPUS.audio[:4])
    np.testing.assert_allclose(loaded.probabilities(CORPUS.audio[:4]), expected, atol=1e-6)
    np.testing.assert_allclose(expected.sum(1), 1, atol=1e-5)
    assert loaded.card["seed"] == 5 and loaded.recipe == RECIPE
    # features apart, then the network, is the same as samples straight in
    logits = np.array(loaded.network(loaded.features(CORPUS.audio[:4]), training=False))
    e = np.exp(logits - logits.max(1, keepdims=True))
    np.testing.assert_allclose(e / e.sum(1, keepdims=True), expected, atol=1e-3)

    arrays = read_arrays(path)
    write_arrays(path, dict(list(arrays.items())[:-1]))
    with pytest.raises(ValueError, match="does not hold the weights"):
        load_recognizer(path)
    with pytest.raises(FileNotFoundError, match="nobody"):
        load_recognizer("nobody")


def test_score_counts():
    p = np.eye(3)[[0, 1, 2, 0, 0, 0]]
    report = score(p, CORPUS.select(np.arange(6)))
    assert report["accuracy"] == pytest.approx(4 / 6, abs=1e-4)
    assert report["confusion"] == [[2, 0, 0], [1, 1, 0], [1, 0, 1]]
    assert report["per_digit"] == {"fall": 1.0, "level": 0.5, "rise": 0.5}
    assert report["per_voice"] == {"voice0": 0.5, "voice1": 0.5, "voice2": 1.0, "voice3": 1.0}
    with pytest.raises(ValueError, match="at least 1 clip"):
        score(p[:2], CORPUS)


def test_baselines():
    assert majority_accuracy(CORPUS.train, CORPUS.test) == pytest.approx(1 / 3, abs=0.1)
    assert svm_accuracy(CORPUS.train, CORPUS.test) > 0.8


def test_mix_up_blends_sounds_and_labels_alike():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((8, 5, 4)).astype(np.float32), np.eye(8, dtype=np.float32)
    x[..., -1] = 1
    mixed, labels = mix_up(x, y, 1.0, rng)
    np.testing.assert_allclose(labels.sum(1), 1, atol=1e-6)
    # each label says of which clips, and in which shares, the sound is made
    np.testing.assert_allclose(mixed, np.einsum("ij,jtc->itc", labels, x), atol=1e-5)
    assert mix_up(x, y, 0.0, rng)[0] is x


SHIPPED = sorted(set(RECIPES) & set(checkpoint_names()))


@pytest.mark.skipif(not SHIPPED, reason="no checkpoint in data/checkpoints")
@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recognizers_do_what_their_cards_say(name):
    from audio_edu.datasets import load_digits

    recognizer = load_recognizer(name)
    test = load_digits().test
    some = test.select(np.arange(0, len(test), 4))
    accuracy = score(recognizer.probabilities(some.audio), some)["accuracy"]
    assert accuracy == pytest.approx(recognizer.card["metrics"]["accuracy"], abs=0.04)
    assert accuracy > 0.85
    assert recognizer.card["command"].startswith(f"audio-edu train {name}")


@pytest.mark.skipif(not os.environ.get("AUDIO_EDU_FSDD"), reason="AUDIO_EDU_FSDD names no recordings")
@pytest.mark.skipif("cnn" not in SHIPPED, reason="no checkpoint in data/checkpoints")
def test_shipped_cnn_hears_real_people():
    from audio_edu.datasets import load_fsdd

    people = load_fsdd(os.environ["AUDIO_EDU_FSDD"])
    assert score(load_recognizer("cnn").probabilities(people.audio), people)["accuracy"] > 0.85


def test_training_begins_where_it_is_told_to():
    """With steps of almost no length the weights stay those of the network it began with."""
    other, _ = train(replace(RECIPE, seed=6, n_epochs=1), CORPUS.train, progress=False)
    still = replace(RECIPE, n_epochs=1, learning_rate=1e-9)
    begun, _ = train(still, CORPUS.train, start=other, progress=False)
    drawn, _ = train(still, CORPUS.train, progress=False)
    for mine, its in zip(begun.trainable_weights, other.trainable_weights, strict=True):
        np.testing.assert_allclose(np.array(mine), np.array(its), atol=1e-6)
    first = [np.array(network.trainable_weights[0]) for network in (drawn, other)]
    assert not np.allclose(*first, atol=1e-3)
