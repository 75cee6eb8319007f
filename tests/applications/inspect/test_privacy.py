"""Voices, members, hidden voices and marks: against scikit-learn, hand counts and physical law."""

import numpy as np
import pytest
import scipy.signal
from sklearn.metrics import roc_curve

from audio_edu.applications import inspect
from audio_edu.applications.inspect import privacy_experiments
from audio_edu.applications.inspect.speaker_experiments import (
    eer_interval,
    passages_of,
    rates,
    trials,
    verifier,
)
from audio_edu.datasets import load_digits
from audio_edu.signal import noise

rng = np.random.default_rng(0)


# --- speakers ---


def test_error_rates_equal_scikit_learns():
    same = rng.random(500) < 0.3
    scores = np.round(rng.normal(size=500) + same, 1)  # with ties
    thresholds, accepts, rejects = inspect.error_rates(scores, same)
    false, true, by_sklearn = roc_curve(same, scores, drop_intermediate=False)
    assert np.allclose(accepts, false) and np.allclose(1 - rejects, true)
    assert np.allclose(thresholds[1:], by_sklearn[1:])


def test_equal_error_rate_by_hand():
    same = np.repeat([True, False], 4)
    # 4 above all, then one of each kind wrong
    assert inspect.equal_error_rate(np.array([9.0, 8, 7, 2, 6, 1, 0, 0]), same)[0] == pytest.approx(0.25)
    assert inspect.equal_error_rate(np.array([9.0, 8, 7, 6, 5, 4, 3, 2]), same) == (0.0, 6.0)
    normal = rng.normal(size=200_000)
    flags = np.arange(200_000) % 2 == 0
    # two normal distributions two deviations apart cross at one deviation: 0.1587
    assert inspect.equal_error_rate(normal + 2 * flags, flags)[0] == pytest.approx(0.1587, abs=0.003)
    assert inspect.equal_error_rate(normal, flags)[0] == pytest.approx(0.5, abs=0.005)
    with pytest.raises(ValueError, match="one kind"):
        inspect.equal_error_rate(np.ones(3), np.ones(3, bool))


def test_two_voices_of_one_person_are_no_trial():
    i, j, same = trials(np.array(["a", "a", "a", "b"]), np.array(["a-0", "a-0", "a-1", "b-0"]))
    assert list(zip(i.tolist(), j.tolist(), same.tolist(), strict=True)) == [
        (0, 1, True), (0, 3, False), (1, 3, False), (2, 3, False),
    ]  # fmt: skip


def test_the_interval_holds_the_rate():
    speakers = np.repeat(list("abcdefgh"), 6)
    i, j, same = trials(speakers, speakers)
    scores = rng.normal(size=len(i)) + same
    low, high = eer_interval(scores, i, j, same, speakers)
    assert low < inspect.equal_error_rate(scores, same)[0] < high


def test_a_verifier_finds_what_voices_differ_in():
    voices = np.repeat(np.arange(20), 6)
    x = rng.normal(size=(120, 8)) * 10
    x[:, :3] = rng.normal(size=(20, 3))[voices] + 0.1 * rng.normal(size=(120, 3))
    names = voices.astype(str)
    z = verifier(x[:60], names[:60]).transform(x[60:])
    assert float(rates(z, z, names[60:], names[60:])["eer"]) < 0.3
    plain = (x / np.linalg.norm(x, axis=1, keepdims=True))[60:]
    assert float(rates(plain, plain, names[60:], names[60:])["eer"]) > 0.35


def test_passages_hold_each_word_of_a_voice_once():
    corpus = load_digits().test
    clips, speakers, voices = passages_of(corpus, 2, of=corpus.voices[:1].tolist())
    assert len(clips) == 2 and set(voices) == {corpus.voices[0]} and len(set(speakers)) == 1
    assert len({x.tobytes() for part in clips for x in part}) == 10
    clips, speakers, voices = passages_of(corpus, 99)
    assert (len(clips), len(set(voices)), len(set(speakers))) == (168, 28, 11)


# --- membership ---


def test_hits_by_hand():
    members = np.array([1, 1, 1, 0, 0]) > 0
    scores = np.array([5.0, 3, 1, 4, 0])
    assert privacy_experiments.hits_at(scores, members, 0.0) == pytest.approx(1 / 3)
    assert privacy_experiments.hits_at(scores, members, 0.5) == 1.0


# --- anonymisation ---


def test_a_formant_goes_where_the_formula_says():
    a = np.poly(0.98 * np.exp([0.5j, -0.5j]))
    x = scipy.signal.lfilter([1.0], a, noise(1.0, 8000, seed=0)[:8000])
    y = inspect.anonymize(x, 8000, 0.8)
    f, p = scipy.signal.welch(y, 2 * np.pi, nperseg=512)
    assert f[p.argmax()] == pytest.approx(0.5**0.8, abs=0.05)
    f, p = scipy.signal.welch(inspect.anonymize(x, 8000, 0.4), 2 * np.pi, nperseg=512)
    assert f[p.argmax()] == pytest.approx(0.5**0.4, abs=0.05)


def test_poles_that_stay_change_nothing():
    x = rng.normal(size=4000)
    assert np.abs(inspect.anonymize(x, 8000, 1.0) - x)[256:-256].max() < 1e-8
    assert inspect.anonymize(np.zeros(1000), 8000).tolist() == [0.0] * 1000


# --- watermark ---


def test_the_mark_is_found_with_its_key_alone_and_anywhere():
    x = rng.normal(size=24000) * np.repeat(rng.random(60) + 0.05, 400)
    mark = inspect.Watermark(key=1)
    y = mark.embed(x)
    others = [inspect.Watermark(key=k).detect(y) for k in range(2, 12)] + [mark.detect(x)]
    assert mark.detect(y) > 1.5 * max(others)
    assert mark.detect(y[1000:]) > 1.5 * max(others) and mark.detect(y / 100) > 1.5 * max(others)
    gain = np.abs(20 * np.log10(np.sqrt(np.mean(y**2) / np.mean(x**2))))
    assert len(y) == len(x) and gain < 0.5
    assert np.allclose(inspect.Watermark(key=1, strength_db=0).embed(x), x)


def test_the_pattern_is_balanced_and_keyed():
    a, b = (inspect.Watermark(key=k).pattern for k in (1, 2))
    assert not a.sum(axis=0).any() and set(np.unique(a)) == {-1.0, 1.0}
    assert (a == inspect.Watermark(key=1).pattern).all() and abs((a * b).mean()) < 0.15


def test_generated_sentences_are_marked_too(monkeypatch):
    clips = [rng.normal(size=16000) * np.repeat(rng.random(40) + 0.05, 400) for _ in range(4)]
    monkeypatch.setattr(privacy_experiments, "N_SPOKEN", 2)
    monkeypatch.setattr(privacy_experiments, "spoken", lambda texts, voices: clips[: len(texts)])
    mark = inspect.Watermark(key=privacy_experiments.SEED)
    unmarked, *marked = privacy_experiments.watermark_of_speech(mark, ["one"] * 4, 2.5)
    assert (unmarked["n"], unmarked["found"]) == (4, 0)
    assert [row["change"] for row in marked] == ["nothing", "MP3", "noise, 20 dB", "noise, 10 dB"]
    assert marked[0]["n"] == marked[0]["found"] == 2
