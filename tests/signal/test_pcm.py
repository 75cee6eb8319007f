"""Files, quantization, μ-law, framing, repair and levels."""

import os
import struct
import tracemalloc

import librosa
import numpy as np
import pytest
import soundfile as sf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio_edu import signal
from audio_edu.signal import levels, synthesis

few = settings(derandomize=True, max_examples=40, deadline=None)
samples = arrays(np.float64, st.integers(1, 200), elements=st.floats(-1, 1))
SR = 16000


def tone(duration=0.5, sample_rate=SR):
    return synthesis.harmonic_tone(220, duration, sample_rate)


# ---------------------------------------------------------------- files


@pytest.mark.parametrize(
    "suffix, n_bits", [(".wav", 16), (".wav", 24), (".wav", 32), (".flac", 16), (".flac", 24)]
)
def test_lossless_files_round_trip_and_saving_again_changes_nothing(tmp_path, suffix, n_bits):
    x = tone()
    path = signal.save_audio(tmp_path / f"a{suffix}", x, SR, n_bits=n_bits)
    y, sample_rate = signal.load_audio(path)
    assert sample_rate == SR and y.dtype == np.float32
    np.testing.assert_allclose(y, x, atol=0.51 * 2.0 ** -(n_bits - 1) if n_bits < 32 else 0)
    signal.save_audio(tmp_path / f"b{suffix}", y, SR, n_bits=n_bits)
    np.testing.assert_array_equal(signal.load_audio(tmp_path / f"b{suffix}")[0], y)


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus"])
def test_lossy_files_sound_alike(tmp_path, suffix):
    x = tone()
    y, sample_rate = signal.load_audio(signal.save_audio(tmp_path / f"a{suffix}", x, SR))
    assert abs(signal.rms_db(y) - signal.rms_db(x)) < 0.5
    assert abs(len(y) / sample_rate - 0.5) < 0.1


def test_long_vorbis_file_is_written(tmp_path):
    x = synthesis.noise(30.0, 44100)
    y, _ = signal.load_audio(signal.save_audio(tmp_path / "a.ogg", x, 44100))
    assert len(y) == len(x)


def test_stereo_is_kept_or_averaged_and_resampled(tmp_path):
    x = np.stack([tone(), np.zeros(SR // 2, np.float32)])
    path = signal.save_audio(tmp_path / "a.wav", x, SR)
    both, _ = signal.load_audio(path, mono=False)
    assert both.shape == x.shape
    mono, sample_rate = signal.load_audio(path, sample_rate=8000)
    assert sample_rate == 8000 and len(mono) == 4000
    assert abs(signal.rms(mono) - signal.rms(x[0]) / 2) < 0.01


def test_full_scale_is_written_and_beyond_it_is_refused_leaving_the_old_file(tmp_path):
    path = signal.save_audio(tmp_path / "a.wav", np.array([1.0, -1.0]), SR)
    np.testing.assert_allclose(signal.load_audio(path)[0], [32767 / 32768, -1.0])
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"x reaches 1\.5"):
        signal.save_audio(path, np.array([1.5]), SR)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "replace", lambda *a: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        signal.save_audio(tmp_path / "a.wav", tone(), SR)
    assert list(tmp_path.iterdir()) == []


def wav_header(n_data, sample_rate=SR):
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", (36 + n_data) & 0xFFFFFFFF, b"WAVE")
        + fmt
        + struct.pack("<4sI", b"data", n_data)
    )


def test_header_that_claims_two_gigabytes_is_refused_without_using_them(tmp_path):
    path = tmp_path / "huge.wav"
    path.write_bytes(wav_header(2_000_000_000) + bytes(1000))
    tracemalloc.start()
    with pytest.raises(ValueError, match="cut short: its header announces 2000000000 bytes"):
        signal.load_audio(path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_flac_that_claims_too_many_samples_is_refused(tmp_path):
    path = signal.save_audio(tmp_path / "a.flac", tone(), SR)
    data = bytearray(path.read_bytes())
    data[21] |= 0x0F  # the upper bits of the 36-bit sample count in STREAMINFO
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(ValueError, match="path"):
        signal.load_audio(path)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_wav_from_a_pipe_has_an_unknown_length_and_loads(tmp_path):
    path = tmp_path / "pipe.wav"
    path.write_bytes(wav_header(0xFFFFFFFF) + np.arange(500, dtype="<i2").tobytes())
    with pytest.warns(UserWarning, match="has no size in its header"):
        assert len(signal.load_audio(path)[0]) == 500


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_truncated_files_are_refused(tmp_path, suffix, share):
    path = signal.save_audio(tmp_path / f"a{suffix}", synthesis.noise(2.0, SR), SR)
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ValueError, match="path"):
        signal.load_audio(path)


@few
@given(
    st.binary(min_size=1, max_size=300),
    st.sampled_from([b"", b"RIFF\x00\x00\x00\x00WAVE", b"OggS", b"fLaC", b"ID3"]),
)
def test_no_garbage_crashes_the_loader(tmp_path_factory, data, head):
    path = tmp_path_factory.mktemp("garbage") / "a.wav"
    path.write_bytes(head + data)
    with pytest.raises(ValueError, match="path"):
        signal.load_audio(path)


def test_file_errors_name_the_argument(tmp_path):
    with pytest.raises(FileNotFoundError, match="path: there is no file"):
        signal.load_audio(tmp_path / "none.wav")
    with pytest.raises(IsADirectoryError, match="path"):
        signal.load_audio(tmp_path)
    with pytest.raises(TypeError, match="path"):
        signal.load_audio(3)
    (tmp_path / "empty.wav").write_bytes(b"")
    with pytest.raises(ValueError, match=r"path.*empty"):
        signal.load_audio(tmp_path / "empty.wav")
    sf.write(tmp_path / "none.wav", np.zeros(0), SR)
    with pytest.raises(ValueError, match=r"path.*without a single sample"):
        signal.load_audio(tmp_path / "none.wav")
    sf.write(tmp_path / "nan.wav", np.full(10, np.nan), SR, subtype="FLOAT")
    with pytest.raises(ValueError, match=r"path.*NaN"):
        signal.load_audio(tmp_path / "nan.wav")
    with pytest.raises((TypeError, ValueError), match="sample_rate"):
        signal.load_audio(tmp_path / "nan.wav", sample_rate=0)
    with pytest.raises(ValueError, match="path"):
        signal.save_audio(tmp_path / "a.xyz", tone(), SR)
    with pytest.raises(FileNotFoundError, match="path"):
        signal.save_audio(tmp_path / "nowhere" / "a.wav", tone(), SR)
    with pytest.raises(ValueError, match="n_bits"):
        signal.save_audio(tmp_path / "a.flac", tone(), SR, n_bits=32)
    with pytest.raises(ValueError, match="sample_rate"):
        signal.save_audio(tmp_path / "a.mp3", tone(), 12345)


# ---------------------------------------------------------------- quantization


@pytest.mark.parametrize("n_bits", range(6, 17))
def test_each_bit_is_worth_six_decibels(n_bits):
    x = np.sin(2 * np.pi * 997 * np.arange(48000) / 48000)
    x *= 1 - 2.0**-n_bits  # the largest sine that does not clip
    error = signal.quantize(x, n_bits) - x
    assert 10 * np.log10(np.mean(x**2) / np.mean(error**2)) == pytest.approx(6.02 * n_bits + 1.76, abs=0.6)


@few
@given(samples, st.integers(2, 24))
def test_quantizing_is_rounding_to_the_grid(x, n_bits):
    step = 2.0 / 2**n_bits
    y = signal.quantize(x, n_bits)
    assert y.min() >= -1 and y.max() <= 1 - step
    np.testing.assert_array_equal(y / step, np.round(y / step))
    inside = x <= 1 - step
    assert np.all(np.abs(y - x)[inside] <= step / 2 + 1e-15)
    np.testing.assert_array_equal(signal.quantize(y, n_bits), y)
    assert np.all(signal.quantize(np.zeros(3), n_bits) == 0)


def test_one_bit_keeps_the_sign():
    x = tone()
    y = signal.quantize(x, 1)
    assert set(np.unique(y)) == {-0.5, 0.5}
    np.testing.assert_array_equal(y > 0, x >= 0)
    dithered = signal.quantize(np.full(40000, 0.2), 1, dither="rectangular")
    assert dithered.mean() == pytest.approx(0.2, abs=0.02)


def test_dither_makes_the_error_independent_of_the_sound():
    x = 0.4 * 2.0 / 2**8 * np.sin(2 * np.pi * 100 * np.arange(SR) / SR)  # quieter than half a step
    assert np.all(signal.quantize(x, 8) == 0)  # the sound is gone
    step = 2.0 / 2**8
    for dither, power in [("rectangular", None), ("triangular", step**2 / 4)]:
        error = signal.quantize(x, 8, dither=dither) - x
        assert abs(np.corrcoef(error, x)[0, 1]) < 0.03
        if power:  # triangular dither: the error's power is Δ²/4, whatever the sound does
            loud = np.abs(x) > 0.3 * step
            assert np.mean(error[loud] ** 2) == pytest.approx(power, rel=0.1)
            assert np.mean(error[~loud] ** 2) == pytest.approx(power, rel=0.1)
    plain = signal.quantize(x, 8) - x
    assert np.corrcoef(plain, x)[0, 1] < -0.99
    assert not np.array_equal(
        signal.quantize(x, 8, dither="triangular", rng=1), signal.quantize(x, 8, dither="triangular")
    )


# ---------------------------------------------------------------- μ-law


@few
@given(samples, st.sampled_from([2, 16, 255, 256, 1024, 65536]))
def test_mu_law_error_stays_within_half_a_compressed_step(x, n_levels):
    codes = signal.mu_law_encode(x, n_levels)
    assert codes.min() >= 0 and codes.max() < n_levels
    y = signal.mu_law_decode(codes, n_levels)
    mu = n_levels - 1
    # Half a step of 2/μ, through the slope of the decoder, which is steepest at the louder end.
    slope = np.log1p(mu) / mu * (1 + mu * np.maximum(np.abs(x), np.abs(y)))
    assert np.all(np.abs(y - x) <= slope / mu * 1.001 + 1e-7)


@pytest.mark.parametrize("n_levels", [2, 3, 16, 255, 256, 1024, 65536])
def test_every_code_survives_decoding_and_encoding(n_levels):
    codes = np.arange(n_levels)
    decoded = signal.mu_law_decode(codes, n_levels)
    np.testing.assert_array_equal(signal.mu_law_encode(decoded, n_levels), codes)
    assert np.all(np.diff(decoded) > 0) and decoded[0] == -1 and decoded[-1] == 1


def test_mu_law_equals_librosa_and_beats_uniform_levels_on_quiet_sound():
    x = np.linspace(-1, 1, 1001)
    ours = 2 * signal.mu_law_encode(x) / 255 - 1
    np.testing.assert_allclose(ours, librosa.mu_compress(x, mu=255, quantize=False), atol=1 / 255 + 1e-9)
    quiet = 0.01 * np.sin(np.arange(1000) / 7)
    mu_error = np.std(signal.mu_law_decode(signal.mu_law_encode(quiet)) - quiet)
    assert mu_error < np.std(signal.quantize(quiet, 8) - quiet) / 5


# ---------------------------------------------------------------- frames, sample rates


@few
@given(samples, st.integers(1, 50), st.integers(1, 60))
def test_frames_equal_librosas(x, frame_length, hop_length):
    if frame_length <= len(x):
        expected = librosa.util.frame(x, frame_length=frame_length, hop_length=hop_length, axis=0)
        np.testing.assert_array_equal(signal.frame(x, frame_length, hop_length), expected)
    else:
        with pytest.raises(ValueError, match="frame_length"):
            signal.frame(x, frame_length, hop_length)


def test_naive_downsampling_aliases_and_filtering_first_does_not():
    x = synthesis.sine(7000, 1.0, SR)
    naive = np.abs(np.fft.rfft(signal.downsample(x, 2, antialias=False)))
    assert naive.argmax() == 1000  # 8000 − 7000 Hz, at full strength
    assert signal.rms_db(signal.downsample(x, 2)[400:-400]) < signal.rms_db(x) - 80
    low = synthesis.sine(500, 1.0, SR)
    np.testing.assert_allclose(signal.downsample(low, 2)[400:-400], low[::2][400:-400], atol=1e-3)


# ---------------------------------------------------------------- repair


def repair_snr(x, missing, method):
    damaged = np.where(missing, np.nan, x).astype(x.dtype)
    y = signal.repair(damaged, missing, method=method)
    np.testing.assert_array_equal(y[~missing], x[~missing])
    return 10 * np.log10(np.sum(x[missing] ** 2.0) / max(np.sum((y - x)[missing] ** 2.0), 1e-30))


def test_ar_repair_restores_what_a_line_cannot():
    x = tone(1.0) + synthesis.noise(1.0, SR, level_db=-70)
    missing = np.zeros(len(x), bool)
    missing[4000:4080] = missing[9000:9160] = True  # 5 ms and 10 ms
    assert repair_snr(x, missing, "linear") < 3
    assert repair_snr(x, missing, "ar") > 25


def test_ar_repair_of_scattered_samples_and_at_the_edges():
    x = tone(0.3) + synthesis.noise(0.3, SR, level_db=-70)
    missing = np.random.default_rng(0).random(len(x)) < 0.2
    missing[0] = missing[-1] = True
    assert repair_snr(x, missing, "ar") > repair_snr(x, missing, "linear") + 8
    missing[:] = False
    missing[:1000] = missing[-1000:] = True
    y = signal.repair(x, missing, method="ar")
    assert np.isfinite(y).all() and np.abs(y).max() <= 1.5 * np.abs(x).max() + 1e-6


def test_repair_of_simple_cases():
    x = np.array([1.0, np.nan, np.nan, 4.0, np.nan])
    missing = np.isnan(x)
    assert signal.repair(x, missing, method="zero").tolist() == [1, 0, 0, 4, 0]
    assert signal.repair(x, missing, method="hold").tolist() == [1, 1, 1, 4, 4]
    assert signal.repair(x, missing).tolist() == [1, 2, 3, 4, 4]
    assert np.isfinite(signal.repair(x, missing, method="ar")).all()
    np.testing.assert_array_equal(signal.repair(np.zeros(3), np.zeros(3, bool), method="ar"), np.zeros(3))


# ---------------------------------------------------------------- levels


def test_levels_of_a_full_scale_sine():
    x = synthesis.sine(1000, 1.0, SR, amplitude=1.0)
    assert signal.peak_db(x) == pytest.approx(0, abs=0.01)
    assert signal.rms_db(x) == pytest.approx(-3.01, abs=0.01)
    assert signal.rms_db(np.stack([x, x / 10])) == pytest.approx([-3.01, -23.01], abs=0.01)
    assert signal.peak_db(np.zeros(5)) == signal.rms_db(np.zeros(5)) == -np.inf


def test_k_weighting_has_the_standards_coefficients():
    shelf, high_pass = levels._k_weighting(48000)
    np.testing.assert_allclose(shelf[:3], [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-9)
    np.testing.assert_allclose(shelf[4:], [-1.69065929318241, 0.73248077421585], atol=1e-9)
    np.testing.assert_allclose(high_pass[4:], [-1.99004745483398, 0.99007225036621], atol=1e-9)


@pytest.mark.parametrize("sample_rate", [4000, 8000, 16000, 22050, 44100, 96000])
@pytest.mark.parametrize("duration", [0.2, 2.0])
def test_loudness_at_any_rate_and_length(sample_rate, duration):
    x = synthesis.sine(997, duration, sample_rate, amplitude=1.0)
    assert signal.loudness_db(x, sample_rate) == pytest.approx(
        -3.01, abs=0.5 if sample_rate == 4000 else 0.15
    )
    assert signal.loudness_db(x / 10, sample_rate) == pytest.approx(
        signal.loudness_db(x, sample_rate) - 20, abs=0.01
    )


def test_loudness_follows_the_ear_and_ignores_pauses():
    def at(f0_hz):
        return signal.loudness_db(synthesis.sine(f0_hz, 1.0, 48000), 48000)

    assert at(30) < at(1000) - 6 and at(4000) > at(1000) + 2
    x = synthesis.sine(1000, 2.0, SR)
    with_pause = np.concatenate([x, np.zeros(4 * SR, np.float32)])
    assert signal.loudness_db(with_pause, SR) == pytest.approx(signal.loudness_db(x, SR), abs=0.7)
    assert signal.active_level_db(with_pause, SR) == pytest.approx(signal.rms_db(x), abs=0.1)
    assert signal.loudness_db(np.zeros(100), SR) == signal.active_level_db(np.zeros(100), SR) == -np.inf
    assert np.isfinite(signal.loudness_db(np.array([0.1]), SR))


@few
@given(samples, st.floats(-60, 0))
def test_normalizing_reaches_its_level(x, level_db):
    y = signal.normalize_peak(x, level_db)
    z = signal.normalize_rms(x, level_db)
    if np.any(x):
        assert signal.peak_db(y) == pytest.approx(level_db, abs=1e-6)
        assert np.abs(z).max() <= 1 + 1e-12 and signal.rms_db(z) <= level_db + 1e-6
        assert signal.rms_db(signal.normalize_rms(x, level_db, limit=False)) == pytest.approx(
            level_db, abs=1e-6
        )
    else:
        assert not y.any() and not z.any()


def test_trimming_removes_silence_on_both_sides_and_keeps_pauses():
    word = np.concatenate([tone(0.2), np.zeros(1600, np.float32), tone(0.2)])
    hiss = 1e-4 * np.random.default_rng(0).standard_normal(SR).astype(np.float32)
    trimmed = signal.trim_silence(np.concatenate([hiss, word, hiss]), SR)
    assert abs(len(trimmed) - len(word)) <= 2 * 160
    kept = signal.trim_silence(np.concatenate([hiss, word, hiss]), SR, keep_s=0.1)
    assert len(kept) == len(trimmed) + 3200
    assert len(signal.trim_silence(np.zeros(77), SR)) == 77


# ---------------------------------------------------------------- synthesis


def test_synthesized_sounds_are_what_they_say():
    assert np.abs(np.fft.rfft(synthesis.sine(440, 1.0, 8000))).argmax() == 440
    assert np.abs(np.fft.rfft(synthesis.sine(7560, 1.0, 8000))).argmax() == 440  # its alias
    sweep = synthesis.sweep(100, 1600, 1.0, 8000)
    crossings = np.cumsum(np.diff(np.signbit(sweep).astype(int)) != 0) / 2
    # an octave each quarter second: 100/ln2·(2−1)/4 … cycles up to then
    assert crossings[1999] == pytest.approx(100 * 0.25 / np.log(2), abs=1)
    white = np.abs(np.fft.rfft(synthesis.noise(4.0, 8000))) ** 2
    pink = np.abs(np.fft.rfft(synthesis.noise(4.0, 8000, color="pink"))) ** 2
    for power, expected in [(white, 3.01), (pink, 0.0)]:
        octaves = 10 * np.log10([power[4 * f : 8 * f].sum() for f in (250, 500, 1000, 2000)])
        np.testing.assert_allclose(np.diff(octaves), expected, atol=0.5)
    harmonics = np.abs(np.fft.rfft(synthesis.harmonic_tone(100, 1.0, 8000, n_harmonics=4, fade_s=0)))
    np.testing.assert_allclose(20 * np.log10(harmonics[200] / harmonics[100]), -6, atol=0.1)
    assert harmonics[500] < 1e-3 * harmonics[100]
    clap = synthesis.clap(SR)
    assert np.abs(clap).max() == pytest.approx(0.9, abs=1e-3) and signal.rms(clap[800:]) < 0.01


# ---------------------------------------------------------------- bad input

BAD_SOUNDS = [
    ([], "x"),
    (np.array([1, 2]), "x"),
    (np.array(["a"]), "x"),
    (np.array([1.0, np.nan]), "x"),
    (np.array([1.0, np.inf]), "x"),
    (np.array(1.0), "x"),
    (np.array([1j]), "x"),
]


@pytest.mark.parametrize("x, name", BAD_SOUNDS)
@pytest.mark.parametrize(
    "call",
    [
        lambda x: signal.quantize(x, 8),
        signal.mu_law_encode,
        lambda x: signal.frame(x, 1, 1),
        lambda x: signal.downsample(x, 2),
        signal.rms,
        signal.peak_db,
        signal.normalize_peak,
        signal.normalize_rms,
        lambda x: signal.loudness_db(x, SR),
        lambda x: signal.active_level_db(x, SR),
        lambda x: signal.trim_silence(x, SR),
        lambda x: signal.save_audio("never.wav", x, SR),
    ],
)
def test_bad_sounds_are_named(call, x, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call(x)


@pytest.mark.parametrize("sample_rate", [0, -1, np.nan, np.inf, "16000", None, True])
@pytest.mark.parametrize(
    "call",
    [
        lambda r: signal.loudness_db(np.ones(10), r),
        lambda r: signal.trim_silence(np.ones(10), r),
        lambda r: signal.active_level_db(np.ones(10), r),
        lambda r: signal.save_audio("never.wav", np.ones(10), r),
        lambda r: synthesis.sine(100, 1.0, r),
        lambda r: synthesis.noise(1.0, r),
        lambda r: synthesis.clap(r),
    ],
)
def test_bad_sample_rates_are_named(call, sample_rate):
    with pytest.raises((TypeError, ValueError), match=r"^sample_rate\b"):
        call(sample_rate)


@pytest.mark.parametrize(
    "call, name",
    [
        (lambda: signal.quantize(np.ones(3), 0), "n_bits"),
        (lambda: signal.quantize(np.ones(3), 99), "n_bits"),
        (lambda: signal.quantize(np.ones(3), 8.0), "n_bits"),
        (lambda: signal.quantize(np.ones(3), 8, dither="loud"), "dither"),
        (lambda: signal.mu_law_encode(np.ones(3), 1), "n_levels"),
        (lambda: signal.mu_law_decode(np.array([256])), "codes"),
        (lambda: signal.mu_law_decode(np.array([-1])), "codes"),
        (lambda: signal.mu_law_decode(np.array([0.5])), "codes"),
        (lambda: signal.mu_law_decode(np.array([], int)), "codes"),
        (lambda: signal.frame(np.ones(3), 2, 0), "hop_length"),
        (lambda: signal.frame(np.ones((2, 3)), 2, 1), "x"),
        (lambda: signal.frame(np.ones(3), 4, 1), "frame_length"),
        (lambda: signal.downsample(np.ones(3), 0), "factor"),
        (lambda: signal.downsample(np.ones(3), 1.5), "factor"),
        (lambda: signal.repair(np.ones(3), np.ones(3, bool)), "missing"),
        (lambda: signal.repair(np.ones(3), np.zeros(2, bool)), "missing"),
        (lambda: signal.repair(np.ones(3), np.zeros(3)), "missing"),
        (lambda: signal.repair(np.ones((2, 2)), np.zeros((2, 2), bool)), "x"),
        (lambda: signal.repair(np.array([1.0, np.nan]), np.array([True, False])), "x"),
        (lambda: signal.repair(np.ones(3), np.zeros(3, bool), method="magic"), "method"),
        (lambda: signal.normalize_peak(np.ones(3), 3.0), "level_db"),
        (lambda: signal.trim_silence(np.ones((2, 9)), SR), "x"),
        (lambda: synthesis.sine(0, 1.0, SR), "f0_hz"),
        (lambda: synthesis.sine(10, -1.0, SR), "duration"),
        (lambda: synthesis.sine(10, 1.0, SR, amplitude=2.0), "amplitude"),
        (lambda: synthesis.noise(1.0, SR, color="blue"), "color"),
        (lambda: synthesis.harmonic_tone(9000, 1.0, SR), "f0_hz"),
    ],
)
def test_bad_settings_are_named(call, name):
    with pytest.raises((TypeError, ValueError), match=rf"^{name}\b"):
        call()
