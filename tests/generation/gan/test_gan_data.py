"""What the networks see of a sound and the way back, and the batches they learn from."""

from dataclasses import replace

import numpy as np
import pytest
from tones import tones

from audio_edu.datasets import load_digits
from audio_edu.generation.gan.data import batches, words_that_fit
from audio_edu.generation.gan.family import FAMILY
from audio_edu.generation.gan.recipe import TINY
from audio_edu.generation.gan.transform import N_SAMPLES, SpectrogramTransform, WaveformTransform
from audio_edu.recognition import load_cnn


@pytest.fixture(scope="module")
def digits():
    return load_digits()


class TestTransform:
    def test_there_and_back_a_recogniser_still_understands(self, digits):
        clips = digits.test.select(np.arange(0, 2000, 20) % len(digits.test))
        transform = SpectrogramTransform.fit(digits.development.select(np.arange(0, 3900, 10)))
        images = transform.transform(clips.audio)
        assert images.shape == (len(clips), 256, 48, 1)
        assert -1 <= images.min() < images.max() <= 1
        sounds = transform.inverse_transform(images)
        right = load_cnn().probabilities(sounds).argmax(axis=1) == clips.labels
        assert right.mean() >= 0.95

    def test_silence_stays_silence(self):
        transform = SpectrogramTransform.fit(tones())
        sounds = transform.inverse_transform(transform.transform([np.zeros(100, np.float32)]))
        assert np.abs(sounds).max() == 0

    def test_a_tone_comes_back_at_its_pitch_and_level(self):
        tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(N_SAMPLES) / 8000).astype(np.float32)
        transform = SpectrogramTransform(np.zeros(256, np.float32), np.full(256, 3.0, np.float32))
        sound = transform.inverse_transform(transform.transform([tone]))[0]
        spectrum = np.abs(np.fft.rfft(sound[1000:5000]))
        assert spectrum.argmax() * 8000 / 4000 == 1000
        assert np.sqrt(np.mean(sound[1000:5000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)

    def test_a_waveform_is_itself(self):
        clip, transform = tones(1).audio[0], WaveformTransform()
        sound = transform.inverse_transform(transform.transform([clip]))[0]
        assert sound.shape == (N_SAMPLES,)
        assert np.array_equal(sound[: len(clip)], clip)
        assert not sound[len(clip) :].any()


class TestBatches:
    def test_a_batch_is_a_function_of_seed_and_step(self):
        corpus = tones()
        model = FAMILY.build(TINY, FAMILY.facts(TINY, corpus))
        batch = batches(model, corpus)
        real, real_digits, z, fake_digits = batch(3)
        assert real.shape == (8, 256, 48, 1) and z.shape == (8, TINY.n_z)
        assert real_digits.max() < 3 and fake_digits.max() < 3
        batch(0)
        again = batch(3)
        assert all(map(np.array_equal, again, (real, real_digits, z, fake_digits)))
        assert not np.array_equal(batch(4)[2], z)
        other = FAMILY.build(replace(TINY, seed=7), FAMILY.facts(TINY, corpus))
        assert not np.array_equal(batches(other, corpus)(3)[2], z)

    def test_the_transform_is_fitted_to_what_is_learned_from(self):
        corpus = tones()
        model = FAMILY.build(TINY, FAMILY.facts(TINY, corpus))
        batches(model, corpus)
        fitted = SpectrogramTransform.fit(corpus)
        assert np.array_equal(model.transform.mean, fitted.mean)
        assert np.array_equal(model.transform.spread, fitted.spread)

    def test_words_that_do_not_fit_are_left_out(self, digits):
        fitting = words_that_fit(digits.development)
        assert 0.95 * len(digits.development) < len(fitting) < len(digits.development)
        assert fitting.lengths.max() <= N_SAMPLES

    def test_too_few_clips(self):
        corpus = tones(7)
        with pytest.raises(ValueError, match="corpus has 7 clips, fewer than one batch of 8"):
            batches(FAMILY.build(TINY, FAMILY.facts(TINY, corpus)), corpus)
