"""Judging: what a sample costs, by networks and by counting."""

import numpy as np
import pytest
from wavenets import beeps, small_wavenet

from audio_edu.generation.wavenet import FAMILY
from audio_edu.generation.wavenet.baselines import bigram_bits, unigram_bits
from audio_edu.generation.wavenet.evaluate import code_costs, sample_words, wavenet_bits
from audio_edu.generation.wavenet.generate import teacher_forced_logits


def test_costs_are_minus_log2_of_the_softmax():
    logits = np.log(np.array([[0.5, 0.25, 0.25], [0.125, 0.75, 0.125]])) + 3
    np.testing.assert_allclose(code_costs(logits, np.array([0, 2])), [1, 3], atol=1e-9)


def test_bits_of_a_batch_are_those_of_its_clips():
    model = small_wavenet()
    rng = np.random.default_rng(0)
    clips = [rng.integers(0, 256, n) for n in (50, 200, 121, 60, 90, 91, 92, 20, 140, 160)]
    labels = np.arange(10) % 3
    bits = wavenet_bits(model, clips, labels)  # two batches
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


class Judge:
    """Takes every clip for a "b"."""

    def probabilities(self, clips):
        assert all(clip.dtype == np.float32 for clip in clips)
        return np.tile([0.1, 0.8, 0.1], (len(clips), 1))

    def embeddings(self, clips):
        return np.array([[np.abs(clip).mean(), clip.std()] for clip in clips])

    def features(self, clips):
        return np.ones((len(clips), 12, 3)) * self.embeddings(clips)[:, :1, None]


def test_a_report_with_and_without_a_judge():
    model, corpus = small_wavenet(), beeps()
    model.arrays["word_lengths"][:] = 60
    alone = FAMILY.evaluate(model, corpus, split="train")
    assert alone["bits_per_sample"]["uniform"] == 8 and alone["n_test_clips"] == 12
    assert alone["bits_per_sample"]["bigram"] < alone["bits_per_sample"]["unigram"] < 8
    judged = FAMILY.evaluate(model, corpus, split="train", judge=Judge())
    assert alone.items() <= judged.items()
    assert judged["n_clips"] == judged["as_trained_n_clips"] == 1000
    assert judged["recognized_by_digit"] == [0.0, 1.0, 0.0]
    assert judged["held_out_recognized"] == pytest.approx(1 / 3, abs=1e-4)
    assert judged["held_out_copies"] > judged["copies"] == 0
    assert set(judged["below_ar16_by_voice"]) == {"anna", "bert"}


def test_words_are_as_long_as_their_voices_take():
    model = small_wavenet()
    model.arrays["word_lengths"][:] = np.arange(40, 49).reshape(3, 3)
    words, digits = sample_words(model, 9)
    assert digits.tolist() == [0, 1, 2] * 3
    assert all(len(word) - 3 * digit in (41, 42) for word, digit in zip(words, digits, strict=True))
