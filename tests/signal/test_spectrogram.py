"""Transforms, mel spectrograms and the way back, beside NumPy and librosa."""

import warnings

import librosa
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio_edu import bench, signal
from audio_edu.signal import synthesis

few = settings(derandomize=True, max_examples=25, deadline=None)
signals = arrays(np.float64, st.integers(1, 32), elements=st.floats(-1, 1, width=32))
SR = 16000


# ---------------------------------------------------------------- Fourier


@few
@given(signals)
def test_the_double_sum_equals_numpys_fft_and_keeps_the_energy(x):
    X = signal.dft(x)
    np.testing.assert_allclose(X, np.fft.fft(x), atol=1e-10)
    # Parseval: Σ |x|² = (1/N) Σ |X|²
    np.testing.assert_allclose(np.sum(x**2), np.sum(np.abs(X) ** 2) / len(x), atol=1e-10)


@pytest.mark.parametrize("n_fft, hop_length", [(64, 32), (64, 20), (30, 7), (33, 8)])
def test_the_literal_stft_equals_the_fast_one(n_fft, hop_length):
    x = np.random.default_rng(0).standard_normal(400)
    literal = signal.stft_by_definition(x, n_fft=n_fft, hop_length=hop_length)
    np.testing.assert_allclose(literal, signal.stft(x, n_fft=n_fft, hop_length=hop_length), atol=1e-10)


@pytest.mark.parametrize("f0_hz", [250, 1000, 3125, 7500])
def test_a_sine_is_found_in_its_bin_at_its_level(f0_hz):
    X = np.abs(signal.stft(synthesis.sine(f0_hz, 1.0, SR, amplitude=0.5)))[:, 60]
    assert X.argmax() * SR / 512 == f0_hz
    assert X.max() == pytest.approx(0.5 * 512 / 4, rel=1e-3)  # A/2 · Σ w[n], and Σ w[n] = N/2


@few
@given(st.integers(600, 3000), st.sampled_from([64, 128, 200]))
def test_istft_undoes_stft(n_samples, hop_length):
    x = np.random.default_rng(n_samples).standard_normal((2, n_samples))
    X = signal.stft(x, hop_length=hop_length)
    np.testing.assert_allclose(signal.istft(X, hop_length=hop_length, length=n_samples), x, atol=1e-10)


def test_decibels():
    db = signal.magnitude_db(np.array([[10.0, 1.0], [1e-3, 0.0]]))
    np.testing.assert_allclose(db, [[20, 0], [-60, -80]], atol=1e-12)
    assert signal.magnitude_db(np.array([3 + 4j]), ref=5.0) == pytest.approx(0)
    assert np.isfinite(signal.magnitude_db(np.zeros(3, np.float32), floor_db=None)).all()


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
        "a click": np.eye(1, SR, 5000),
        "very quiet": 1e-6 * rng.standard_normal((1, SR)),
        "very loud": 1e4 * rng.standard_normal((1, SR)),
    }


@pytest.mark.parametrize("name", hard_sounds())
def test_log_mel_equals_librosas_on_each_clip(name):
    x = hard_sounds()[name].astype(np.float32)
    ours = signal.log_mel(x, SR)
    assert ours.shape == (len(x), 80, 101) and ours.dtype == np.float32
    np.testing.assert_allclose(ours, np.stack([with_librosa(y) for y in x]), atol=1e-4)
    np.testing.assert_array_equal(ours[0], signal.log_mel(x[0], SR))  # alone as in the batch


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
    ours = signal.log_mel(x, sample_rate, fmin_hz=50, fmax_hz=3800, top_db=None, **options)
    expected = with_librosa(x, sample_rate, fmin=50, fmax=3800, top_db=None, **options)
    np.testing.assert_allclose(ours, expected, atol=1e-4)


def test_mfcc_equals_librosas():
    x = bench._voices(3, SR, SR)
    expected = [librosa.feature.mfcc(S=with_librosa(y), n_mfcc=20) for y in x]
    np.testing.assert_allclose(signal.mfcc(x, SR, n_mfcc=20), expected, atol=1e-3)


def test_the_mel_bank_is_librosas_computed_once_and_read_only():
    bank = signal.mel_filter_bank(SR, 512, 80)
    assert bank is signal.mel_filter_bank(SR, 512, 80)
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
    with pytest.raises(ValueError, match="'nothing'"):
        bench.run(["nothing"])


# ---------------------------------------------------------------- and back


def griffin_lim_by_definition(magnitude, hop_length, n_iter, momentum, length, seed):
    n_fft = 2 * (len(magnitude) - 1)
    phase = np.exp(2j * np.pi * np.random.default_rng(seed).random(magnitude.shape))
    previous = 0
    for _ in range(n_iter):
        x = signal.istft(magnitude * phase, hop_length=hop_length, length=length)
        # C ← STFT(ISTFT(|X| e^{jφ})), φ ← ∠(C − α/(1 + α) C_previous)
        consistent = signal.stft(x, n_fft=n_fft, hop_length=hop_length)
        phase = consistent - momentum / (1 + momentum) * previous
        phase /= np.maximum(np.abs(phase), 1e-300)
        previous = consistent
    return signal.istft(magnitude * phase, hop_length=hop_length, length=length)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.99])
@pytest.mark.parametrize("hop_length", [64, 128])
@pytest.mark.parametrize("n_iter", [0, 1, 8])
def test_griffin_lim_equals_its_definition_from_the_same_phase(momentum, hop_length, n_iter):
    x = bench._voices(1, 4000, SR)[0].astype(np.float64)
    magnitude = np.abs(signal.stft(x, n_fft=256, hop_length=hop_length))
    options = {"hop_length": hop_length, "n_iter": n_iter, "momentum": momentum, "length": 4000, "seed": 3}
    literal = griffin_lim_by_definition(magnitude, **options)
    np.testing.assert_allclose(signal.griffin_lim(magnitude, **options), literal, atol=1e-9)


def test_griffin_lim_gets_nearer_with_each_iteration():
    x = bench._voices(1, SR, SR)[0]
    magnitude = np.abs(signal.stft(x))
    convergence = [
        signal.spectral_convergence_db(magnitude, signal.griffin_lim(magnitude, n_iter=n, length=len(x)))
        for n in (0, 4, 32)
    ]
    assert convergence[0] > convergence[1] > convergence[2]
    assert signal.spectral_convergence_db(magnitude, x) < -100


@pytest.mark.parametrize("n_fft", [256, 255])
@pytest.mark.parametrize("length", [300, 1920, 2047, 2048, 5000])
def test_griffin_lim_returns_the_length_asked_for(n_fft, length):
    magnitude = np.abs(signal.stft(np.sin(np.arange(2000) / 5), n_fft=n_fft, hop_length=64))
    for seen in (magnitude, magnitude[:, :5]):
        y = signal.griffin_lim(seen, n_fft=n_fft, hop_length=64, n_iter=2, length=length)
        assert y.shape == (length,) and np.isfinite(y).all()


def test_griffin_lim_is_the_same_for_the_same_seed_and_in_a_batch():
    x = bench._voices(2, 4000, SR)
    magnitude = np.abs(signal.stft(x))
    a, b = (signal.griffin_lim(magnitude, n_iter=3, seed=1) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert a.shape == (2, 31 * 128) and not np.allclose(a, signal.griffin_lim(magnitude, n_iter=3, seed=2))
    zero_phase = signal.griffin_lim(magnitude, n_iter=3, seed=None)
    np.testing.assert_allclose(
        zero_phase[1], signal.griffin_lim(magnitude[1], n_iter=3, seed=None), atol=1e-5
    )
    assert not signal.griffin_lim(np.zeros((257, 9)), n_iter=3).any()


def test_mel_inversion_explains_the_mel_and_sounds_like_it():
    x = bench._voices(2, SR, SR)
    mel_db = signal.log_mel(x, SR)
    magnitude = signal.mel_to_spectrogram(10 ** (mel_db / 10), SR)
    assert magnitude.shape == (2, 257, 101) and magnitude.min() >= 0
    again = signal.mel_filter_bank(SR, 512) @ magnitude**2
    audible = mel_db > mel_db.max() - 50
    assert np.abs(10 * np.log10(again + 1e-10) - mel_db)[audible].mean() < 0.5
    y = signal.mel_to_audio(mel_db, SR, length=SR)
    assert y.shape == x.shape and y.dtype == np.float32
    assert np.abs(signal.log_mel(y, SR) - mel_db)[audible].mean() < 3


@pytest.mark.parametrize("kind", [np.asarray, scipy.sparse.csr_array])
def test_the_nonnegative_inverse_explains_what_filters_saw(kind):
    rng = np.random.default_rng(0)
    filters = signal.mel_filter_bank(SR, 512, 40)
    target = filters @ rng.exponential(size=(257, 6)).astype(np.float32)
    x = signal.nonnegative_inverse(kind(filters), target, n_iter=100)
    assert x.min() >= 0 and x.dtype == np.float32
    assert not x[filters.sum(axis=0) == 0].any()
    np.testing.assert_allclose(filters @ x, target, rtol=0.02)
    with pytest.raises(ValueError, match=r"^n_iter is 0"):
        signal.nonnegative_inverse(filters, target, n_iter=0)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize("bad", [[], np.array([1, 2]), np.full(600, np.nan), np.array(1.0)], ids=str)
@pytest.mark.parametrize(
    "call",
    [
        signal.dft,
        signal.stft,
        signal.stft_by_definition,
        lambda x: signal.log_mel(x, SR),
        lambda x: signal.mfcc(x, SR),
    ],
)
def test_bad_sounds_are_named(call, bad):
    with pytest.raises((TypeError, ValueError), match=r"^x\b"):
        call(bad)


@pytest.mark.parametrize("sample_rate", [0, -1, np.nan, np.inf, "16000", None])
def test_bad_sample_rates_are_named(sample_rate):
    for call in (
        lambda: signal.log_mel(np.ones(600), sample_rate),
        lambda: signal.mfcc(np.ones(600), sample_rate),
        lambda: signal.mel_filter_bank(sample_rate, 512),
        lambda: signal.mel_to_audio(np.ones((80, 5)), sample_rate),
    ):
        with pytest.raises((TypeError, ValueError), match=r"^sample_rate\b"):
            call()


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: signal.stft(np.ones(100)), "n_fft"),
        (lambda: signal.stft(np.ones(600), hop_length=0), "hop_length"),
        (lambda: signal.stft(np.ones(600), n_fft=0), "n_fft"),
        (lambda: signal.log_mel(np.ones(100), SR), "n_fft"),
        (lambda: signal.log_mel(np.ones(600), SR, hop_length=0), "hop_length"),
        (lambda: signal.log_mel(np.ones(600), SR, n_mels=0), "n_mels"),
        (lambda: signal.log_mel(np.ones(600), SR, fmax_hz=9000), "fmax_hz"),
        (lambda: signal.log_mel(np.ones(600), SR, fmin_hz=4000, fmax_hz=3000), "fmin_hz"),
        (lambda: signal.log_mel(np.ones(600), SR, top_db=-1), "top_db"),
        (lambda: signal.mfcc(np.ones(600), SR, n_mfcc=81), "n_mfcc"),
        (lambda: signal.magnitude_db(np.array([-1.0])), "magnitude"),
        (lambda: signal.magnitude_db(np.array([1.0]), ref=0), "ref"),
        (lambda: signal.istft(np.ones((257, 3))), "spectrum"),
        (lambda: signal.istft(np.ones((200, 3), complex), n_fft=512), "spectrum"),
        (lambda: signal.griffin_lim(-np.ones((257, 3))), "magnitude"),
        (lambda: signal.griffin_lim(np.ones(257)), "magnitude"),
        (lambda: signal.griffin_lim(np.ones((257, 3)), n_fft=1024), "magnitude"),
        (lambda: signal.griffin_lim(np.ones((257, 3)), hop_length=400), "hop_length"),
        (lambda: signal.griffin_lim(np.ones((257, 3)), momentum=2.0), "momentum"),
        (lambda: signal.griffin_lim(np.ones((257, 3)), n_iter=-1), "n_iter"),
        (lambda: signal.griffin_lim(np.ones((257, 3)), length=0), "length"),
        (lambda: signal.mel_to_spectrogram(-np.ones((80, 3)), SR), "mel_power"),
        (lambda: signal.mel_to_audio(np.full((80, 3), 1e4), SR), "mel_db"),
    ],
)
def test_bad_settings_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call()
