"""Generative models at work: the arithmetic against hand counts, the networks against other ways to ask."""

import csv

import numpy as np
import pytest
from scipy.special import softmax

from audio_edu.applications import features
from audio_edu.applications.features import embed, experiments
from audio_edu.datasets import load_digits, load_notes
from audio_edu.generation import load_gan, load_wavenet
from audio_edu.generation.wavenet.generate import teacher_forced_logits
from audio_edu.signal import mu_law_encode
from audio_edu.training import checkpoint_dir

rng = np.random.default_rng(0)


# --- arithmetic ---


def test_bayes_by_hand():
    # urn A: 3 red of 4, urn B: 1 of 4; two reds are drawn, B is three times as probable before
    log_likelihoods = np.log([9 / 16, 1 / 16])
    assert features.posterior(log_likelihoods, prior=np.array([0.25, 0.75])) == pytest.approx([0.75, 0.25])
    assert features.posterior(np.array([-9e5, -9e5 - np.log(3)])) == pytest.approx([0.75, 0.25])
    with pytest.raises(ValueError, match="prior"):
        features.posterior(np.zeros(3), prior=np.ones(2))


def test_temperature_is_found_again():
    logits = rng.normal(size=(4000, 5))
    labels = np.array([rng.choice(5, p=p) for p in softmax(logits, axis=1)])
    assert features.fit_temperature(30 * logits, labels) == pytest.approx(30, rel=0.1)


def test_a_calibrated_answer_has_no_calibration_error():
    p = np.tile([0.8, 0.2], (10, 1))
    labels = np.array([0] * 8 + [1] * 2)
    assert features.expected_calibration_error(p, labels) == pytest.approx(0)
    confidence, accuracy, n = features.reliability(p, labels)
    assert n[7] == n.sum() == 10 and confidence[7] == pytest.approx(accuracy[7]) == 0.8
    sure = np.tile([1.0, 0.0], (10, 1))
    assert features.expected_calibration_error(sure, labels) == pytest.approx(0.2)


def test_search():
    query, reference = np.array([[0.0, 0.0]]), np.array([[3.0, 0], [1, 0], [0, 2.5], [9, 9]])
    found = features.neighbours(query, reference)
    assert found[0, 0] == 1 and found[0, -1] == 3
    found = features.neighbours(query, reference, np.array([[True, False, True, True]]))
    assert found[0, -1] == 1
    relevant = np.array([[True, True, False, False]])
    assert features.precision_at_k(found, relevant, 1)[0] in (0, 1)
    assert features.precision_at_k(found, relevant, 4)[0] == 0.5


def test_directions_move_what_they_should():
    W, z = rng.normal(size=(3, 8)), rng.normal(size=(500, 8))
    steepest, alone = features.edit_directions(z, z @ W.T + 5)
    assert alone @ W.T == pytest.approx(np.eye(3), abs=1e-5)
    moved = steepest @ W.T
    assert np.diag(moved) == pytest.approx(np.ones(3), abs=1e-5)
    assert moved[0, 1] == pytest.approx(W[0] @ W[1] / (W[0] @ W[0]), abs=1e-5)
    # to move one thing alone takes at least as far a step
    assert np.all(np.linalg.norm(alone, axis=1) >= np.linalg.norm(steepest, axis=1) - 1e-9)


def test_notes_are_measured():
    t = np.arange(16000) / 16000

    def note(attack_s, decay_db, gain=0.2):
        envelope = np.minimum(t / attack_s, 1) * 10 ** (-decay_db * t / 0.6 / 20)
        return gain * envelope * (np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 880 * t))

    slow, fast = (features.measure_note(note(a, 0.0), 16000, pitch=57) for a in (0.2, 0.05))
    assert slow["attack"] - fast["attack"] == pytest.approx(2, abs=0.4)
    assert features.measure_note(note(0.01, 12.0), 16000, pitch=57)["decay"] == pytest.approx(12, abs=1)
    soft = features.measure_note(note(0.05, 0.0, 0.1), 16000, pitch=57)
    assert fast["level"] - soft["level"] == pytest.approx(6.02, abs=0.01)
    assert soft["brightness"] == pytest.approx(fast["brightness"]) and abs(soft["pitch"] - 57) < 0.03


# --- networks ---


@pytest.mark.parametrize("known_length", [True, False])
def test_the_loop_scores_as_keras_does(known_length):
    model, clip = load_wavenet(), load_digits().test.audio[3][:480]
    _, found = features.sample_log_likelihoods(model, [clip[:200], clip], known_length=known_length)
    codes = mu_law_encode(clip)
    for digit in (0, 7):
        n_word = len(codes) if known_length else "unknown"
        logits = teacher_forced_logits(model, codes, digit=digit, n_word=n_word)
        wanted = np.log(softmax(logits.astype(float), axis=1))[np.arange(len(codes)), codes]
        assert found[digit] == pytest.approx(wanted, abs=1e-3)


def test_what_comes_later_does_not_change_the_evidence():
    model, clip = load_wavenet(), load_digits().test.audio[3][:800]
    whole, part = features.sample_log_likelihoods(model, [clip, clip[:400]], known_length=False)
    assert whole[:, :400] == pytest.approx(part, abs=1e-4)


def test_embeddings():
    clips = load_digits().test.audio[:2]
    models = {"WaveNet": load_wavenet(), "GAN critic": load_gan()}
    for name in features.WORD_FEATURES:
        model = models.get(name)
        both = features.word_embeddings(name, clips, model=model, fit=load_digits().test.audio[:8])
        one = features.word_embeddings(name, clips[:1], model=model, fit=load_digits().test.audio[:8])
        assert np.isfinite(both).all() and both.shape[0] == 2
        assert both[:1] == pytest.approx(one, abs=1e-3, rel=1e-3)  # no clip depends on its neighbours
    with pytest.raises(ValueError, match="name"):
        features.word_embeddings("hearsay", clips)


def test_pooling():
    frames = np.arange(12.0).reshape(6, 2)
    pooled = embed.pool_frames(frames)
    assert pooled[:2] == pytest.approx(frames.mean(axis=0)) and pooled[4:6] == pytest.approx([1, 2])
    assert embed.pool_frames(frames[:1]).shape == (10,)


# --- the tables ---


def test_labelled_clips_are_drawn_evenly():
    labels = np.repeat(np.arange(4), 9)
    rows = experiments.draw_labelled(labels, 5, 0)
    assert np.bincount(labels[rows]).tolist() == [5] * 4 and len(set(rows)) == 20
    assert not np.array_equal(rows, experiments.draw_labelled(labels, 5, 1))


@pytest.mark.slow
def test_a_network_begins_anew_for_each_draw(monkeypatch):
    train = experiments.one_take(load_digits().train)
    rows = np.concatenate([np.flatnonzero(train.labels == d)[:2] for d in range(10)])
    few = train.select(rows)
    monkeypatch.setattr(experiments, "corpora", lambda: {"words": (few, few)})
    monkeypatch.setattr(experiments, "N_COPIES", 1)
    monkeypatch.setattr(experiments, "N_SCRATCH", 2)
    monkeypatch.setattr(experiments, "N_STEPS", {1: 1, 0: 2})
    monkeypatch.setattr(experiments, "N_LONGER", {})
    monkeypatch.setattr(experiments, "draw_labelled", lambda labels, n, draw: np.arange(10))
    found = list(experiments.scratch())
    names = [(row["feature"], row["n"], row["draw"]) for row in found]
    assert names == [
        (f"from scratch, {way}", n, draw)
        for n, draws in ((1, (0, 1)), ("all", (0,)))
        for way in ("changed", "plain")
        for draw in draws
    ]
    assert all(0 <= float(row["low"]) <= float(row["accuracy"]) <= 1 for row in found)


def test_the_stored_likelihoods_are_those_of_the_clips():
    text = (checkpoint_dir() / "likelihoods.csv").read_text("utf-8")
    row = next(csv.DictReader(text.splitlines()))
    test = experiments.one_take(load_digits().test)
    (i,) = np.flatnonzero((test.voices == row["voice"]) & (test.labels == int(row["digit"])))
    found = features.sample_log_likelihoods(load_wavenet(), [test.audio[i]])[0].sum(axis=1)
    assert found == pytest.approx([float(row[f"wavenet{d}"]) for d in range(10)], abs=0.5)


def test_edits_start_from_another_instruments_middle():
    from audio_edu.generation import load_vae

    vae = load_vae()
    name = experiments.another_instrument(vae, 0, 60.0)
    assert name in vae.label_names and name != vae.label_names[0]
    assert load_notes().label_names == vae.label_names
