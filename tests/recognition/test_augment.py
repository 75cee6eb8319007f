import numpy as np
import pytest

from audio_edu.recognition.augment import (
    Augmentation,
    add_noise,
    augment_clip,
    augment_frames,
    augmented_features,
    change_speed,
    cut_edges,
    equalize,
    mask_frames,
    random_room,
    soften_hiss,
    vary_level,
    warp_axis,
)
from audio_edu.recognition.features import FeatureSettings, speech_features

S = FeatureSettings()
SINE = np.sin(2 * np.pi * 500 * np.arange(4000) / 8000).astype(np.float32)


def _rng(seed=0):
    return np.random.default_rng(seed)


def _loudest_hz(x):
    spectrum = np.abs(np.fft.rfft(x * np.hanning(len(x)), 1 << 15))
    return spectrum.argmax() * 8000 / (1 << 15)


@pytest.mark.parametrize("factor", [0.8, 1.0, 1.25])
def test_speed_changes_duration_and_pitch_together(factor):
    y = change_speed(SINE, factor)
    assert len(y) == pytest.approx(4000 / factor, rel=0.01)
    assert _loudest_hz(y) == pytest.approx(500 * factor, rel=0.01)
    assert np.std(y) == pytest.approx(np.std(SINE), rel=0.02)


def test_noise_has_the_snr_and_the_color_asked_for():
    for color in (0.0, 2.0):
        noise = add_noise(SINE, 10.0, _rng(), color=color) - SINE
        assert 10 * np.log10(np.mean(SINE**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.01)
        power = np.abs(np.fft.rfft(noise)) ** 2
        low, high = power[50:100].mean(), power[1600:2000].mean()
        # from about 150 Hz to about 3600 Hz: 4.6 octaves
        assert 10 * np.log10(low / high) == pytest.approx(color * 13.8, abs=3)


def test_hiss_is_softened_and_the_vowel_is_not():
    hiss = _rng().standard_normal(4000).astype(np.float32)
    x = np.concatenate([SINE, hiss])
    y = soften_hiss(x, -20.0)
    assert np.std(y[500:3500]) == pytest.approx(np.std(SINE), rel=0.02)
    assert 20 * np.log10(np.std(y[4500:7500])) == pytest.approx(-20, abs=2)
    assert soften_hiss(x, 0.0) is x


def test_equalizer_is_a_linear_filter_and_keeps_the_length():
    y = equalize(SINE, 8000, 6.0, _rng(3))
    assert len(y) == len(SINE)
    np.testing.assert_allclose(equalize(2 * SINE, 8000, 6.0, _rng(3)), 2 * y, rtol=1e-4, atol=1e-6)
    assert _loudest_hz(y) == pytest.approx(500, abs=2)


def test_rooms_ring_on():
    x = np.zeros(8000, np.float32)
    x[100] = 1
    y = random_room(x, 8000, _rng(1))
    assert y[100] == pytest.approx(1, abs=1e-4)
    assert (np.abs(y[:100]) < 1e-4).all()
    assert np.abs(y[200:1000]).max() > 1e-3


def test_cut_and_level():
    assert 0.7 * 4000 <= len(cut_edges(SINE, 0.15, _rng())) < 4000
    y = vary_level(np.ones(1000, np.float32), 6.0, _rng())
    assert y.min() > 0 and y.max() / y.min() > 1.5


def test_warping_by_nothing_is_nothing_and_by_one_is_a_shift():
    x = _rng().standard_normal((2, 5, 4))
    rows = np.tile(np.arange(5.0), (2, 1))
    np.testing.assert_allclose(warp_axis(x, rows, axis=1), x)
    np.testing.assert_allclose(warp_axis(x, rows + 1, axis=1)[:, :4], x[:, 1:])
    columns = np.tile(np.arange(4.0), (2, 1))
    np.testing.assert_allclose(warp_axis(x, columns - 1, axis=2)[..., 1:], x[..., :3])


def test_a_longer_vocal_tract_moves_formants():
    mel = np.zeros((200, 10, 40), np.float32)
    mel[:, :, 20] = 10
    moved = augment_frames(mel, S, Augmentation(tempo=0.0, tract=0.15), _rng())
    peaks = moved[:, 5].argmax(-1)
    assert peaks.min() < 19 and peaks.max() > 21 and abs(np.median(peaks) - 20) <= 1
    np.testing.assert_array_equal(augment_frames(mel, S, Augmentation.none(), _rng()), mel)


def test_masks_hide_at_most_what_they_may():
    x = np.ones((50, 101, 41), np.float32)
    y = mask_frames(x, 1.0, _rng())
    assert (y[..., -1] == 1).all()
    hidden_bands = (y[..., :-1] == 0).all(1).sum(1)
    hidden_frames = (y[..., :-1] == 0).all(2).sum(1)
    assert 1 <= hidden_bands.min() and hidden_bands.max() <= 8
    assert 1 <= hidden_frames.min() and hidden_frames.max() <= 12
    assert (x == 1).all()


def test_nothing_switched_on_changes_nothing():
    clips = [SINE, SINE[:2000]]
    got = augmented_features(clips, _rng(), settings=S, augmentation=Augmentation.none())
    np.testing.assert_allclose(got, speech_features(clips, S), atol=1e-5)


@pytest.mark.parametrize(
    "name", sorted(set(Augmentation.__dataclass_fields__) - {"snr_db", "mixup", "noise"})
)
def test_each_change_alone_changes_something_and_nothing_breaks(name):
    strength = {
        "cut": 0.1,
        "shift_s": 0.1,
        "tract": 0.1,
        "hiss_db": 20.0,
        "level_db": 5.0,
        "equalizer_db": 6.0,
    }
    strength = strength.get(name, 1.0 if name in ("masks", "reverb", "codec", "trim") else 0.2)
    only = Augmentation(
        **{**{n: 0.0 for n in Augmentation.__dataclass_fields__ if n != "snr_db"}, name: strength}
    )
    chirp = np.sin(np.cumsum(np.linspace(0.1, 2.5, 4000))).astype(np.float32) * np.hanning(4000).astype(
        np.float32
    )
    plain = speech_features([chirp], S)
    got = np.concatenate(
        [augmented_features([chirp], _rng(i), settings=S, augmentation=only) for i in range(4)]
    )
    assert got.shape == (4, 101, 41) and np.isfinite(got).all()
    assert np.abs(got - plain).max() > 0.05


def test_the_same_generator_gives_the_same_batch():
    a, b, c = (augmented_features([SINE] * 3, _rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert not np.array_equal(a, c)
    assert not np.array_equal(a[0], a[1])


def test_short_long_and_bad_clips():
    for n in (16, 200, 9000, 20000):
        y = augment_clip(np.ones(n, np.float32), S, Augmentation(), _rng(n))
        assert y.shape == (8000,) and np.isfinite(y).all()
    with pytest.raises(ValueError, match="samples"):
        augment_clip(np.ones(3, np.float32), S, Augmentation(), _rng())
