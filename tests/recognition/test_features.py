import numpy as np
import pytest

from audio_edu.datasets import load_digits
from audio_edu.recognition.features import (
    FeatureSettings,
    fit_length,
    normalize_frames,
    one_word_each,
    speech_features,
    speech_mask,
    without_offset,
)
from audio_edu.recognition.frontend import SpeechFeatures

RNG = np.random.default_rng(0)


def _words(n=4):
    """Tones that begin and end softly, of different lengths and levels, in some noise."""
    words = []
    for i in range(n):
        length = 1500 + 1700 * i
        x = np.sin(2 * np.pi * (200 + 150 * i) * np.arange(length) / 8000) * np.hanning(length)
        words.append(((x + 1e-3 * RNG.standard_normal(length)) * 10.0**-i).astype(np.float32))
    return words


def test_the_layer_equals_the_function():
    words = _words()
    settings = FeatureSettings()
    layer = SpeechFeatures(settings)
    got = np.array(layer(fit_length(words, settings.n_samples)))
    expected = speech_features(words, settings)
    assert got.shape == layer.compute_output_shape((4, settings.n_samples)) == (4, 101, 41)
    np.testing.assert_array_equal(got[..., -1], expected[..., -1])
    np.testing.assert_allclose(got, expected, atol=2e-3)


def test_level_is_normalized_away():
    word = _words(1)[0]
    np.testing.assert_allclose(speech_features([word]), speech_features([word / 15]), atol=1e-3)


def test_filling_is_zero_and_the_word_has_unit_spread():
    for x in speech_features(_words()):
        inside = x[:, -1] == 1
        assert 10 < inside.sum() < 101
        assert (x[~inside] == 0).all()
        assert np.sqrt(np.mean((x[inside, :-1] - x[inside, :-1].mean()) ** 2)) == pytest.approx(1, abs=0.3)


def test_silence_and_long_clips_are_no_trouble():
    x = speech_features([np.zeros(8000, np.float32), np.full(30000, 0.1, np.float32), np.ones(1, np.float32)])
    assert np.isfinite(x).all()
    assert np.isfinite(np.array(SpeechFeatures()(np.zeros((1, 8000), np.float32)))).all()
    with pytest.raises(ValueError, match=r"clips\[1\]"):
        speech_features([np.ones(100, np.float32), np.array([np.nan], np.float32)])


def test_fit_length_keeps_the_loud_part():
    x = np.zeros(100, np.float32)
    x[70:80] = 1
    assert fit_length([x], 20)[0].sum() == 10


def _around(word, before, after, noise=0.0):
    """A word with so many samples of silence or noise before and after it."""
    x = np.pad(word, (before, after))
    return (x + noise * np.random.default_rng(1).standard_normal(len(x))).astype(np.float32)


def test_silence_around_a_word_changes_nothing_however_long():
    s = FeatureSettings()
    for word in _words(3):
        once = one_word_each([_around(word, 400, 0)], s)
        for before, after in ((401, 7), (2000, 60_000), (7999, 1), (8000, 0), (24_017, 24_000), (80_000, 0)):
            np.testing.assert_array_equal(one_word_each([_around(word, before, after)], s), once)
        place = [int(np.argmax(np.abs(row) > np.abs(word).max() / 2)) for row in (once[0], word)]
        assert 0 <= place[0] - place[1] <= 240
        # after the word there is nothing to cut
        np.testing.assert_array_equal(one_word_each([np.pad(word, (0, 24_000))], s), fit_length([word], 8000))


@pytest.mark.parametrize("noise", [1e-4, 1e-3, 3e-3])
def test_a_word_in_faint_noise_is_found(noise):
    word = _words(3)[0]
    for before in (0, 8000, 24_000, 80_000):
        row = one_word_each([_around(word, before, 16_000, noise)], FeatureSettings())[0]
        place = [int(np.argmax(np.abs(x) > 0.5)) for x in (row, word)]
        assert -40 <= place[0] - place[1] <= 240, before


def test_noise_after_a_word_does_not_move_its_beginning_to_the_edge():
    word = np.pad(np.sin(np.arange(3000.0)), (200, 0))
    x = np.concatenate([word, 3e-3 * RNG.standard_normal(16_000)])
    row = one_word_each([x], FeatureSettings())[0]
    assert 160 <= np.argmax(np.abs(row) > 0.5) <= 320


@pytest.mark.parametrize("offset", [-0.1, 0.03, 0.1])
def test_a_constant_offset_is_taken_away(offset):
    for word in _words(2):
        expected = word - word.mean()
        np.testing.assert_allclose(without_offset(word + np.float32(offset)), expected, atol=3e-3)
        for x in (np.pad(word, 9000) + np.float32(offset), np.pad(word + np.float32(offset), 9000)):
            np.testing.assert_allclose(without_offset(x)[9000:-9000], expected, atol=3e-3)
            assert not without_offset(x)[:8999].any()


def test_what_is_in_order_is_not_touched():
    clips = load_digits().test.audio[::20]
    np.testing.assert_array_equal(one_word_each(clips, FeatureSettings()), fit_length(clips, 8000))
    thump = np.concatenate([np.full(500, 0.3), RNG.uniform(-1, 1, 7000)])  # a mean, but of its beginning
    assert without_offset(thump) is thump
    assert without_offset(np.array([0.1, 0.2])).tolist() == [0.1, 0.2]


def test_mask_keeps_a_pause_inside_a_word():
    level = np.array([[-80, -10, -70, -70, 0, -80.0]])
    assert speech_mask(level, 35)[0].tolist() == [False, True, True, True, True, False]


def test_a_microphones_color_is_mostly_normalized_away():
    mel = RNG.uniform(-60, 0, (1, 30, 40)).astype(np.float32)
    mask = np.ones((1, 30), bool)
    color = np.linspace(-6, 6, 40, dtype=np.float32)
    change = {}
    for whitening in (0.0, 0.5, 1.0):
        s = FeatureSettings(floor_db=200.0, whitening=whitening)
        a, b = normalize_frames(mel, s, mask=mask), normalize_frames(mel + color, s, mask=mask)
        change[whitening] = np.abs(a - b).mean()
    assert change[1.0] < 1e-5 < change[0.5] < 0.6 * change[0.0]


@pytest.mark.parametrize("bad", [{"n_mels": 0}, {"sample_rate": -1}, {"range_db": 0.0}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        FeatureSettings(**bad)
