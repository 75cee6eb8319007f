"""What a WaveNet is shown: rows, batches, augmentation."""

from dataclasses import replace

import numpy as np
import pytest
from wavenets import RECIPE, SMALL
from wavenets import beeps as make_beeps

from audio_edu.generation.wavenet.data import SILENCE, Batches, augment, mean_word_lengths
from audio_edu.signal import mu_law_encode


@pytest.fixture(scope="module")
def beeps():
    return make_beeps()


def test_rows_hold_each_clip_once_an_epoch_and_hide_what_they_should(beeps):
    two = replace(RECIPE, row_lengths=(400, 600), p_unknown_voice=0.5, p_unknown_length=0.0)
    batches = Batches(two, beeps)
    seen, hidden = [], 0
    for step in range(batches.n_batches, 2 * batches.n_batches):
        (codes, labels, voices, positions), target, weight = batches(step)
        np.testing.assert_array_equal(codes, target)
        assert codes.shape == weight.shape
        assert positions.shape == (len(codes), codes.shape[1] // SMALL.frame_length)
        hidden += int((voices == 0).sum())
        for row in range(len(codes)):
            n = int(weight[row].sum()) - RECIPE.n_silence
            assert (codes[row, n:] == SILENCE).all()
            assert (positions[row] > 0).all()
            seen.append((n, int(labels[row])))
    assert len(seen) == len(set(seen)) >= 10
    assert 0 < hidden < 12
    first, again = batches(4), Batches(two, beeps)(4)
    np.testing.assert_array_equal(first[1], again[1])


def test_a_clip_too_long_for_the_rows_is_refused(beeps):
    with pytest.raises(ValueError, match="row_lengths"):
        Batches(replace(RECIPE, row_lengths=(400,)), beeps)
    with pytest.raises(ValueError, match="frame_length"):
        replace(RECIPE, row_lengths=(410,))


def test_usual_lengths_of_words(beeps):
    lengths = mean_word_lengths(beeps)
    assert lengths.shape == (3, 3) and lengths.dtype == np.int32
    of_bert = [len(beeps.audio[i]) for i in range(12) if i % 3 == 1 and i % 2 == 0]
    assert lengths[1, 2] == round(np.mean(of_bert))
    assert lengths[1, 0] == round(np.mean(beeps.lengths[beeps.labels == 1]))


def test_an_augmented_clip_is_another_voice():
    """All frequencies of a tone with overtones move together; length and peak are as promised."""
    t = np.arange(3000) / 8000
    x = (sum(np.sin(2 * np.pi * 200 * k * t) / k for k in (1, 2, 3)) / 3).astype(np.float32)
    rng, moved = np.random.default_rng(0), []
    for _ in range(20):
        y = augment(x, rng, max_samples=3200)
        assert y.dtype == np.float32
        assert 2600 <= len(y) <= 3200
        assert np.abs(y).max() == pytest.approx(np.abs(x).max(), abs=1e-6)
        spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)), 32768))
        f0 = np.argmax(spectrum) * 8000 / 32768
        assert f0 == pytest.approx(200 * 3000 / len(y), rel=0.01)
        moved.append(f0)
    assert max(moved) > 215 and min(moved) < 190
    assert len(augment(x, rng, max_samples=2000)) == 2000


def test_half_of_the_clips_are_augmented_and_belong_to_nobody(beeps):
    batches = Batches(replace(RECIPE, p_unknown_voice=0.0, p_augment=0.5), beeps)
    known = {tuple(mu_law_encode(clip)) for clip in beeps.audio}
    n, n_augmented = 0, 0
    for step in range(40):
        inputs, codes, weight = batches(step)
        for row in range(len(codes)):
            length = int(weight[row].sum()) - RECIPE.n_silence
            is_augmented = tuple(codes[row, :length]) not in known
            assert (inputs[2][row] == 0) == is_augmented
            n, n_augmented = n + 1, n_augmented + is_augmented
    assert 0.3 * n < n_augmented < 0.7 * n


def test_half_of_the_clips_are_seen_with_noise_and_predicted_without(beeps):
    batches = Batches(replace(RECIPE, p_noise=0.5, max_noise=3.0), beeps)
    known = {tuple(mu_law_encode(clip)) for clip in beeps.audio}
    strengths = []
    for step in range(40):
        (noisy, *_), target, weight = batches(step)
        for row in range(len(target)):
            assert tuple(target[row, : int(weight[row].sum()) - RECIPE.n_silence]) in known
            strengths.append(np.std(noisy[row] - target[row]))
            assert 0 <= noisy.min() and noisy.max() <= 255
    strengths = np.array(strengths)
    assert 0.3 < np.mean(strengths == 0) < 0.7
    assert 2 < strengths.max() < 3.2
