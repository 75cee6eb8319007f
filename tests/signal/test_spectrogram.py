"""Transforms, mel spectrograms and the way back, beside NumPy and librosa."""

import warnings

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio_edu import bench
from audio_edu.signal import spectrogram as sp
from audio_edu.signal import synthesis

few = settings(derandomize=True, max_examples=25, deadline=None)
signals = arrays(np.float64, st.integers(1, 32), elements=st.floats(-1, 1, width=32))
SR = 16000


# ---------------------------------------------------------------- Fourier


@few
@given(signals)
def test_the_double_sum_equals_numpys_fft_and_keeps_the_energy(x):
    X = sp.dft(x)
    np.testing.assert_allclose(X, np.fft.fft(x), atol=1e-10)
    # Parseval: Σ |x|² = (1/N) Σ |X|²
    np.testing.assert_allclose(np.sum(x**2), np.sum(np.abs(X) ** 2) / len(x), atol=1e-10)


@pytest.mark.parametrize("n_fft, hop_length", [(64, 32), (64, 20), (30, 7), (33, 8)])
def test_the_literal_stft_equals_the_fast_one(n_fft, hop_length):
    x = np.random.default_rng(0).standard_normal(400)
    literal = sp.stft_by_definition(x, n_fft=n_fft, hop_length=hop_length)
    np.testing.assert_allclose(literal, sp.stft(x, n_fft=n_fft, hop_length=hop_length), atol=1e-10)


@pytest.mark.parametrize("f0_hz", [250, 1000, 3125, 7500])
def test_a_sine_is_found_in_its_bin_at_its_level(f0_hz):
    X = np.abs(sp.stft(synthesis.sine(f0_hz, 1.0, SR, amplitude=0.5)))[:, 60]
    assert X.argmax() * SR / 512 == f0_hz
    assert X.max() == pytest.approx(0.5 * 512 / 4, rel=1e-3)  # A/2 · Σ w[n], and Σ w[n] = N/2


@few
@given(st.integers(600, 3000), st.sampled_from([64, 128, 200]))
def test_istft_undoes_stft(n_samples, hop_length):
    x = np.random.default_rng(n_samples).standard_normal((2, n_samples))
    X = sp.stft(x, hop_length=hop_length)
    np.testing.assert_allclose(sp.istft(X, hop_length=hop_length, length=n_samples), x, atol=1e-10)


def test_decibels():
    db = sp.magnitude_db(np.array([[10.0, 1.0], [1e-3, 0.0]]))
    np.testing.assert_allclose(db, [[20, 0], [-60, -80]], atol=1e-12)
    np.testing.assert_allclose(sp.magnitude_db(np.array([100.0]), power=True, ref=10.0), [10])
    assert sp.magnitude_db(np.array([3 + 4j]), ref=5.0) == pytest.approx(0)
    assert np.isfinite(sp.magnitude_db(np.zeros(3, np.float32), floor_db=None)).all()


# ---------------------------------------------------------------- mel


def with_librosa(x, sample_rate=SR, n_fft=512, hop_length=160, n_mels=80, top_db=80.0, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        mel = librosa.feature.melspectrogram(
            y=x, sr=sample_rate, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, **options
        )
    return librosa.power_to_db(mel, top_db=top_db)


def hard_sounds():
    t = np.arange(SR) / SR
    rng = np.random.default_rng(0)
    return {
        "voices": bench._voices(4, SR, SR),
        "noise": 0.1 * rng.standard_normal((2, SR)),
        "pure tones": np.stack([np.sin(2 * np.pi * f * t) for f in (60, 997, 7900)]),
        "silence": np.zeros((1, SR)),
        "a click": synthesis.impulse(SR, at=5000)[np.newaxis],
        "very quiet": 1e-6 * rng.standard_normal((1, SR)),
        "very loud": 1e4 * rng.standard_normal((1, SR)),
    }


@pytest.mark.parametrize("name", hard_sounds())
def test_log_mel_equals_librosas_on_each_clip(name):
    x = hard_sounds()[name].astype(np.float32)
    ours = sp.log_mel(x, SR)
    assert ours.shape == (len(x), 80, 101) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.stack([with_librosa(y) for y in x]), atol=1e-4)
    np.testing.assert_array_equal(ours[0], sp.log_mel(x[0], SR))  # alone as in the batch


@pytest.mark.parametrize(
    "sample_rate, n_fft, hop_length, n_mels, n_samples",
    [
        (8000, 256, 80, 40, 4000),
        (22050, 2048, 512, 128, 22051),
        (16000, 400, 160, 64, 401),
        (16000, 511, 3, 20, 999),
    ],
)
def test_log_mel_with_other_settings(sample_rate, n_fft, hop_length, n_mels, n_samples):
    x = np.random.default_rng(1).standard_normal((2, 2, n_samples)).astype(np.float32)
    options = {"n_fft": n_fft, "hop_length": hop_length, "n_mels": n_mels}
    ours = sp.log_mel(x, sample_rate, fmin_hz=50, fmax_hz=3800, top_db=None, **options)
    expected = with_librosa(x, sample_rate, fmin=50, fmax=3800, top_db=None, **options)
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_mfcc_equals_librosas():
    x = bench._voices(3, SR, SR)
    expected = [librosa.feature.mfcc(S=with_librosa(y), n_mfcc=20) for y in x]
    np.testing.assert_allclose(sp.mfcc(x, SR, n_mfcc=20), expected, atol=1e-3)


def test_the_mel_bank_is_librosas_computed_once_and_read_only():
    bank = sp.mel_filter_bank(SR, 512, 80)
    assert bank is sp.mel_filter_bank(SR, 512, 80)
    np.testing.assert_array_equal(bank, librosa.filters.mel(sr=SR, n_fft=512, n_mels=80))
    with pytest.raises(ValueError, match="read-only"):
        bank[0, 0] = 1


def test_log_mel_is_fast_beside_librosa():
    rows = {row["what"]: row for row in bench.run(["log_mel"])}
    ours = rows["audio_edu log_mel"]
    # The same machine, the same minute: a ratio, so that a slow or busy machine does not fail the test.
    assert ours["times_real_time"] > 1.2 * rows["librosa, in a loop"]["times_real_time"]
    assert "log_mel" in bench.format_table(list(rows.values()))
    assert float(ours["note"].split()[-2]) < 1e-4
    with pytest.raises(ValueError, match="names"):
        bench.run(["nothing"])


# ---------------------------------------------------------------- and back


def test_griffin_lim_finds_a_sound_and_gets_nearer():
    x = bench._voices(1, SR, SR)[0]
    magnitude = np.abs(sp.stft(x))
    convergence = [
        sp.spectral_convergence_db(magnitude, sp.griffin_lim(magnitude, n_iter=n, length=len(x)))
        for n in (0, 4, 32)
    ]
    assert convergence[0] > convergence[1] > convergence[2]
    # How far one gets depends on the phase to start with, by some 2 dB: compare the means over seeds.
    ours = [sp.griffin_lim(magnitude, seed=seed, length=len(x)) for seed in range(6)]
    theirs = [
        librosa.griffinlim(magnitude, hop_length=128, n_iter=32, length=len(x), random_state=seed)
        for seed in range(6)
    ]
    means = [np.mean([sp.spectral_convergence_db(magnitude, y) for y in sounds]) for sounds in (ours, theirs)]
    assert means[0] < means[1] + 1.5
    assert sp.spectral_convergence_db(magnitude, x) < -100


def test_griffin_lim_is_the_same_for_the_same_seed_and_in_a_batch():
    x = bench._voices(2, 4000, SR)
    magnitude = np.abs(sp.stft(x))
    a, b = (sp.griffin_lim(magnitude, n_iter=3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert a.shape == (2, 31 * 128) and not np.allclose(a, sp.griffin_lim(magnitude, n_iter=3, seed=2))
    zero_phase = sp.griffin_lim(magnitude, n_iter=3, seed=None)
    np.testing.assert_allclose(zero_phase[1], sp.griffin_lim(magnitude[1], n_iter=3, seed=None), atol=1e-5)
    assert not sp.griffin_lim(np.zeros((257, 9)), n_iter=3).any()


def test_mel_inversion_explains_the_mel_and_sounds_like_it():
    x = bench._voices(2, SR, SR)
    mel_db = sp.log_mel(x, SR)
    magnitude = sp.mel_to_spectrogram(10 ** (mel_db / 10), SR)
    assert magnitude.shape == (2, 257, 101) and magnitude.min() >= 0
    again = sp.mel_filter_bank(SR, 512) @ magnitude**2
    audible = mel_db > mel_db.max() - 50
    assert np.abs(10 * np.log10(again + 1e-10) - mel_db)[audible].mean() < 0.5
    y = sp.mel_to_audio(mel_db, SR, length=SR)
    assert y.shape == x.shape and y.dtype == np.float32
    assert np.abs(sp.log_mel(y, SR) - mel_db)[audible].mean() < 3


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("bad", [[], np.array([1, 2]), np.full(600, np.nan), np.array(1.0)], ids=str)
@pytest.mark.parametrize(
    "call",
    [sp.dft, sp.stft, sp.stft_by_definition, lambda x: sp.log_mel(x, SR), lambda x: sp.mfcc(x, SR)],
)
def test_bad_sounds_are_named(call, bad):
    with pytest.raises((TypeError, ValueError), match=r"^x\b"):
        call(bad)


@pytest.mark.parametrize("sample_rate", [0, -1, np.nan, np.inf, "16000", None])
def test_bad_sample_rates_are_named(sample_rate):
    for call in (
        lambda: sp.log_mel(np.ones(600), sample_rate),
        lambda: sp.mfcc(np.ones(600), sample_rate),
        lambda: sp.mel_filter_bank(sample_rate, 512),
        lambda: sp.mel_to_audio(np.ones((80, 5)), sample_rate),
    ):
        with pytest.raises((TypeError, ValueError), match=r"^sample_rate\b"):
            call()


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: sp.stft(np.ones(100)), "n_fft"),
        (lambda: sp.stft(np.ones(600), hop_length=0), "hop_length"),
        (lambda: sp.stft(np.ones(600), n_fft=0), "n_fft"),
        (lambda: sp.stft(np.ones(600), win_length=513), "win_length"),
        (lambda: sp.log_mel(np.ones(100), SR), "n_fft"),
        (lambda: sp.log_mel(np.ones(600), SR, hop_length=0), "hop_length"),
        (lambda: sp.log_mel(np.ones(600), SR, n_mels=0), "n_mels"),
        (lambda: sp.log_mel(np.ones(600), SR, fmax_hz=9000), "fmax_hz"),
        (lambda: sp.log_mel(np.ones(600), SR, fmin_hz=4000, fmax_hz=3000), "fmin_hz"),
        (lambda: sp.log_mel(np.ones(600), SR, top_db=-1), "top_db"),
        (lambda: sp.mfcc(np.ones(600), SR, n_mfcc=81), "n_mfcc"),
        (lambda: sp.magnitude_db(np.array([-1.0])), "magnitude"),
        (lambda: sp.magnitude_db(np.array([1.0]), ref=0), "ref"),
        (lambda: sp.istft(np.ones((257, 3))), "spectrum"),
        (lambda: sp.istft(np.ones((200, 3), complex), n_fft=512), "spectrum"),
        (lambda: sp.griffin_lim(-np.ones((257, 3))), "magnitude"),
        (lambda: sp.griffin_lim(np.ones(257)), "magnitude"),
        (lambda: sp.griffin_lim(np.ones((257, 3)), n_fft=1024), "magnitude"),
        (lambda: sp.griffin_lim(np.ones((257, 3)), hop_length=400), "hop_length"),
        (lambda: sp.griffin_lim(np.ones((257, 3)), momentum=2.0), "momentum"),
        (lambda: sp.griffin_lim(np.ones((257, 3)), n_iter=-1), "n_iter"),
        (lambda: sp.mel_to_spectrogram(-np.ones((80, 3)), SR), "mel_power"),
        (lambda: sp.mel_to_audio(np.full((80, 3), 1e4), SR), "mel_db"),
    ],
)
def test_bad_settings_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call()
