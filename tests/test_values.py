"""Every public function answers bad values rightly, or by an error that names the argument; see attack.py."""

import collections
import os
from fractions import Fraction

import attack
import numpy as np
import pytest

from audio_edu import layers, learning, plots, signal, widgets
from audio_edu.generation.vae import Pca
from audio_edu.generation.vae.formulas import log_density_by_hand
from audio_edu.generation.wavenet.data import augment
from audio_edu.generation.wavenet.linear_prediction import AdaptiveAR
from audio_edu.metrics import inception_score
from audio_edu.recognition.attention import attention, positions
from audio_edu.recognition.changes import equalize
from audio_edu.recognition.cnn import conv2d, dense

X = np.sin(np.arange(4000) / 5)
RNG = np.random.default_rng(0)


#: One call in so many is made; with 1, all of them, in some six minutes.
EVERY = int(os.environ.get("ATTACK_EVERY", "23"))


def test_every_public_function_is_attacked():
    answers, known = attack.run(EVERY)
    count = collections.Counter(each["answer"] for each in answers)
    print(f"{len(answers)} calls:", dict(count))
    unknown = set(known["public"]) - set(known["attacked"])
    assert not unknown, f"no call of {sorted(unknown)} is known: give it an example"
    wrong = [each for each in answers if each["answer"] in ("NaN", "wrong", "hang", "death")]
    assert not wrong
    unclear = [each for each in answers if each["answer"] == "unclear"]
    assert len(unclear) < 0.02 * len(answers), unclear


@pytest.mark.parametrize(
    ("call", "plain"),
    [
        (lambda n: signal.quantize(X, n(4)), np.uint8),
        (lambda n: signal.griffin_lim(np.abs(signal.stft(X)), hop_length=n(80), n_iter=1), np.int16),
        (lambda n: signal.harmonic_tone(100, 0.1, 8000, rolloff_db=n(6)), np.uint8),
        (lambda n: signal.trim_silence(X, 8000, keep_s=n(1)), np.uint8),
        (lambda n: signal.sine(440, 1, n(8000)), np.int16),
        (lambda n: signal.sine(440, 1, n(8000)), Fraction),
        (lambda n: conv2d(200 * np.ones((3, 3), n), np.full((2, 2), 100, n)), np.uint8),
        (lambda n: dense(np.full(3, 100, n), np.full((2, 3), 100, n), np.zeros(2)), np.int8),
        (lambda n: layers.sigmoid(np.array([1, 100], n)), np.uint8),
        (lambda n: learning.wiener_filter(X.astype(n), np.convolve(X.astype(n), [1, 0.5]), 2), np.float16),
        (lambda n: signal.rms(X.astype(n)), np.float16),
    ],
)
def test_small_numbers_do_not_wrap(call, plain):
    exact = call(np.float64 if plain is np.float16 else int)
    assert np.allclose(call(plain), exact, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: attention(X[:2], np.ones((3, 2)), np.ones((3, 1)), scale=0), "scale is 0"),
        (lambda: positions(3, 4, longest=0), "longest is 0"),
        (lambda: layers.softmax([1, np.inf]), "scores has 1 sample"),
        (lambda: signal.rms_db([]), "x has 0 samples"),
        (lambda: equalize(X, -8000, 3.0, RNG), "sample_rate is -8000"),
        (lambda: signal.low_pass(1000, 8000, window=1e6), "window is a float"),
        (lambda: Pca.fit(np.ones((5, 4)), 2), "n_directions is 2; the pictures do not differ"),
        (lambda: log_density_by_hand(X[:2], X[:2], 0), "sigma is 0"),
        (lambda: inception_score(np.zeros((0, 10))), "probabilities is empty"),
        (lambda: learning.least_mean_squares(X, X, 4, 1e6, normalized=False), "step is 1000000.0, too large"),
    ],
)
def test_no_nan_comes_out_of_numbers(call, match):
    with np.errstate(all="ignore"), pytest.raises((TypeError, ValueError), match=match):
        call()


def test_silence_stays_silence_where_levels_are_divided():
    assert not augment(np.zeros(400, np.float32), RNG, max_samples=300).any()


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: signal.harmonic_tone(100, 0.1, 8000, n_harmonics=10**9), "n_harmonics is 1000000000"),
        (lambda: signal.moving_average(10**9), "n_taps is 1000000000; expected .* to 16,777,216"),
        (lambda: signal.sine(440, 1e6, 8000), "duration is 1000000.0 s, 8,000,000,000 samples"),
        (lambda: signal.frame(X, 10**9, 80), "frame_length is 1000000000"),
        (lambda: signal.log_mel(X, [8000]), r"sample_rate is \[8000\]"),
        (lambda: signal.mel_filter_bank(8000, 512, n_mels=10**9), "n_mels is 1000000000"),
        (lambda: signal.sine(10**30, 1, 8000), "f0_hz is 1000000000000000000000000000000; expected"),
        (lambda: signal.dft("loud"), "x is 'loud'"),
        (lambda: signal.dft([[1.0], [2.0, 3.0]]), r"x is \[\[1.0\], \[2.0, 3.0\]\]"),
        (lambda: conv2d(3, np.ones((2, 2))), "x is 3; expected an array"),
    ],
)
def test_what_is_too_large_or_no_number_is_named(call, match):
    with pytest.raises((TypeError, ValueError), match=match):
        call()


@pytest.mark.parametrize("codes", [[10**12], [256], [-1], [0.7], [True], []])
def test_the_compiled_loop_reads_no_foreign_memory(codes):
    for call in (AdaptiveAR().predict, AdaptiveAR().bits):
        with pytest.raises((TypeError, ValueError), match="clip"):
            call(np.array(codes))


def test_sounds_of_one_name_are_not_lost():
    _, ax = plots.figure()
    places = {(0.5, 0.5): X, (0.5 + 1e-9, 0.5): X}
    assert len(widgets.sound_map(ax, places, 8000, alt="Two places").names) == 2
    with pytest.raises(ValueError, match="two of the same name"):
        widgets.compare({1: X, "1": X}, 8000)


def test_an_error_from_below_says_what_was_passed_in():
    with pytest.raises(
        ValueError, match=r"filter_loss cannot work with h of shape \(2,\), x of shape \(3,\), y of"
    ):
        learning.filter_loss(np.ones(2), np.ones(3), np.ones(3))
    with pytest.raises(TypeError, match="missing 2 required positional arguments: 'x' and 'y'"):
        learning.filter_loss(np.ones(2))


def test_an_error_of_the_readers_own_function_stays_as_it_is():
    def mine(y):
        raise ValueError("mine")

    with pytest.raises(ValueError, match=r"^mine$"):
        dense(np.ones(2), np.eye(2), np.zeros(2), mine)
