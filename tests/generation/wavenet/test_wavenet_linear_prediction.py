"""Adaptive linear prediction: a code, causal, and equal to least squares solved at once."""

import numpy as np
import pytest

from audio_edu.generation.wavenet.linear_prediction import AdaptiveAR
from audio_edu.signal import mu_law_decode, mu_law_encode


def wobbling_tone(n):
    t = np.arange(n)
    return mu_law_encode(0.5 * np.sin(t / 7) * np.sin(t / 300) + 0.01 * np.cos(t**1.5))


def test_predictions_are_those_of_weighted_least_squares():
    """Solve for the weights anew at one moment, from all samples so far, by NumPy."""
    coder, codes, order = AdaptiveAR(order=4), wobbling_tone(1500), 4
    x = np.concatenate([np.zeros(order), mu_law_decode(codes).astype(np.float64)])
    for t in (500, 1400, 1499):
        history = np.stack([x[i : i + order][::-1] for i in range(t)])
        weight = coder.forgetting ** np.arange(t - 1, -1, -1.0)[:, None]
        # w = argmin Σ_i λ^(t−1−i) (x_i − wᵀ h_i)²; the penalty on w is forgotten by then
        w = np.linalg.solve((weight * history).T @ history, (weight * history).T @ x[order : order + t])
        assert coder.predict(codes)[t, 0] == pytest.approx(w @ x[t : t + order][::-1], abs=1e-5)


def test_predictions_are_causal():
    codes = wobbling_tone(200)
    before = AdaptiveAR().predict(codes)
    codes[120] = 255 - codes[120]
    after = AdaptiveAR().predict(codes)
    np.testing.assert_array_equal(before[:121], after[:121])
    assert (before[121] != after[121]).all()


def test_silence_for_a_minute_does_no_harm():
    codes = np.concatenate([wobbling_tone(500), np.full(480_000, 128), wobbling_tone(2000)])
    prediction = AdaptiveAR().predict(codes)
    assert np.isfinite(prediction).all()
    assert np.abs(prediction[-500:, 0] - mu_law_decode(codes)[-500:]).mean() < 0.02


def test_an_order_of_nothing_is_refused():
    with pytest.raises(ValueError, match="order is 0"):
        AdaptiveAR(order=0)


def test_the_adaptive_coder_is_a_code():
    """Its probabilities of all 256 codes sum to 1, whatever came before: no coder gets anything for free."""
    rng = np.random.default_rng(0)
    past = mu_law_encode(0.3 * np.sin(np.arange(60) / 5) + 0.01 * rng.standard_normal(60))
    coder = AdaptiveAR()
    before = coder.bits(past)
    p = [2.0 ** -(coder.bits(np.append(past, code)) - before) for code in range(256)]
    assert sum(p) == pytest.approx(1, abs=1e-9)


def test_the_adaptive_coder_adapts():
    t = np.arange(4000)
    tone = mu_law_encode(0.5 * np.sin(t / 7) * np.sin(t / 300))
    noise = mu_law_encode(0.2 * np.random.default_rng(0).standard_normal(4000))
    assert AdaptiveAR().bits(tone) < 0.6 * AdaptiveAR().bits(noise)
    assert AdaptiveAR().bits(tone) < AdaptiveAR(order=1).bits(tone)
