"""Text to speech: the front end, loops beside layers, batches, reading, scores."""

import keras
import numpy as np
import pytest
from tones import tones

import audio_edu.generation.tacotron.experiments as experiments
from audio_edu import training
from audio_edu.datasets import Transcripts, load_sentences
from audio_edu.generation.tacotron import (
    FAMILY,
    TINY,
    attention_faults,
    guided_attention,
    letter_ends,
    location_features,
    location_sensitive_attention,
    mel_cepstral_distance,
    repeat_letters,
    to_symbols,
    to_words,
)
from audio_edu.generation.tacotron.align import clip_name, read_letter_ends, respelled_ends, write_letter_ends
from audio_edu.generation.tacotron.data import Spoken, spread, to_groups, trimmed
from audio_edu.generation.tacotron.generate import Options, generate, griffin_lim
from audio_edu.generation.tacotron.model import before, guide
from audio_edu.generation.tacotron.text import SYMBOLS, WITH_PHONES, spell
from audio_edu.training import as_array, changed

FACTS = {"label_names": list(SYMBOLS), "voices": ["a", "b"], "sample_rate": 8000}


@pytest.fixture(scope="module")
def models():
    """One of each kind, nothing learned, but no weight at zero."""
    found = {}
    for kind in ("attention", "durations"):
        found[kind] = model = FAMILY.build(changed(TINY, {"kind": kind}), FACTS)
        rng = np.random.default_rng(0)
        for w in model.network.weights:
            if w.dtype == "float32":
                w.assign_add(0.1 * rng.standard_normal(w.shape).astype(np.float32))
    return found


@pytest.fixture(scope="module")
def phone_models():
    """One that has learned letters, and one that goes on with phones behind them."""
    facts = FACTS | {"voices": ["slt-00"]}
    old = FAMILY.build(changed(TINY, {"kind": "durations"}), facts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FAMILY, "load", lambda name: old)
        return old, FAMILY.start(changed(old.recipe, {"start": "durations", "phones": 0.5}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4:20", "four twenty"),
        ("at 12:05!", "at twelve oh five"),
        ("0:00", "twelve o'clock"),
        ("$1.01", "one dollar and one cent"),
        ("£3,200.5", "three thousand two hundred pounds and fifty pence"),
        ("€0.99", "ninety nine cents"),
        ("2026-11-27", "the twenty seventh of november twenty twenty six"),
        ("3rd of May 1905", "the third of may nineteen oh five"),
        ("21st", "twenty first"),
        ("-3.14 %", "minus three point one four percent"),
        ("007", "zero zero seven"),
        ("1,250 people", "one thousand two hundred and fifty people"),
        ("It’s well-known", "it's well known"),
    ],
)
def test_what_is_written_becomes_what_is_said(text, said):
    assert to_words(text) == said


@pytest.mark.parametrize(
    ("text", "named"),
    [("你好", "'你', '好'"), ("naïve", "'ï'"), ("...", "something to say"), ("25:99", "25:99")],
)
def test_what_cannot_be_read_is_named(text, named):
    with pytest.raises(ValueError, match=named):
        to_words(text)


def test_all_sentences_can_be_read_and_stay_as_they_are():
    for text in load_sentences().targets.texts:
        assert to_words(text) == text
    assert to_symbols("a b").tolist() == [4, 2, 5, 1]


def test_words_are_read_by_phones_where_they_are_known():
    assert to_words("the {k er0 n ah1 l} at 4:20") == "the {K ER N AH L} at four twenty"
    assert to_symbols("a{B}").tolist() == [4, 2, WITH_PHONES.index("B"), 1]
    assert spell("one xu", phones=True) == [("W", "AH", "N"), ("x", "u")]
    assert WITH_PHONES[: len(SYMBOLS)] == SYMBOLS and len(set(WITH_PHONES)) == len(WITH_PHONES) == 69
    with pytest.raises(ValueError, match="phone 'QX' in"):
        to_words("{K QX}")
    with pytest.raises(ValueError, match=r"has '\{'"):
        to_words("{K")


def test_phones_share_the_time_of_their_words_letters():
    ends = np.array([2, 4, 10, 11, 12, 13, 14, 20])  # "the", " ", "toll"
    assert respelled_ends(ends, [3, 4], [3, 4]).tolist() == ends.tolist()
    # two phones for three letters: the first ends half-way through the second letter
    assert respelled_ends(ends, [3, 4], [2, 1]).tolist() == [3, 10, 11, 20]


def test_a_batch_with_phones_lasts_as_long(phone_models):
    _, phones = phone_models
    recipe, corpus = changed(phones.recipe, {"phones": 1.0, "most_s": 2.0}), load_sentences().train
    corpus = corpus.select(np.flatnonzero(corpus.voices == "slt-00"))
    mixed = FAMILY.batches(phones, recipe, corpus)(3)
    plain = FAMILY.batches(phones, changed(recipe, {"phones": 0.0}), corpus)(3)
    assert all(np.array_equal(a, b) for a, b in zip(mixed[1:4], plain[1:4], strict=True))
    assert (mixed[4].sum(1) == plain[4].sum(1)).all() and mixed[4].min() >= 0
    letters = set(range(4, len(SYMBOLS)))
    assert not letters & set(mixed[0].ravel().tolist()) and plain[0].max() < len(SYMBOLS)


def test_letters_sound_as_before_when_phones_come_behind(phone_models):
    old, new = phone_models
    assert new.facts["label_names"] == list(WITH_PHONES)
    a, b = (model.speak(["four"], ["slt-00"])[0] for model in phone_models)
    np.testing.assert_allclose(a.mel, b.mel, atol=1e-5)
    (by_phones,) = new.speak(["four {AO R}"], ["slt-00"], phones=True)
    assert by_phones.text == "four {AO R}" and by_phones.alignment.shape[1] == len("F AO R".split()) + 4
    for said in ({"texts": ["four"], "phones": True}, {"texts": ["{AO R}"]}):
        with pytest.raises(ValueError, match="letters alone"):
            old.speak(**said, voices=["slt-00"])
    with pytest.raises(ValueError, match="letters alone"):
        generate(old, Options(spelling="phones"))
    with pytest.raises(ValueError, match="spelling is 'ipa'"):
        generate(new, Options(spelling="ipa"))


def test_weights_are_rounded_to_a_grid_where_the_recipe_says_so():
    recipe = changed(TINY, {"kind": "durations"})
    model, plain = FAMILY.build(changed(recipe, {"grid": 0.25}), FACTS), FAMILY.build(recipe, FACTS)
    FAMILY.finish(model, None)
    FAMILY.finish(plain, None)
    name = "network/letters/embeddings"
    w, before_ = as_array(model.weights[name]), as_array(plain.weights[name])
    step = 2.0 ** np.round(np.log2(before_.std() / 4))
    assert np.array_equal(w / step, np.round(w / step)) and 0 < np.abs(w - before_).max() <= step / 2 * 1.001
    assert np.array_equal(before_, as_array(FAMILY.build(recipe, FACTS).weights[name]))


def test_the_attention_of_keras_is_the_loop(models):
    network, rng = models["attention"].network, np.random.default_rng(1)
    layer = network.attention
    memory = rng.standard_normal((1, 5, 8)).astype(np.float32)
    q = rng.standard_normal((1, 8)).astype(np.float32)
    a, total = (w / w.sum() for w in rng.random((2, 1, 5), dtype=np.float32))
    weights = as_array(layer(q, layer.keys(memory), np.ones((1, 5), np.float32), a, total))
    f = location_features(a[0], total[0], layer.n_location)
    kernels = [as_array(x.kernel) for x in (layer.query, layer.keys, layer.location)]
    by_hand = location_sensitive_attention(
        q[0], memory[0], f, *kernels, as_array(layer.keys.bias), as_array(layer.energy.kernel)[:, 0]
    )
    np.testing.assert_allclose(weights[0] @ memory[0], by_hand[0], atol=1e-5)
    np.testing.assert_allclose(weights[0], by_hand[1], atol=1e-5)


def test_the_guide_of_keras_is_the_loop():
    due = np.array([0.0, 0.5, 2.0, 5.0])
    found = as_array(guide(due[None].astype(np.float32), 6, 1.5))[0]
    np.testing.assert_allclose(found, guided_attention(due, 6, 1.5), atol=1e-5)
    np.testing.assert_array_equal(as_array(before(np.array([1, 3]), 3)), [[1, 0, 0], [1, 1, 1]])


def test_letters_repeated_by_the_network_are_those_of_the_loop(models):
    durations = np.array([[2, 0, 3, 1]])
    where, position = spread(durations, 8)
    assert where.tolist() == [[0, 0, 2, 2, 2, 3, -1, -1]]
    memory = np.random.default_rng(0).standard_normal((4, 3))
    np.testing.assert_array_equal(memory[where[0, :6]], repeat_letters(memory, durations[0]))
    assert (position[0, 6:] == 0).all()


def test_teacher_forced_and_free_steps_agree(models):
    model = models["attention"]
    (one,) = model.speak(["ab"], ["a"], most_s=0.3, stop=False)
    n = len(one.alignment)
    letters = np.zeros((1, 16), np.int32)
    letters[0, :3] = to_symbols("ab")
    # what it wrote before the post-net is not kept: compare where it looked, given its own frames
    network = model.network
    memory, keys, mask, v = network.encode(letters, np.zeros(1, np.int32))
    state, s, seen, rough = network.start(memory), None, -np.ones((1, 40), np.float32), []
    s = state[0]
    for _ in range(n):
        state = network.read(network.condition(seen, v), memory, keys, mask, state)
        frames, _, s = network.write(state[1], s)
        seen = frames[:, -1]
        rough.append(as_array(frames))
    rough = np.concatenate(rough, 1)
    copied = model.copy(rough[0], "ab", "a")
    np.testing.assert_allclose(copied.alignment, one.alignment, atol=1e-4)


def test_reading_all_steps_at_once_is_reading_them_one_after_the_other(models):
    network, rng = models["attention"].network, np.random.default_rng(2)
    letters = np.array([[3, 5, 4, 1, 0, 0]], np.int32)
    memory, keys, mask, _ = network.encode(letters, np.zeros(1, np.int32))
    x = rng.standard_normal((1, 4, memory.shape[-1])).astype(np.float32)
    due = np.array([[0, 1, 1, 3]], np.int32)
    context, a = map(as_array, network.read_placed(x, memory, keys, mask, due))
    h, read, before, total = network.start(memory)
    for t in range(4):
        h, _, weights, _ = network.read(x[:, t], memory, keys, mask, (h, read, before, total))
        np.testing.assert_allclose(as_array(weights), a[:, t], atol=1e-5)
        # the place that it is told, not the one that it asked for
        share = np.linalg.lstsq(as_array(memory)[0, :4].T, context[0, t], rcond=None)[0]
        assert share.sum() == pytest.approx(1, abs=1e-3) and share[due[0, t]] >= -1e-3
        before = np.append(share, [0, 0])[None].astype(np.float32)
        read, total = context[:, t], total + before


def test_a_training_begins_with_what_another_has_alike(monkeypatch, models):
    counts, recipe = models["durations"], models["attention"].recipe
    monkeypatch.setattr(FAMILY, "load", lambda name: counts)
    model, new = FAMILY.start(changed(recipe, {"start": "durations"})), FAMILY.build(recipe, FACTS)
    mine, theirs, fresh = ({name: as_array(w) for name, w in m.weights.items()} for m in (model, counts, new))
    taken = [name for name in mine if name in theirs and mine[name].shape == theirs[name].shape]
    assert {"network/letters/embeddings", "network/inside/kernel"} <= set(taken) < set(mine)
    assert all(np.array_equal(mine[name], theirs[name]) for name in taken)
    assert all(np.array_equal(mine[name], fresh[name]) for name in mine if name not in taken)
    assert FAMILY.start(recipe) is None


def test_a_voice_of_its_own_changes_nothing_but_its_vector(models, monkeypatch):
    monkeypatch.setattr(experiments, "N_STEPS", 2)
    counts, rng = models["durations"], np.random.default_rng(3)
    lasts = np.array([3, 2, 4, 1])
    mel = rng.uniform(-1, 1, (2 * lasts.sum(), 40)).astype(np.float32)
    clips = [Spoken(to_symbols("six"), 0, mel, lasts)]
    assert experiments.nearest_voice(counts, clips) in (0, 1)
    old = {name: as_array(w) for name, w in counts.weights.items()}
    for way in ("vector", "all weights"):
        new = experiments.with_one_voice(counts, 1, way)
        np.testing.assert_array_equal(experiments.voice_vector(new), old["network/voices/embeddings"][1])
        experiments.learn(new, clips)
        now = {name: as_array(w) for name, w in new.weights.items() if "voices" not in name}
        assert all(np.array_equal(x, old[name]) for name, x in now.items()) == (way == "vector")
        assert not np.array_equal(experiments.voice_vector(new), old["network/voices/embeddings"][1])


def test_a_text_is_read_alike_alone_and_among_others(models):
    for kind, model in models.items():
        options = {"most_s": 0.5, "stop": False} if kind == "attention" else {}
        alone = model.speak(["four"], ["b"], **options)[0]
        among = model.speak(["four", "twenty past ten in the morning"], ["b", "a"], **options)[0]
        n = min(len(alone.mel), len(among.mel)) - 24  # behind the end stands silence in one of them
        np.testing.assert_allclose(alone.mel[:n], among.mel[:n], atol=1e-4)
        assert alone.text == "four" and alone.alignment.shape[1] == 5


def test_asking_for_the_wrong_thing_is_said(models):
    for model in models.values():
        with pytest.raises(ValueError, match="voice is 'nobody'"):
            model.speak(["four"], ["nobody"])
        with pytest.raises(ValueError, match="1 texts and 2 voices"):
            model.speak(["four"], ["a", "b"])


def test_a_window_keeps_attention_near(models):
    (one,) = models["attention"].speak(
        ["a long row of words to read"], ["a"], window=1, most_s=2.0, stop=False
    )
    assert np.abs(np.diff(one.alignment.argmax(1))).max() <= 1


def test_faults_are_counted():
    steady = np.eye(6)[[0, 1, 2, 3, 4, 5]]
    assert attention_faults(steady) == {"steps": 5, "back": 0, "skips": 0, "missed": 0}
    assert attention_faults(steady[[0, 5, 4]], most_back=1) == {
        "steps": 2,
        "back": 1,
        "skips": 1,
        "missed": 0,
    }


def test_the_distance_forgives_time_and_level_and_nothing_else():
    mel = np.random.default_rng(0).uniform(-1, 0.5, (30, 40))
    assert mel_cepstral_distance(mel, mel) == 0
    assert mel_cepstral_distance(mel, np.repeat(mel, 3, axis=0) + 0.2) == pytest.approx(0, abs=1e-4)
    assert mel_cepstral_distance(mel, mel[::-1]) > 1


def test_letters_that_ship_are_what_the_aligner_finds(tmp_path):
    from audio_edu.families import load_model
    from audio_edu.recognition.ctc import force_align

    corpus = load_sentences().development
    rows = [i for i, voice in enumerate(corpus.voices) if voice.startswith("slt")][:2]
    clips, texts = [trimmed(corpus.audio[i]) for i in rows], [corpus.targets.texts[i] for i in rows]
    write_letter_ends(clips, texts, load_model("ctc_prompts"), force_align, tmp_path / "letters.csv")
    found, shipped = read_letter_ends(tmp_path / "letters.csv"), read_letter_ends()
    assert len(found) == 2
    for clip in clips:
        np.testing.assert_allclose(found[clip_name(clip)], shipped[clip_name(clip)], atol=0.05)


def test_ends_become_groups_that_add_up():
    path = np.array([-1, 0, 0, -1, -1, 1, 2, -1])
    assert letter_ends(path, 0, 8).tolist() == [4, 6, 8]
    assert to_groups(np.array([0.5, 0.75, 1.0]), 9).sum() == 9


def test_it_learns_and_makes_sound(monkeypatch):
    clips = tones(24)
    corpus = clips.__class__(
        name="texts", audio=clips.audio, targets=Transcripts([clips.label_names[k] for k in clips.labels]),
        voices=clips.voices, split=clips.split, sample_rate=8000,
    )  # fmt: skip
    ends = {
        clip_name(trimmed(x)): np.linspace(0, 1, len(t) + 1)[1:]
        for x, t in zip(corpus.audio, corpus.targets.texts, strict=True)
    }
    monkeypatch.setattr("audio_edu.generation.tacotron.data.read_letter_ends", lambda: ends)
    keras.utils.set_random_seed(0)
    recipe = changed(TINY, {"n_steps": 40, "learning_rate": 1e-2, "ema_decay": 0.5})
    model, report = training.train(FAMILY, recipe, corpus)
    assert report["curve"]["loss"][-1] < 2.5
    (one,) = model.speak(["rise"], [model.voices[0]], most_s=1.0)
    sound = griffin_lim([one.mel])[0]
    assert np.isfinite(sound).all() and len(sound) == (len(one.mel) - 1) * 80
    metrics = FAMILY.evaluate(model, corpus)
    assert metrics["n_texts"] == len(corpus.test)
