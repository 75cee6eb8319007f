"""The recogniser that writes: its size, its pieces, its times, the stream, the batches, the command line."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import log_softmax

from audio_edu import cli
from audio_edu.datasets import load_digits, load_sentences
from audio_edu.datasets.corpus import Corpus
from audio_edu.datasets.digits import DIGIT_NAMES
from audio_edu.metrics import word_error_rate
from audio_edu.recognition.ctc import Grammar, load_ctc
from audio_edu.recognition.ctc.data import Drawer, batches, load_speech, strings_of_digits
from audio_edu.recognition.ctc.family import FAMILY
from audio_edu.recognition.ctc.features import SpeechSettings, frames
from audio_edu.recognition.ctc.formulas import SYMBOLS, decode, greedy_decode
from audio_edu.recognition.ctc.recognize import SILENCE_S, TRACTS
from audio_edu.signal import save_audio

FACTS = {"label_names": list(SYMBOLS), "sample_rate": 8000}
RATE = 8000
rng = np.random.default_rng(0)


@pytest.fixture(scope="module")
def ctc():
    return load_ctc()


@pytest.fixture(scope="module")
def sentences():
    return load_sentences().test


def test_the_networks_fit_their_budget_and_are_of_one_size():
    sizes = [FAMILY.build(FAMILY.recipes[name], FACTS).n_parameters for name in ("ctc", "ctc_causal")]
    assert max(sizes) <= 1_000_000 and max(sizes) < 1.01 * min(sizes)


def test_it_understands_voices_and_sentences_that_it_never_heard(ctc, sentences):
    few = sentences.select(np.arange(0, len(sentences), 16))
    texts = [ctc.transcribe(x) for x in few.audio]
    assert word_error_rate(few.targets.texts, texts) < 0.25
    digits = strings_of_digits(load_digits().test, n_per_voice=1)
    few = digits.select(np.arange(0, len(digits), 3))
    heard = [ctc.transcribe(x, Grammar(DIGIT_NAMES)) for x in few.audio]
    assert word_error_rate(few.targets.texts, heard) < 0.1


def test_a_level_and_an_empty_sound_change_nothing(ctc, sentences):
    x = sentences.audio[0]
    assert ctc.transcribe(0.01 * x) == ctc.transcribe(x)
    assert ctc.transcribe(np.zeros(20)) == ""
    assert ctc.words(np.zeros(RATE)) == []


def test_pieces_follow_each_other_and_are_cut_where_it_is_soft(ctc):
    loud = rng.standard_normal(RATE * 5 // 2)
    x = np.concatenate([np.concatenate([loud, np.zeros(RATE)]) for _ in range(6)])
    pieces = ctc.pieces(x)
    assert [a for a, _ in pieces[1:]] == [b for _, b in pieces[:-1]]
    assert pieces[0][0] == 0 and pieces[-1][1] == len(x)
    for a, b in pieces[:-1]:
        assert b - a <= 6 * RATE and np.abs(x[b - 400 : b + 400]).max() == 0
    assert ctc.pieces(x[:RATE]) == [(0, RATE)]


def test_words_have_times_in_order_within_the_recording(ctc, sentences):
    for x, text in zip(sentences.audio[:6], sentences.targets.texts, strict=False):
        words = ctc.align(x, text)
        assert " ".join(word.text for word in words) == text
        edges = np.array([(word.start_s, word.end_s) for word in words])
        assert (edges[:, 0] <= edges[:, 1]).all() and (edges[1:, 0] >= edges[:-1, 1] - 1e-9).all()
        assert edges.min() >= 0 and edges.max() <= len(x) / RATE
    with pytest.raises(ValueError, match="figures as words"):
        ctc.align(sentences.audio[0], "q9")


def test_frames_stand_for_times(ctc, sentences):
    x = sentences.audio[0]
    log_p = ctc.log_probabilities(x)
    times = ctc.times(log_p)
    assert log_p.shape == (len(times), len(SYMBOLS))
    np.testing.assert_allclose(np.exp(log_p).sum(axis=1), 1, rtol=1e-4)
    assert times[0] == pytest.approx(-SILENCE_S)
    assert times[-1] == pytest.approx(len(x) / RATE + SILENCE_S, abs=0.03)


def test_of_several_tracts_the_surest_reading_counts(ctc, sentences):
    x = sentences.audio[3]
    readings = [ctc.log_probabilities(x, tracts=(factor,)) for factor in TRACTS]
    sure = [log_p.max(axis=1).mean() for log_p in readings]
    assert len({round(float(each), 4) for each in sure}) == len(TRACTS)
    chosen = ctc.log_probabilities(x, tracts=TRACTS)
    np.testing.assert_allclose(chosen, readings[int(np.argmax(sure))], atol=1e-4)
    np.testing.assert_array_equal(ctc.log_probabilities(x), ctc.log_probabilities(x, tracts=[1.0]))
    with pytest.raises(ValueError, match="tracts"):
        ctc.transcribe(x, tracts=())
    with pytest.raises(ValueError, match="tracts"):
        ctc.transcribe(x, tracts=(0.0, 1.0))


def test_trying_tracts_mends_errors(ctc, sentences):
    few = sentences.select(np.arange(0, len(sentences), 12))
    heard = {t: [ctc.transcribe(x, tracts=t) for x in few.audio] for t in ((1.0,), TRACTS)}
    alone, tried = (word_error_rate(few.targets.texts, texts) for texts in heard.values())
    assert tried < alone


def test_a_stream_is_the_whole_recording():
    causal = FAMILY.build(FAMILY.recipes["ctc_causal"], FACTS)
    x = 0.1 * rng.standard_normal(2 * RATE).astype(np.float32)
    whole = frames(x[None], causal.recipe.settings)
    whole = log_softmax(causal.network.predict_on_batch(whole[:, : whole.shape[1] // 2 * 2])[0], axis=-1)
    from audio_edu.recognition.ctc.recognize import _Stream

    chunks = np.split(x, [100, 3000, 3100, 9000])
    streamed = np.concatenate(list(_Stream(causal).feed(chunks)))
    assert len(whole) - 2 <= len(streamed) <= len(whole)
    np.testing.assert_allclose(streamed, whole[: len(streamed)], atol=1e-4)
    assert list(causal.stream(chunks))[-1] == decode(greedy_decode(streamed))


def test_a_causal_network_does_not_know_the_future_and_the_other_does():
    x = 0.1 * rng.standard_normal((1, RATE)).astype(np.float32)
    changed = x.copy()
    changed[:, RATE // 2 :] *= 3
    for name, same in (("ctc_causal", True), ("ctc", False)):
        model = FAMILY.build(FAMILY.recipes[name], FACTS)
        a, b = (
            model.network.predict_on_batch(frames(each, model.recipe.settings)[:, :100])
            for each in (x, changed)
        )
        assert np.allclose(a[:, :22], b[:, :22], atol=1e-5) == same


def test_only_a_causal_network_streams(ctc):
    with pytest.raises(ValueError, match="future"):
        next(ctc.stream([np.zeros(RATE)]))


def test_normalization_by_the_past_ignores_what_comes():
    mel_db = rng.normal(-40, 10, (1, 30, 40))
    settings = SpeechSettings(causal=True)
    from audio_edu.recognition.ctc.features import normalize

    whole, part = normalize(mel_db, settings), normalize(mel_db[:, :12], settings)
    np.testing.assert_allclose(whole[:, :12], part)


def test_batches_hold_what_is_said_and_fit_the_window():
    speech = load_speech().development
    speech = speech.select(np.arange(0, len(speech), 5))
    batch = batches(replace(FAMILY.tiny, batch_size=8), speech)
    x, y = batch(3)
    assert x.shape == (8, 512, 40) and np.isfinite(x).all() and y.shape == (8, 80)
    words = {word for text in speech.targets.texts for word in text.split()}
    for row in y:
        text = decode(row[row > 0].tolist())
        assert text and set(text.split()) <= words
    np.testing.assert_array_equal(batch(3)[0], x)


def test_prompts_come_as_often_as_asked():
    speech = load_speech(prompts=True).development
    draw = Drawer(speech, 30_000, share_of_prompts=0.5)
    prompts = {
        text for text, k in zip(speech.targets.texts, speech.info["source"], strict=True) if k == "prompt"
    }
    drawn = [draw(np.random.default_rng(seed))[1] for seed in range(200)]
    share = np.mean([len(texts) == 1 and texts[0] in prompts for texts in drawn])
    assert 0.35 < share < 0.65


def test_a_corpus_without_digits_is_a_clear_error():
    with pytest.raises(ValueError, match="no digits or no sentences"):
        Drawer(load_speech().select(np.arange(3)), 30_000)


def test_a_curve_longer_than_the_training_goes_on_alike():
    recipe = FAMILY.recipes["ctc"]
    assert recipe.n_steps_alike == recipe.n_steps and FAMILY.tiny.n_steps_alike == 0
    with pytest.raises(ValueError, match="schedule_steps is 3"):
        replace(recipe, schedule_steps=3)


def test_transcribe_writes_a_line_for_each_file(tmp_path, sentences, capsys, ctc):
    x = sentences.audio[3]
    for name in ("a", "b"):
        save_audio(tmp_path / f"{name}.wav", x, RATE)
    (tmp_path / "c.wav").write_bytes(b"no sound")
    paths = [str(tmp_path / f"{name}.wav") for name in "abc"]
    assert cli.main(["transcribe", *paths, "--json"]) == 0
    out, err = capsys.readouterr()
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["file"] for row in rows] == paths[:2] and "c.wav" in err
    assert rows[0]["text"] == " ".join(word["text"] for word in rows[0]["words"])
    assert all(0 <= word["start_s"] <= word["end_s"] for word in rows[0]["words"])
    assert cli.main(["transcribe", paths[0], "--language", "sentences"]) == 0
    text = capsys.readouterr().out.removeprefix(f"{paths[0]}: ").strip()
    words = {word for each in load_sentences().targets.texts for word in each.split()}
    assert set(text.split()) <= words
    assert cli.main(["transcribe", paths[2]]) == 1


def test_strings_of_digits_are_of_one_speaker_and_repeat():
    digits = load_digits().test
    few = digits.select(np.arange(0, len(digits), 7))
    once, again = (strings_of_digits(few, n_per_voice=2) for _ in range(2))
    assert isinstance(once, Corpus) and once.targets.texts == again.targets.texts
    assert all(3 <= len(text.split()) <= 7 for text in once.targets.texts)
