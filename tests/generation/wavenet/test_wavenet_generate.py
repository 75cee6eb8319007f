"""Fast generation equals slow generation equals teacher forcing."""

import os

import numpy as np
import pytest
from wavenets import PREDICTIVE, SMALL, small_wavenet

from audio_edu.generation.wavenet import FAMILY, WaveNetConfig, loop
from audio_edu.generation.wavenet import generate as generation
from audio_edu.generation.wavenet.bench import PAPER_LIKE, bench
from audio_edu.generation.wavenet.generate import (
    Options,
    cached_logits,
    generate,
    generate_batch,
    generate_naive,
    teacher_forced_logits,
)
from audio_edu.generation.wavenet.loop import sample
from audio_edu.generation.wavenet.request import Request
from audio_edu.signal import mu_law_encode
from audio_edu.training import as_array

#: Sizes that are no multiples of the eight terms that the loop adds at a time.
ODD = WaveNetConfig(
    n_stacks=1, n_layers=5, n_residual=5, n_skip=7, n_head=11, n_taps=3, n_condition=4, frame_length=16
)


@pytest.fixture(scope="module", params=[SMALL, ODD, PREDICTIVE], ids=["small", "odd sizes", "predictive"])
def model(request):
    return small_wavenet(request.param)


def test_queues_equal_teacher_forcing(model):
    codes = np.random.default_rng(0).integers(0, 256, 333)
    for options in (
        {"digit": 2, "voice": "bert"},
        {"digit": 0, "n_word": 100},
        {"digit": 1, "voice": "anna", "n_word": "unknown"},
    ):
        forced = teacher_forced_logits(model, codes, **options)
        queued = cached_logits(model, codes, **options)
        assert np.ptp(forced) > 1  # not all the same anyway
        np.testing.assert_allclose(queued, forced, atol=1e-4)


def test_naive_generation_draws_the_same_samples_from_the_same_logits(model):
    options = {"digit": 1, "voice": "anna", "seed": 3, "temperature": 0.9, "n_word": 150}
    slow, logits = generate_naive(model, 40, **options)
    fast = generate(model, 40, **options)
    np.testing.assert_array_equal(slow, fast)
    again = cached_logits(model, mu_law_encode(fast), digit=1, voice="anna", n_word=150)
    np.testing.assert_allclose(logits, again, atol=1e-4)
    forced = teacher_forced_logits(model, mu_law_encode(fast), digit=1, voice="anna", n_word=150)
    np.testing.assert_allclose(logits, forced, atol=1e-4)


@pytest.mark.parametrize("n_clips", [1, 3, 9])
def test_a_batch_is_bit_for_bit_what_its_clips_are_alone(model, n_clips):
    digits = [b % 3 for b in range(n_clips)]
    voices = [(None, "anna", "bert")[b % 2] for b in range(n_clips)]
    together = generate_batch(model, 200, digits=digits, voices=voices, seed=5)
    assert together.shape == (n_clips, 200)
    assert together.dtype == np.float32
    assert np.abs(together).max() <= 1
    np.testing.assert_array_equal(together[0], generate(model, 200, digit=digits[0], voice=voices[0], seed=5))
    if n_clips == 9:
        part = generate_batch(model, 200, digits=digits[:3], voices=voices[:3], seed=5)
        np.testing.assert_array_equal(together[:3], part)


def test_conditions_are_those_of_the_layer(model):
    request = Request(model, 150, [2, 0], ["anna", None], [100, "unknown"])
    conditional, unconditional = request.conditions(model)

    def layer(*request):
        return as_array(model.network.condition(*request))

    np.testing.assert_allclose(
        conditional, layer(request.digits, request.voices, request.positions), atol=1e-5
    )
    unknown = np.zeros_like(request.positions)
    each = [layer(np.full(2, k, np.int32), request.voices, unknown) for k in range(3)]
    np.testing.assert_allclose(unconditional, np.mean(each, axis=0), atol=1e-5)


def test_guidance_moves_on_from_unconditional_to_conditional(model):
    """Sample again, plainly, from the two sets of logits, and get the same samples."""
    request = Request(model, 120, [2], ["anna"], [100], 0.8, 3.0, 9)
    codes = generation._sample_codes(model, request)[0]
    both = []
    for condition in request.conditions(model):
        logits = np.empty((120, model.config.n_levels, 1), np.float32)
        generation._run(model, request, condition, codes[:, None].copy(), logits)
        both.append(logits[:, :, 0])
    conditional, unconditional = both
    assert np.abs(conditional - unconditional).max() > 0.1
    for t in range(120):
        if generation._is_quiet(model, codes[:t]):
            again = sample(conditional[t], 1.0, request.uniform[t, 0])
        else:
            guided = unconditional[t] + np.float32(3) * (conditional[t] - unconditional[t])
            again = sample(guided, 1 / 0.8, request.uniform[t, 0])
        assert again == codes[t]


def test_one_seed_one_sound(model):
    first = generate(model, 300, digit=0, seed=1)
    np.testing.assert_array_equal(first, generate(model, 300, digit=0, seed=1))
    assert (first != generate(model, 300, digit=0, seed=2)).mean() > 0.5
    # a longer clip begins as the shorter one
    np.testing.assert_array_equal(first, generate(model, 500, digit=0, seed=1)[:300])


def test_the_queues_hold_over_many_turns(model):
    """Long after every ring has been filled, logits still depend on the receptive field alone."""
    rng = np.random.default_rng(7)
    predicts, field = model.config.ar_order > 0, model.config.receptive_field
    end = rng.integers(0, 256, 2000 if predicts else field)  # a predictor forgets slowly, but it does
    one, other = (np.concatenate([rng.integers(0, 256, 2000), end]) for _ in range(2))
    options = {"digit": 1, "n_word": "unknown"}
    last = [cached_logits(model, np.concatenate([codes, [0]]), **options)[-1] for codes in (one, other)]
    np.testing.assert_allclose(last[0], last[1], atol=1e-5)
    if predicts:
        return
    changed = other.copy()
    changed[2000] = (changed[2000] + 128) % 256  # the oldest sample in sight
    seen = cached_logits(model, np.concatenate([changed, [0]]), **options)[-1]
    assert np.abs(seen - last[1]).max() > 0


def test_draw_follows_the_probabilities():
    logits = np.log(np.array([0.5, 0.3, 0.2], np.float32))
    uniform = (np.arange(10000) + 0.5) / 10000
    drawn = np.array([sample(logits, 1.0, u) for u in uniform])
    np.testing.assert_allclose(np.bincount(drawn) / 10000, [0.5, 0.3, 0.2], atol=1e-3)
    halved = np.array([sample(logits, 2.0, u) for u in uniform])
    np.testing.assert_allclose(np.bincount(halved) / 10000, np.array([0.25, 0.09, 0.04]) / 0.38, atol=1e-3)


def test_tanh_and_the_gate():
    x = np.linspace(-20, 20, 4001).astype(np.float32)
    ours = np.array([np.divide(*loop._tanh_parts(v)) for v in x])
    np.testing.assert_allclose(ours, np.tanh(x.astype(np.float64)), atol=1e-6)
    a, z = np.stack([x, x[::-1]]).reshape(-1, 1), np.empty((len(x), 1), np.float32)
    loop._gate(a, z)
    expected = np.tanh(x.astype(np.float64)) / (1 + np.exp(-x[::-1].astype(np.float64)))
    np.testing.assert_allclose(z[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize("n_clips", [1, 2, 8])
def test_the_product_is_that_of_numpy(n_clips):
    rng = np.random.default_rng(0)
    for n_in, n_out in ((1, 1), (7, 3), (8, 5), (13, 64)):
        w, x = rng.standard_normal((n_in, n_out)), rng.standard_normal((n_in, n_clips))
        w, x = w.astype(np.float32), x.astype(np.float32)
        y = np.ones((n_out, n_clips), np.float32)
        loop._add_product(w, x, y)
        np.testing.assert_allclose(y, 1 + w.T @ x, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0}, "temperature is 0"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"guidance": -1.0}, "guidance is -1"),
        ({"digit": 3}, "digit is 3"),
        ({"digit": -1}, "digit is -1"),
        ({"voice": "carl"}, "voice is 'carl'.*anna, bert"),
        ({"n_word": 0}, "n_word is 0"),
        ({"n_word": "long"}, "n_word is 'long'"),
        ({"seed": -1}, "seed is -1"),
        ({"n_samples": 0}, "n_samples is 0"),
    ],
)
def test_bad_input_is_named(options, message):
    model = small_wavenet()
    with pytest.raises(ValueError, match=message):
        generate(model, **{"n_samples": 50, "digit": 0, **options})


def test_bad_types_and_codes_are_named():
    model = small_wavenet()
    with pytest.raises(TypeError, match="digit"):
        generate(model, 50, digit="seven")
    with pytest.raises(TypeError, match="codes is float64"):
        cached_logits(model, np.zeros(5), digit=0)
    with pytest.raises(ValueError, match="codes runs from 0 to 256"):
        teacher_forced_logits(model, np.array([0, 256]), digit=0)
    with pytest.raises(ValueError, match="2 digits, 1 voices"):
        generate_batch(model, 50, digits=[0, 1], voices=["anna"])


def test_what_the_command_line_asks_for(model):
    options = Options(digit=(1, 2), voice="anna", seconds=0.02, seed=4)
    x, sample_rate = FAMILY.generate(model, options)
    assert sample_rate == 8000 and x.dtype == np.float32
    words = [
        generate(model, 160, digit=d, voice="anna", temperature=0.8, guidance=3.0, seed=4) for d in (1, 2)
    ]
    np.testing.assert_array_equal(x, np.concatenate([words[0], np.zeros(800), words[1]]))
    model.arrays["word_lengths"][0, 0] = 321
    assert len(FAMILY.generate(model, Options(digit=(0,)))[0]) == 321
    with pytest.raises(ValueError, match="seconds is 0"):
        FAMILY.generate(model, Options(seconds=0))


@pytest.mark.slow
def test_queues_are_much_faster_than_the_naive_loop(monkeypatch):
    """The real network's size, random weights; the limits are far below what a quiet machine does."""
    monkeypatch.delenv("TF_NUM_INTRAOP_THREADS", raising=False)
    rows = bench(n_samples=3200)
    assert "TF_NUM_INTRAOP_THREADS" not in os.environ
    assert [row["what"] for row in rows] == ["naive", "cached", "batched", "teacher_forced"]
    summary = rows[0]["summary"]
    assert all(row["times_real_time"] * row["seconds"] == pytest.approx(1) for row in rows)
    assert 170_000 < summary["n_parameters"] < 180_000
    assert PAPER_LIKE.dilations == WaveNetConfig().dilations
    assert summary["cached_samples_per_s"] > 100 * summary["naive_samples_per_s"]
    assert summary["teacher_forced_samples_per_s"] > summary["naive_samples_per_s"]
    assert summary["batched_samples_per_s"] > summary["cached_samples_per_s"]
