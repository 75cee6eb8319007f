"""Training, resuming, coding."""

from dataclasses import replace

import numpy as np
import pytest
from test_wavenet import SMALL, small_wavenet

from audio_edu.datasets import Corpus
from audio_edu.generation.wavenet import SILENCE
from audio_edu.generation.wavenet_baselines import bigram_bits, unigram_bits
from audio_edu.generation.wavenet_evaluation import code_costs, wavenet_bits
from audio_edu.generation.wavenet_generation import teacher_forced_logits
from audio_edu.generation.wavenet_training import (
    RECIPE,
    Rows,
    WarmHoldDecay,
    WaveNetRecipe,
    build_wavenet,
    train,
    vary,
)
from audio_edu.signal import mu_law_encode

TINY = WaveNetRecipe(
    n_steps=12,
    n_warm=2,
    n_decay=4,
    row_lengths=(600,),
    samples_per_batch=1200,
    n_silence=60,
    noisy=0.0,
    varied=0.0,
    config=SMALL,
)


@pytest.fixture(scope="module")
def beeps():
    """Twelve clips of three pitches by two voices."""
    rng = np.random.default_rng(0)
    audio, labels = [], []
    for i in range(12):
        n = 300 + 20 * i
        t = np.arange(n) / 8000
        audio.append((0.5 * np.sin(2 * np.pi * (200 + 150 * (i % 3)) * t + rng.random())).astype(np.float32))
        labels.append(i % 3)
    voices = ["anna" if i % 2 else "bert" for i in range(12)]
    return Corpus(
        name="beeps", audio=tuple(audio), labels=labels, label_names=("a", "b", "c"), voices=voices,
        split=["train"] * 12, sample_rate=8000,
    )  # fmt: skip


@pytest.mark.parametrize("varied", [0.0, 0.5], ids=["plain", "varied, noisy and advised"])
def test_a_killed_training_ends_with_the_same_weights(tmp_path, beeps, varied):
    recipe = replace(TINY, varied=varied, noisy=varied, config=replace(SMALL, ar_order=4 if varied else 0))
    whole, report = train(recipe, beeps, progress=False, jit_compile=False)
    state = tmp_path / "state.npz"
    train(recipe, beeps, progress=False, jit_compile=False, state_path=state, n_steps_now=5)
    resumed, second = train(recipe, beeps, progress=False, jit_compile=False, state_path=state, resume=True)
    for a, b in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert report["losses"] == second["losses"]
    assert second["n_steps"] == 12
    assert second["wall_s"] > 0


def test_a_longer_training_is_a_shorter_one_continued(tmp_path, beeps):
    state = tmp_path / "state.npz"
    train(TINY, beeps, progress=False, jit_compile=False, state_path=state, n_steps_now=5)
    longer = replace(TINY, n_steps=16)
    continued, _ = train(longer, beeps, progress=False, jit_compile=False, state_path=state, resume=True)
    whole, _ = train(longer, beeps, progress=False, jit_compile=False)
    for a, b in zip(whole.get_weights(), continued.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_state_of_another_training_is_refused(tmp_path, beeps):
    state = tmp_path / "state.npz"
    train(TINY, beeps, progress=False, jit_compile=False, state_path=state, n_steps_now=1)
    with pytest.raises(ValueError, match="another training"):
        train(replace(TINY, seed=1), beeps, progress=False, jit_compile=False, state_path=state, resume=True)


def test_learning_beats_counting(beeps):
    recipe = replace(TINY, n_steps=250, n_warm=10, n_decay=100, learning_rate=1e-2, averaging=0.9)
    model, report = train(recipe, beeps, progress=False, jit_compile=False)
    codes = [mu_law_encode(clip) for clip in beeps.audio]
    n = sum(map(len, codes))
    assert report["losses"][-1] < report["losses"][0]
    bits = wavenet_bits(model, codes, beeps.labels).sum() / n
    assert bits < unigram_bits(codes, codes).sum() / n - 1


def test_rows_hold_each_clip_once_an_epoch_and_hide_what_they_should(beeps):
    two = replace(TINY, row_lengths=(400, 600), unknown_voice=0.5, unknown_length=0.0)
    rows = Rows(two, beeps)
    seen, hidden = [], 0
    for step in range(rows.n_batches, 2 * rows.n_batches):
        (codes, labels, voices, positions), target, weight = rows.batch(step)
        np.testing.assert_array_equal(codes, target)
        assert codes.shape == weight.shape
        assert positions.shape == (len(codes), codes.shape[1] // SMALL.frame_length)
        hidden += int((voices == 0).sum())
        for row in range(len(codes)):
            n = int(weight[row].sum()) - TINY.n_silence
            assert (codes[row, n:] == SILENCE).all()
            assert (positions[row] > 0).all()
            seen.append((n, int(labels[row])))
    assert len(seen) == len(set(seen)) >= 10
    assert 0 < hidden < 12
    first, again = rows.batch(4), Rows(two, beeps).batch(4)
    np.testing.assert_array_equal(first[1], again[1])


def test_a_clip_too_long_for_the_rows_is_refused(beeps):
    with pytest.raises(ValueError, match="row_lengths"):
        Rows(replace(TINY, row_lengths=(400,)), beeps)
    with pytest.raises(ValueError, match="frame_length"):
        replace(TINY, row_lengths=(410,))


def test_usual_lengths_of_words(beeps):
    model = build_wavenet(TINY, beeps)
    assert model.voice_names == ("anna", "bert")
    of_bert = [len(beeps.audio[i]) for i in range(12) if i % 3 == 1 and i % 2 == 0]
    assert model.word_length(1, "bert") == round(np.mean(of_bert))
    assert model.word_length(1) == round(np.mean(beeps.lengths[beeps.labels == 1]))


def test_the_learning_rate_rises_stays_and_falls():
    rate = WarmHoldDecay(2.0, n_warm=10, n_decay=20, n_steps=100)
    values = [float(rate(step)) for step in (0, 9, 50, 80, 90, 100)]
    np.testing.assert_allclose(values, [0.2, 2, 2, 2, 1, 0], atol=1e-6)
    assert RECIPE.n_steps > RECIPE.n_warm + RECIPE.n_decay


def test_a_varied_clip_is_another_voice():
    """All frequencies of a tone with overtones move together; length and peak are as promised."""
    t = np.arange(3000) / 8000
    x = (sum(np.sin(2 * np.pi * 200 * k * t) / k for k in (1, 2, 3)) / 3).astype(np.float32)
    rng, moved = np.random.default_rng(0), []
    for _ in range(20):
        y = vary(x, rng, longest=3200)
        assert y.dtype == np.float32
        assert 2600 <= len(y) <= 3200
        assert np.abs(y).max() == pytest.approx(np.abs(x).max(), abs=1e-6)
        spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 32768))
        f0 = np.argmax(spectrum) * 8000 / 32768
        assert f0 == pytest.approx(200 * 3000 / len(y), rel=0.01)
        moved.append(f0)
    assert max(moved) > 215 and min(moved) < 190
    assert len(vary(x, rng, longest=2000)) == 2000


def test_half_of_the_clips_are_varied_and_belong_to_nobody(beeps):
    rows = Rows(replace(TINY, unknown_voice=0.0, varied=0.5), beeps)
    known = {tuple(mu_law_encode(clip)) for clip in beeps.audio}
    n, n_varied = 0, 0
    for step in range(40):
        inputs, codes, weight = rows.batch(step)
        for row in range(len(codes)):
            length = int(weight[row].sum()) - TINY.n_silence
            is_varied = tuple(codes[row, :length]) not in known
            assert (inputs[2][row] == 0) == is_varied
            n, n_varied = n + 1, n_varied + is_varied
    assert 0.3 * n < n_varied < 0.7 * n


def test_half_of_the_clips_are_heard_with_noise_and_asked_for_without(beeps):
    rows = Rows(replace(TINY, noisy=0.5, noise=3.0), beeps)
    known = {tuple(mu_law_encode(clip)) for clip in beeps.audio}
    strengths = []
    for step in range(40):
        (heard, *_), target, weight = rows.batch(step)
        for row in range(len(target)):
            assert tuple(target[row, : int(weight[row].sum()) - TINY.n_silence]) in known
            strengths.append(np.std(heard[row] - target[row]))
            assert 0 <= heard.min() and heard.max() <= 255
    strengths = np.array(strengths)
    assert 0.3 < np.mean(strengths == 0) < 0.7
    assert 2 < strengths.max() < 3.2


def test_costs_are_minus_log2_of_the_softmax():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])) + 3
    np.testing.assert_allclose(code_costs(logits, np.array([0, 2])), [1, 3], atol=1e-9)


def test_bits_of_a_batch_are_those_of_its_clips():
    model = small_wavenet()
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, n) for n in (50, 200, 121, 60)]
    labels = np.array([0, 1, 2, 0])
    bits = wavenet_bits(model, clips, labels, batch_size=3)
    for clip, label, together in zip(clips, labels, bits, strict=True):
        logits = teacher_forced_logits(model, clip, digit=int(label), n_word=len(clip))
        np.testing.assert_allclose(code_costs(logits, clip).sum(), together, rtol=1e-4)


def test_counting_coders():
    rng = np.random.default_rng(0)
    coin = rng.choice([7, 9], 20000, p=[0.25, 0.75])
    assert unigram_bits([coin], [coin])[0] / len(coin) == pytest.approx(0.811, abs=0.05)
    turns = np.tile([7, 9], 5000)
    assert unigram_bits([turns], [turns])[0] / len(turns) == pytest.approx(1, abs=0.05)
    assert bigram_bits([turns], [turns])[0] / len(turns) < 0.05
    unseen = np.array([3, 200, 3])
    assert np.isfinite(bigram_bits([turns], [unseen])).all()
