"""The convolution sum, filters, rooms and noise reduction."""

import numpy as np
import pytest
import scipy.signal
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio_edu import signal
from audio_edu.signal import synthesis

few = settings(derandomize=True, max_examples=40, deadline=None)
signals = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1, 1, width=32))
SR = 16000


# ---------------------------------------------------------------- the sum


@few
@given(signals, signals)
def test_the_sum_equals_numpy_and_the_fft_and_commutes(x, h):
    y = signal.convolve(x, h)
    assert len(y) == len(x) + len(h) - 1
    np.testing.assert_allclose(y, np.convolve(x, h), atol=1e-12)
    np.testing.assert_allclose(signal.fast_convolve(x, h), y, atol=1e-12)
    np.testing.assert_allclose(signal.convolve(h, x), y, atol=1e-12)


@few
@given(st.integers(1, 30), signals, st.floats(-3, 3), st.randoms(use_true_random=False))
def test_the_sum_is_linear_and_shifts_with_its_input(n, h, a, random):
    rng = np.random.default_rng(random.randrange(1 << 30))
    x, z = rng.standard_normal(n), rng.standard_normal(n)
    np.testing.assert_allclose(
        signal.convolve(x + a * z, h), signal.convolve(x, h) + a * signal.convolve(z, h), atol=1e-10
    )
    np.testing.assert_array_equal(
        signal.convolve(np.concatenate([np.zeros(3), x]), h)[3:], signal.convolve(x, h)
    )


@few
@given(signals)
def test_a_click_changes_nothing_and_a_delayed_click_delays(x):
    np.testing.assert_array_equal(signal.convolve(x, np.array([1.0])), x)
    np.testing.assert_array_equal(signal.convolve(x, np.array([0.0, 0.0, 1.0])), np.concatenate([[0, 0], x]))


@few
@given(signals, signals)
def test_spectra_multiply(x, h):
    n = len(x) + len(h) - 1
    product = np.fft.rfft(x, n) * np.fft.rfft(h, n)
    np.testing.assert_allclose(np.fft.rfft(signal.convolve(x, h)), product, atol=1e-10)


@pytest.mark.parametrize("mode", ["full", "same"])
def test_fast_convolution_of_a_batch_in_every_mode(mode):
    rng = np.random.default_rng(0)
    x, h = rng.standard_normal((2, 3, 50)).astype(np.float32), rng.standard_normal(7).astype(np.float32)
    y = signal.fast_convolve(x, h, mode=mode)
    assert y.dtype == np.float32
    for i in range(2):
        for j in range(3):
            np.testing.assert_allclose(y[i, j], np.convolve(x[i, j], h, mode), atol=1e-5)


# ---------------------------------------------------------------- filters


@pytest.mark.parametrize("n_taps", [3, 11, 101])
@pytest.mark.parametrize("window", ["hamming", "hann", "blackman"])
def test_filters_equal_scipys_design(n_taps, window):
    options = {"fs": SR, "window": window}
    np.testing.assert_allclose(
        signal.low_pass(1000, SR, n_taps, window=window),
        scipy.signal.firwin(n_taps, 1000, **options),
        atol=1e-12,
    )
    np.testing.assert_allclose(
        signal.high_pass(1000, SR, n_taps, window=window),
        scipy.signal.firwin(n_taps, 1000, pass_zero=False, **options),
        atol=1e-12,
    )
    np.testing.assert_allclose(
        signal.band_pass(500, 2000, SR, n_taps, window=window),
        scipy.signal.firwin(n_taps, [500, 2000], pass_zero=False, **options),
        atol=1e-12,
    )


def test_a_low_pass_keeps_lows_and_removes_highs():
    h = signal.low_pass(1000, SR, 201)
    f_hz, magnitude_db = signal.frequency_response(h, SR, 1000)
    assert np.abs(magnitude_db[f_hz < 800]).max() < 0.1
    assert magnitude_db[f_hz > 1300].max() < -50
    assert np.interp(1000, f_hz, magnitude_db) == pytest.approx(-6.02, abs=0.1)
    x, y = synthesis.sine(500, 0.5, SR), synthesis.sine(3000, 0.5, SR)
    out = signal.fast_convolve(x + y, h, mode="same")
    np.testing.assert_allclose(out[200:-200], x[200:-200], atol=2e-3)


def test_frequency_response_is_the_transform_of_the_taps():
    h = np.random.default_rng(0).standard_normal(20)
    f_hz, magnitude_db = signal.frequency_response(h, SR, 50)
    literal = [abs(sum(h[m] * np.exp(-2j * np.pi * f * m / SR) for m in range(20))) for f in f_hz]
    np.testing.assert_allclose(magnitude_db, 20 * np.log10(literal), atol=1e-6)
    assert f_hz[0] == 0 and f_hz[-1] == SR / 2


def test_a_moving_average_has_its_zeros_and_its_noise_reduction():
    f_hz, magnitude_db = signal.frequency_response(signal.moving_average(8), SR, 8001)
    for k in range(1, 5):  # zeros at every multiple of f_s / 8
        assert magnitude_db[f_hz == k * SR / 8] == -200
    noise = synthesis.noise(2.0, SR).astype(np.float64)
    smooth = signal.fast_convolve(noise, signal.moving_average(8))[7:-7]
    assert 10 * np.log10(np.var(noise) / np.var(smooth)) == pytest.approx(10 * np.log10(8), abs=0.3)


# ---------------------------------------------------------------- rooms


def test_an_echo_is_the_sound_again():
    x = synthesis.clap(SR)
    h = signal.echo_response(0.25, -0.5, SR, n_echoes=3)
    y = signal.fast_convolve(x, h)
    for k in range(4):
        np.testing.assert_allclose(y[k * 4000 : k * 4000 + 2400], (-0.5) ** k * x, atol=1e-6)


@pytest.mark.parametrize("rt60_s", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("sample_rate", [8000, 22050])
def test_a_room_has_the_reverberation_time_asked_for(rt60_s, sample_rate):
    size_m = (12.0, 9.0, 5.0)
    h = signal.room_response(sample_rate, rt60_s, size_m=size_m, damping=1.0)
    assert signal.measure_rt60(h, sample_rate) == pytest.approx(rt60_s, rel=0.12 if rt60_s < 0.5 else 0.08)
    assert h[0] == 1 and len(h) == round(rt60_s * sample_rate)
    noise = np.random.default_rng(0).standard_normal(2 * len(h))
    ideal = noise * 10 ** (-3 * np.arange(len(noise)) / sample_rate / rt60_s)
    assert signal.measure_rt60(ideal, sample_rate) == pytest.approx(rt60_s, rel=0.03)


@pytest.mark.parametrize("name", signal.ROOMS)
def test_presets_ring_as_long_as_they_say(name):
    room = signal.ROOMS[name]
    h = signal.room_response(SR, room.rt60_s, size_m=room.size_m, damping=room.damping)
    low = signal.fast_convolve(h, signal.low_pass(1500, SR, 201))
    assert signal.measure_rt60(low, SR) == pytest.approx(room.rt60_s, rel=0.12)
    if room.damping < 1:
        high = signal.fast_convolve(h, signal.high_pass(4000, SR, 201))
        assert signal.measure_rt60(high, SR) < 0.95 * signal.measure_rt60(low, SR)


def test_early_reflections_arrive_when_and_as_loud_as_geometry_says():
    # Source and listener 4 m apart, both 1 m above the floor: the floor's echo travels √(16 + 4) m.
    h = signal.room_response(
        48000, 5.0, size_m=(60, 60, 40), source_m=(28, 30, 1), listener_m=(32, 30, 1), damping=1.0
    )
    extra = (np.sqrt(20) - 4) / 343
    first = np.flatnonzero(h[1:])[0] + 1
    assert first == round(extra * 48000)
    volume, surface = 60 * 60 * 40, 2 * (3600 + 2400 + 2400)
    assert h[first] == pytest.approx(4 / np.sqrt(20) * np.exp(-0.5 * 0.161 * volume / (surface * 5.0)))


def test_the_tail_takes_over_at_the_level_of_the_echoes():
    h = signal.room_response(SR, 1.0, size_m=(12, 9, 5), damping=1.0)
    volume = 12 * 9 * 5
    mix = round(((300 * volume / (4 * np.pi)) ** (1 / 3) / 343) * SR)
    energy = np.convolve(h**2, np.ones(200), "valid") / 200
    before, after = energy[max(0, mix - 500)], energy[mix + 100]
    assert abs(10 * np.log10(after / before)) < 5


# ---------------------------------------------------------------- noise reduction


def words(seed):
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(5):
        parts += [
            np.zeros(6400, np.float32),
            synthesis.harmonic_tone(rng.uniform(90, 250), 0.3, SR, n_harmonics=20),
        ]
    return np.concatenate([*parts, np.zeros(6400, np.float32)])


@pytest.mark.parametrize("known_noise", [True, False])
@pytest.mark.parametrize("color", ["white", "pink"])
def test_wiener_filter_improves_the_snr(known_noise, color):
    clean = words(0)
    noise = synthesis.noise(len(clean) / SR, SR, color=color, level_db=-28)
    noisy = clean + noise
    sample = synthesis.noise(0.5, SR, color=color, level_db=-28, seed=7) if known_noise else None
    y = signal.wiener_denoise(noisy, SR, noise=sample)
    assert y.dtype == np.float32 and len(y) == len(noisy)
    assert signal.snr_db(clean, y) > signal.snr_db(clean, noisy) + (4 if color == "white" else 2)
    assert np.std(y[:5000]) < 0.3 * np.std(noisy[:5000])  # the pause is quieter


def test_wiener_filter_leaves_a_clean_sound_alone():
    clean = words(1)
    assert signal.snr_db(clean, signal.wiener_denoise(clean, SR, noise=1e-5 * synthesis.noise(0.5, SR))) > 25


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "bad", [[], np.array([1, 2]), np.array([np.nan]), np.array([np.inf]), np.ones((2, 3)), "abc"], ids=str
)
@pytest.mark.parametrize(
    "call, name",
    [
        (lambda v: signal.convolve(v, np.ones(2)), "x"),
        (lambda v: signal.convolve(np.ones(2), v), "h"),
        (lambda v: signal.fast_convolve(np.ones(2), v), "h"),
        (lambda v: signal.frequency_response(v, SR), "h"),
        (lambda v: signal.measure_rt60(v, SR), "h"),
        (lambda v: signal.wiener_denoise(v, SR), "x"),
        (lambda v: signal.wiener_denoise(np.ones(1000), SR, noise=v), "noise"),
    ],
)
def test_bad_sounds_are_named(call, name, bad):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call(bad)


@pytest.mark.parametrize("sample_rate", [0, -1, np.nan, "16000", None])
@pytest.mark.parametrize(
    "call",
    [
        lambda r: signal.low_pass(100, r),
        lambda r: signal.frequency_response(np.ones(3), r),
        lambda r: signal.echo_response(0.1, 0.5, r),
        lambda r: signal.room_response(r, 0.5),
        lambda r: signal.measure_rt60(np.ones(30), r),
        lambda r: signal.wiener_denoise(np.ones(3000), r),
    ],
)
def test_bad_sample_rates_are_named(call, sample_rate):
    with pytest.raises((TypeError, ValueError), match=r"^sample_rate\b"):
        call(sample_rate)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: signal.fast_convolve(np.ones(2), np.ones(3), mode="wrap"), "mode"),
        (lambda: signal.low_pass(8000, SR), "cutoff_hz"),
        (lambda: signal.low_pass(0, SR), "cutoff_hz"),
        (lambda: signal.low_pass(100, SR, 100), "n_taps"),
        (lambda: signal.low_pass(100, SR, 0), "n_taps"),
        (lambda: signal.low_pass(100, SR, window="glass"), "window"),
        (lambda: signal.band_pass(2000, 1000, SR), "low_hz"),
        (lambda: signal.moving_average(0), "n_taps"),
        (lambda: signal.frequency_response(np.ones(3), SR, 1), "n_points"),
        (lambda: signal.echo_response(0.0, 0.5, SR), "delay_s"),
        (lambda: signal.echo_response(0.1, 2.0, SR), "gain"),
        (lambda: signal.echo_response(0.1, 0.5, SR, n_echoes=0), "n_echoes"),
        (lambda: signal.room_response(SR, 0.0), "rt60_s"),
        (lambda: signal.room_response(SR, 1.0, size_m=(3, 4)), "size_m"),
        (lambda: signal.room_response(SR, 1.0, size_m=(3, 4, np.nan)), "size_m"),
        (lambda: signal.room_response(SR, 1.0, source_m=(99, 1, 1)), "source_m"),
        (lambda: signal.room_response(SR, 1.0, source_m=(1, 1, 1), listener_m=(1, 1, 1)), "listener_m"),
        (lambda: signal.measure_rt60(np.zeros(100), SR), "h"),
        (lambda: signal.measure_rt60(np.ones(3), SR), "h"),
        (lambda: signal.wiener_denoise(np.ones(100), SR), "x"),
        (lambda: signal.wiener_denoise(np.ones(1000), SR, noise=np.ones(10)), "noise"),
        (lambda: signal.snr_db(np.ones(3), np.ones(4)), "x"),
        (lambda: signal.snr_db(np.zeros(3), np.ones(3)), "reference"),
    ],
)
def test_bad_settings_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call()
