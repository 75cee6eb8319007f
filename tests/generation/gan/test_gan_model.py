"""The GAN's layers and networks, and what a shipped one says."""

from dataclasses import replace

import numpy as np
import pytest

from audio_edu.datasets import load_digits
from audio_edu.generation import load_gan
from audio_edu.generation.gan.family import FAMILY
from audio_edu.generation.gan.layers import MinibatchDeviation, SpectralConv, SpectralDense
from audio_edu.generation.gan.model import KINDS, build_critic, build_generator
from audio_edu.generation.gan.recipe import RECIPES, TINY, GanRecipe
from audio_edu.generation.gan.transform import N_SAMPLES
from audio_edu.recognition import load_cnn
from audio_edu.training import as_array, checkpoint_path

FACTS = {"label_names": [str(i) for i in range(10)], "sample_rate": 8000}


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def gan():
    return load_gan()


class TestLayers:
    @pytest.mark.parametrize("layer", [SpectralDense(7), SpectralConv(7, (3, 2), 2)])
    def test_a_spectral_layer_divides_by_the_largest_singular_value(self, layer):
        shape = (2, 9) if isinstance(layer, SpectralDense) else (2, 6, 6, 4)
        x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        for _ in range(50):  # one turn of the iteration each
            layer(x, training=True)
        kernel = as_array(layer.kernel)
        expected = kernel / np.linalg.svd(kernel.reshape(-1, 7), compute_uv=False)[0]
        assert np.allclose(as_array(layer.normalised(False)), expected, rtol=1e-3)

    def test_outside_training_a_spectral_layer_does_not_change(self):
        layer = SpectralDense(3)
        layer.build((None, 4))
        u = as_array(layer.u)
        layer(np.ones((1, 4), np.float32), training=False)
        assert np.array_equal(as_array(layer.u), u)

    def test_the_deviation_is_that_of_each_group(self):
        x = np.random.default_rng(0).normal(size=(16, 3, 2)).astype(np.float32)
        x[8:] = x[8]  # the second group all alike
        layer = MinibatchDeviation(group=8)
        y = as_array(layer(x))
        assert y.shape == layer.compute_output_shape(x.shape)
        assert np.array_equal(y[..., :2], x)
        assert np.allclose(y[:8, :, 2], x[:8].std(axis=0).mean(), atol=1e-3)
        assert np.allclose(y[8:, :, 2], 0, atol=1e-3)


class TestNetworks:
    @pytest.mark.parametrize("kind", KINDS)
    def test_shapes(self, kind):
        channels = (8,) * KINDS[kind].n_layers
        g, d = build_generator(kind, channels), build_critic(kind, channels)
        z, digit = np.zeros((8, 64), np.float32), np.arange(8, dtype=np.int32)
        x = as_array(g([z, digit]))
        assert x.shape[1:] == {"spectrogram": (256, 48, 1), "waveform": (6144, 1)}[kind]
        assert np.abs(x).max() <= 1
        assert not np.array_equal(x[0], x[1])  # the same noise, another digit
        score, logits = d([x, digit])
        assert (score.shape, logits.shape) == ((8, 1), (8, 10))

    def test_the_stride_divides_every_kernel(self):
        for plan in KINDS.values():
            assert all(k % plan.stride == 0 for k in (*plan.kernel, *plan.outer_kernel))

    def test_what_is_refused(self):
        with pytest.raises(ValueError, match="kind is 'wave'"):
            build_generator("wave", (8, 8, 8, 8))
        with pytest.raises(ValueError, match="expected 5 numbers for kind 'waveform'"):
            build_critic("waveform", (8, 8, 8, 8))


class TestRecipe:
    def test_a_recipe_that_makes_no_sense(self):
        with pytest.raises(ValueError, match="batch_size is 12; expected a multiple of 8"):
            GanRecipe(n_steps=1, batch_size=12)
        with pytest.raises(ValueError, match="kind is 'mel'"):
            GanRecipe(n_steps=1, kind="mel")

    def test_a_longer_training_is_a_shorter_one_continued(self):
        assert RECIPES["gan"].n_steps_alike == RECIPES["gan"].n_steps


class TestGan:
    def test_the_seed_of_the_recipe_draws_the_weights(self):
        one, same, other = (FAMILY.build(replace(TINY, seed=seed), FACTS).weights for seed in (1, 1, 2))
        path = "generator/start/kernel"
        assert np.array_equal(as_array(one[path]), as_array(same[path]))
        assert not np.array_equal(as_array(one[path]), as_array(other[path]))

    def test_the_same_seed_the_same_sound(self, gan):
        one, same, other = (gan.generate([3], seed=seed, n_iter=4) for seed in (1, 1, 2))
        assert one.shape == (1, N_SAMPLES)
        assert one.dtype == np.float32
        assert np.abs(one).max() <= 1
        assert np.array_equal(one, same)
        assert not np.allclose(one, other)

    def test_the_recogniser_understands_what_was_asked_for(self, gan):
        digits = np.arange(100) % 10
        answers = load_cnn().probabilities(gan.generate(digits, seed=11)).argmax(axis=1)
        assert np.mean(answers == digits) >= 0.9

    def test_noise_makes_a_difference(self, gan):
        images = gan.generate_images(np.full(16, 7), gan.noise(16))
        assert images.std(axis=0).mean() > 0.05

    def test_the_critic_scores_real_clips_above_noise(self, gan, digits):
        clips = digits.test.select(np.arange(64))
        real = gan.transform.transform(clips.audio)
        noise = np.random.default_rng(0).uniform(-1, 1, real.shape).astype(np.float32)
        labels = clips.labels.astype(np.int32)
        scores = [as_array(gan.critic([x, labels])[0]).mean() for x in (real, noise)]
        assert scores[0] > scores[1]

    def test_the_card_says_how_good_it_is(self, gan):
        assert gan.card["n_parameters"] == gan.n_parameters
        assert set(gan.card["curve"]) == set(gan.curve_names)
        assert 2 <= len(gan.card["curve"]["critic_loss"]) <= 200
        assert gan.card["metrics"]["recognized"] >= 0.9
        assert gan.card["metrics"]["trained_on_generated_accuracy"] >= 0.7
        assert checkpoint_path("gan").stat().st_size < 15e6

    @pytest.mark.parametrize("digit", [-1, 10])
    def test_an_unknown_digit(self, gan, digit):
        with pytest.raises(ValueError, match=rf"digits\[0\] is {digit}; expected a whole number from 0 to 9"):
            gan.generate([digit])

    def test_other_bad_input(self, gan):
        for digits in ([1.5], np.zeros((1, 1), int), np.zeros(0, int)):
            with pytest.raises((TypeError, ValueError), match=r"digits(\[0\])? is"):
                gan.generate_images(digits, gan.noise(1))
        with pytest.raises(ValueError, match=r"z has shape \(1, 3\)"):
            gan.generate_images([1], np.zeros((1, 3)))
        with pytest.raises(ValueError, match="seed is -1"):
            gan.generate([1], seed=-1)
        with pytest.raises(TypeError, match=r"n_iter is 1\.5"):
            gan.generate([1], n_iter=1.5)
