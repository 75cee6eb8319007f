"""The flow: batches, bits, the way back, copies of clips, the report, the card."""

from dataclasses import replace

import numpy as np
import pytest
from tones import tones

from audio_edu import training
from audio_edu.families import CHECKPOINTS
from audio_edu.generation.flow import FAMILY, TINY, FlowConfig, FlowRecipe
from audio_edu.generation.flow.bench import _inputs
from audio_edu.generation.flow.data import Batches, code_widths, dequantize, mel_condition
from audio_edu.generation.flow.evaluate import flac_bits, flow_bits, mel_error_db
from audio_edu.generation.flow.generate import copy_clips, vocode
from audio_edu.signal import mu_law_decode, mu_law_encode

FACTS = {"label_names": ["fall", "level", "rise"], "sample_rate": 8000}


@pytest.fixture(scope="module")
def model():
    """Nothing learned, but no weight at zero."""
    model = FAMILY.build(TINY, FACTS)
    rng = np.random.default_rng(0)
    for w in model.network.weights:
        w.assign_add(0.1 * rng.standard_normal(w.shape))
    return model


def test_dequantizing_stays_within_the_code():
    codes, rng = np.repeat(np.arange(1, 255), 20), np.random.default_rng(0)
    x = dequantize(codes, rng.uniform(0.01, 0.99, codes.shape))
    np.testing.assert_array_equal(mu_law_encode(x), codes)
    np.testing.assert_allclose(dequantize(codes, np.full(codes.shape, 0.5)), mu_law_decode(codes), atol=1e-6)
    width = dequantize(codes, np.ones(codes.shape)) - dequantize(codes, np.zeros(codes.shape))
    np.testing.assert_allclose(code_widths(mu_law_decode(codes)), width, rtol=1e-3, atol=1e-7)


def test_a_batch_is_a_function_of_its_step_and_its_mel_that_of_the_whole_clip():
    corpus, recipe = tones(12), replace(TINY, p_augment=0.0)
    x, mel = Batches(recipe, corpus)(3)
    again = Batches(recipe, corpus)(3)
    np.testing.assert_array_equal(x, again[0])
    np.testing.assert_array_equal(mel, again[1])
    assert not np.array_equal(x, Batches(recipe, corpus)(4)[0])
    hop = recipe.config.hop_length
    assert x.shape == (4, 640) and mel.shape == (4, 640 // hop + 1, 10)
    for piece, frames in zip(x, mel, strict=True):
        codes = mu_law_encode(piece)
        found = next(
            (clip, start)
            for clip in corpus.audio
            for start in range(0, len(clip) - 640, hop)
            if np.array_equal(mu_law_encode(clip[start : start + 640]), codes)
        )
        whole = mel_condition(found[0], recipe.config)[found[1] // hop :][: len(frames)]
        np.testing.assert_allclose(frames, whole, atol=1e-3)
    without = replace(recipe, config=replace(recipe.config, n_condition=0))
    assert len(Batches(without, corpus)(0)) == 1


def test_the_way_back_leads_where_one_came_from(model):
    c, rng = model.config, np.random.default_rng(1)
    x = rng.uniform(-0.5, 0.5, (3, 320)).astype(np.float32)
    mel = rng.uniform(-1, 0, (3, 5, c.n_mels)).astype(np.float32)
    z, bits = model.transform(x, mel)
    assert z.shape == (3, 80, 4) and bits.shape == (3,)
    np.testing.assert_allclose(model.inverse_transform(z, mel), x, atol=1e-4)


def test_a_flow_that_does_nothing_pays_the_price_of_white_noise():
    """Fresh couplings change nothing and the mixing is a rotation: normal noise, with the spread 1 / gain."""
    fresh = FAMILY.build(replace(TINY, config=replace(TINY.config, n_condition=0)), FACTS)
    rng = np.random.default_rng(2)
    x = dequantize(mu_law_encode(rng.uniform(-0.2, 0.2, 4000)), rng.random(4000))
    _, bits = fresh.transform(x[None])
    gain = fresh.config.gain
    p = gain * np.exp(-0.5 * (gain * x) ** 2) / np.sqrt(2 * np.pi) * code_widths(x)
    assert bits[0] == pytest.approx(-np.log2(p).mean(), abs=1e-3)


def test_it_learns():
    recipe = replace(TINY, n_steps=40, p_augment=0.0, ema_decay=0.8, learning_rate=1e-2)
    corpus = tones(12)
    model, report = training.train(FAMILY, recipe, corpus)
    assert report["n_steps"] == 40
    before = flow_bits(FAMILY.build(recipe, FACTS), corpus.audio[:4])[0].sum()
    assert flow_bits(model, corpus.audio[:4])[0].sum() < 0.9 * before


def test_the_curve_of_the_learning_rate_has_a_length_of_its_own():
    assert FlowRecipe(n_steps=7).n_steps_alike == 0
    recipe = FlowRecipe(n_steps=7, schedule_steps=10)
    assert recipe.n_steps_alike == 7

    def rate(recipe, step):
        optimizer = FAMILY.build(replace(recipe, config=TINY.config), FACTS).network.optimizer
        return float(optimizer._learning_rate(step))

    whole = FlowRecipe(n_steps=10)
    assert rate(recipe, 6) == rate(whole, 6) != rate(FlowRecipe(n_steps=7), 6)


def test_copies_are_as_long_as_their_clips_and_depend_on_the_seed(model):
    clips = [np.zeros(700, np.float32), np.zeros(50, np.float32), *tones(12).audio[:8]]
    copies = copy_clips(model, clips, seed=1)
    assert [len(copy) for copy in copies] == [len(clip) for clip in clips]
    assert all(np.abs(copy).max() <= 1 for copy in copies)
    again, other = copy_clips(model, clips[:1], seed=1)[0], copy_clips(model, clips[:1], seed=2)[0]
    # beside longer clips its end sees silence in place of nothing
    np.testing.assert_allclose(copies[0][:300], again[:300], atol=1e-5)
    assert not np.array_equal(again, other)


@pytest.mark.parametrize("shape", [(1, 10), (5, 9), (5,)])
def test_a_spectrogram_of_another_shape_is_refused(model, shape):
    with pytest.raises(ValueError, match=r"mels\[0\]"):
        vocode(model, [np.zeros(shape)])


def test_what_does_not_fit_is_refused(model):
    with pytest.raises(ValueError, match="x has shape"):
        model.transform(np.zeros((1, 7)), np.zeros((1, 2, 10)))
    with pytest.raises(ValueError, match="mel is missing"):
        model.transform(np.zeros((1, 80)))
    with pytest.raises(ValueError, match="z has shape"):
        model.inverse_transform(np.zeros((1, 20, 5)), np.zeros((1, 2, 10)))
    with pytest.raises(ValueError, match="mel has shape"):
        model.inverse_transform(np.zeros((1, 20, 4)), np.zeros((1, 2, 11)))
    with pytest.raises(ValueError, match="n_changed"):
        FlowConfig(n_squeeze=4, n_changed=4)
    with pytest.raises(ValueError, match="hop_length"):
        FlowConfig(n_squeeze=7, n_changed=3)
    with pytest.raises(ValueError, match="n_samples"):
        FlowRecipe(n_samples=2001)


class Judge:
    """Takes every clip for "level"."""

    def probabilities(self, clips):
        return np.tile([0.1, 0.8, 0.1], (len(clips), 1))


def test_a_report_with_and_without_a_judge(model):
    corpus = tones(12)
    alone = FAMILY.evaluate(model, corpus)
    assert set(alone["bits_per_sample"]) == {"unigram", "flac", "adaptive_ar16", "flow"}
    assert alone["inversion_error"] < 1e-4 and alone["n_test_clips"] == 3
    judged = FAMILY.evaluate(model, corpus, judge=Judge())
    assert alone.items() <= judged.items()
    assert judged["copies"]["real"]["mel_error_db"] == 0
    assert {"griffin_lim", "flow_0.7", "flow_1.0"} < set(judged["copies"])


def test_bits_of_a_file_are_few_where_there_is_nothing_to_say():
    rng = np.random.default_rng(0)
    assert flac_bits([rng.integers(0, 256, 20_000)]) / 20_000 > 7.9
    slow = np.round(128 + 100 * np.sin(np.arange(20_000) / 100)).astype(int)
    assert flac_bits([slow]) / 20_000 < 2


def test_mel_errors_are_decibels(model):
    x = np.random.default_rng(0).normal(0, 0.1, 4000)
    assert mel_error_db(model, x, x) == 0
    assert mel_error_db(model, x, x / 2) == pytest.approx(20 * np.log10(2), abs=0.05)


def test_what_is_timed_has_the_shapes_of_the_network(model):
    z, mel = _inputs(model, 2, 800)
    assert model.inverse_transform(z, mel).shape == (2, 800)
    assert CHECKPOINTS["flow"].family().bench is not None


def test_the_shipped_flow_is_undone_to_four_digits_and_beats_the_filter():
    card = training.load_card("flow")
    metrics = card["metrics"]
    assert metrics["inversion_error"] < 1e-4
    assert metrics["bits_per_sample"]["flow"] < metrics["bits_per_sample"]["adaptive_ar16"]
    assert card["recipe"]["schedule_steps"] == 10_000 > card["n_steps"]
