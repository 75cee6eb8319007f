"""Distances of sounds, against loops, other people's programs and what must not change them."""

import numpy as np
import pytest

from audio_edu.datasets import load_prompts
from audio_edu.metrics import (
    log_spectral_distance_db,
    mel_cepstra,
    mel_cepstral_distance_db,
    si_sdr_db,
    stoi,
    warping_path,
)

PROMPTS = load_prompts().test
X = max(PROMPTS.audio[:20], key=len).astype(float)
NOISE = np.random.default_rng(0).normal(size=len(X))


def noisy(snr_db):
    return X + NOISE * np.sqrt(np.mean(X**2)) * 10 ** (-snr_db / 20)


def test_stoi_is_pystoi_s():
    pystoi = pytest.importorskip("pystoi")
    for snr in (20, 5, -5):
        assert stoi(X, noisy(snr), 10_000) == pytest.approx(pystoi.stoi(X, noisy(snr), 10_000), abs=1e-6)
        # another filter on the way to 10 kHz
        assert stoi(X, noisy(snr), 8000) == pytest.approx(pystoi.stoi(X, noisy(snr), 8000), abs=0.01)


def test_stoi_falls_with_the_noise_and_refuses_a_short_word():
    scores = [stoi(X, noisy(snr), 8000) for snr in (30, 10, 0, -10)]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.95
    with pytest.raises(ValueError, match="not silent"):
        stoi(X[4000:6000], X[4000:6000], 8000)
    with pytest.raises(ValueError, match="not silent"):
        stoi(X[:100], X[:100], 8000)


def test_the_path_is_that_of_a_loop():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(12, 3)), rng.normal(size=(15, 3))
    cost = np.linalg.norm(a[:, None] - b, axis=2)
    D = np.full((13, 16), np.inf)
    D[0, 0] = 0
    for i in range(12):
        for j in range(15):
            D[i + 1, j + 1] = cost[i, j] + min(D[i, j], D[i, j + 1], D[i + 1, j])
    path = warping_path(a, b)
    assert cost[path[:, 0], path[:, 1]].sum() == pytest.approx(D[-1, -1])
    assert set(map(tuple, np.diff(path, axis=0))) <= {(0, 1), (1, 0), (1, 1)}


def test_mel_cepstral_distance_forgives_level_and_speed_but_not_another_word():
    slow = np.interp(np.arange(0, len(X) - 1, 0.8), np.arange(len(X)), X)
    assert mel_cepstral_distance_db(X, 3 * X, 8000) == pytest.approx(0, abs=0.05)
    aligned = mel_cepstral_distance_db(X, slow, 8000)
    assert aligned < 0.7 * mel_cepstral_distance_db(X, slow, 8000, align=False)
    assert mel_cepstral_distance_db(X, X[::-1], 8000) > aligned


def test_the_cepstral_distance_is_that_of_smoothed_spectra():
    """Parseval: with all 40 coefficients, √(Σ ΔC² / B) would be the difference of the log-mel bands."""
    from scipy.fft import dct

    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 40))
    gap = dct(a, norm="ortho") - dct(b, norm="ortho")
    assert np.sqrt((gap**2).sum() / 40) == pytest.approx(np.sqrt(np.mean((a - b) ** 2)))
    # and with the cepstra c of the natural logarithm of the magnitude it is 10 √2 / ln 10 · √Σ Δc²
    c = gap * np.log(10) / 10 / np.sqrt(2 * 40)
    assert 10 * np.sqrt(2) / np.log(10) * np.sqrt((c**2).sum()) == pytest.approx(np.sqrt((gap**2).sum() / 40))
    assert mel_cepstra(X, 8000).shape[1] == 13


def test_log_spectral_distance_ignores_phase_and_sign_and_not_level():
    assert log_spectral_distance_db(X, -X) == 0
    assert log_spectral_distance_db(X, 2 * X, range_db=300) == pytest.approx(6.02, abs=0.1)
    hiss = X + 1e-5 * NOISE
    assert log_spectral_distance_db(X, hiss, range_db=150) > log_spectral_distance_db(X, hiss, range_db=60)
    with pytest.raises(ValueError, match="shapes"):
        log_spectral_distance_db(X[:1000], X)
    with pytest.raises(ValueError, match="silent"):
        log_spectral_distance_db(0 * X, X)


def test_si_sdr_forgives_a_sign_and_a_gain_and_no_delay():
    assert si_sdr_db(X, -0.5 * X) > 100
    assert si_sdr_db(X[:-20], X[20:]) < 0
