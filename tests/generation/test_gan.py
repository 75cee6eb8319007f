"""The GAN's formulas, networks, pictures and checkpoints."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest

from audio_edu.training.checkpoints import checkpoint_path
from audio_edu.datasets import load_digits
from audio_edu.generation.gan.generate import Gan, generate, generate_batch, load_gan, save_gan
from audio_edu.generation.gan.formulas import discriminator, game_value, generator, linear_game
from audio_edu.generation.gan.model import (
    KINDS,
    MinibatchDeviation,
    SpectralConv,
    SpectralDense,
    build_critic,
    build_generator,
)
from audio_edu.generation.gan.data import N_SAMPLES, Pictures
from audio_edu.generation.gan.recipe import GanRecipe
from audio_edu.recognition.recognize import load_recognizer

SMALL = {"generator_channels": (4, 4, 4, 4), "critic_channels": (4, 4, 4, 4)}


@pytest.fixture(scope="module")
def digits():
    return load_digits()


@pytest.fixture(scope="module")
def gan():
    return load_gan()


class TestFormula:
    def test_the_generator_is_a_dense_layer_with_tanh(self):
        layer = keras.layers.Dense(3, activation="tanh")
        z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
        theirs = np.asarray(layer(z))
        kernel, bias = layer.get_weights()
        assert np.allclose(generator(z, kernel.T, bias), theirs, atol=1e-6)

    def test_the_discriminator_is_a_dense_layer_with_a_sigmoid(self):
        layer = keras.layers.Dense(1, activation="sigmoid")
        x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
        theirs = np.asarray(layer(x))[:, 0]
        kernel, bias = layer.get_weights()
        assert np.allclose(discriminator(x, kernel[:, 0], bias[0]), theirs, atol=1e-6)

    def test_a_sure_discriminator_does_not_overflow(self):
        d = discriminator(np.array([[-1e4], [1e4]]), np.ones(1), 0.0)
        assert d.tolist() == [0.0, 1.0]

    def test_the_value_where_nobody_can_tell(self):
        assert game_value(np.full(3, 0.5), np.full(3, 0.5)) == pytest.approx(-2 * np.log(2))
        assert game_value(np.ones(3), np.zeros(3)) == 0
        assert game_value(np.zeros(3), np.zeros(3)) == -np.inf

    def test_a_discriminator_that_ends_in_tanh_is_refused(self):
        with pytest.raises(ValueError, match=r"d_fake goes from -0.9.*not in tanh"):
            game_value(np.full(3, 0.5), np.array([-0.9, 0.1]))

    @pytest.mark.parametrize("saturating", [False, True])
    def test_the_gradients_by_hand_are_those_of_the_value(self, saturating):
        """One step of the game moves along numeric derivatives of what each player wants."""
        real = np.random.default_rng(3).normal([0.4, -0.3], 0.2, (300, 2))
        rates = {"rate_d": 1e-3, "rate_g": 1e-3, "n_batch": 64, "seed": 5, "saturating": saturating}
        before, after = linear_game(real, n_steps=2, **rates)
        rng = np.random.default_rng(5)  # the same draws as the game's
        rng.normal(size=(2, 2))
        for _ in range(2):
            x, z = real[rng.integers(300, size=64)], rng.normal(size=(64, 2))

        def v(W_d=before["W_d"], b_d=before["b_d"], W_g=before["W_g"], b_g=before["b_g"]):
            made = generator(z, W_g, b_g)
            return game_value(discriminator(x, W_d, b_d), discriminator(made, W_d, b_d))

        def wanted_by_g(W_g, b_g):
            d = discriminator(generator(z, W_g, b_g), after["W_d"], after["b_d"])
            return -np.mean(np.log(1 - d)) if saturating else np.mean(np.log(d))

        tiny = 1e-5
        for i in range(2):
            e = tiny * np.eye(2)[i]
            slope = (v(W_d=before["W_d"] + e) - v(W_d=before["W_d"] - e)) / (2 * tiny)
            assert (after["W_d"] - before["W_d"])[i] == pytest.approx(1e-3 * slope, rel=1e-4)
            W_g, b_g = before["W_g"], before["b_g"]
            slope = (wanted_by_g(W_g, b_g + e) - wanted_by_g(W_g, b_g - e)) / (2 * tiny)
            assert (after["b_g"] - b_g)[i] == pytest.approx(1e-3 * slope, rel=1e-4)
            for j in range(2):
                E = tiny * np.outer(np.eye(2)[i], np.eye(2)[j])
                slope = (wanted_by_g(W_g + E, b_g) - wanted_by_g(W_g - E, b_g)) / (2 * tiny)
                assert (after["W_g"] - W_g)[i, j] == pytest.approx(1e-3 * slope, rel=1e-4)

    def test_two_linear_players_match_the_mean_and_nothing_else(self):
        real = np.random.default_rng(0).normal([0.5, -0.3], 0.1, (2000, 2))
        *_, last = linear_game(real, n_steps=2000)
        made = generator(np.random.default_rng(1).normal(size=(2000, 2)), last["W_g"], last["b_g"])
        assert np.abs(made.mean(axis=0) - real.mean(axis=0)).max() < 0.1
        assert made.std(axis=0).max() > 4 * 0.1  # far wider than the real ones
        assert last["value"] == pytest.approx(-2 * np.log(2), abs=0.02)  # and D sees nothing of it

    def test_a_strong_discriminator_leaves_no_slope_in_the_value_itself(self):
        real = np.clip(np.random.default_rng(0).normal([0.7, -0.6], 0.05, (2000, 2)), -1, 1)
        ahead = {"start_spread": 0.05, "head_start": 2000}
        by_log, by_value = (next(linear_game(real, saturating=s, **ahead))["slope"] for s in (False, True))
        assert by_log > 100 * by_value

    def test_shapes_that_do_not_fit(self):
        with pytest.raises(ValueError, match=r"W_g has shape \(3, 4\)"):
            generator(np.zeros((1, 2)), np.zeros((3, 4)), np.zeros(3))
        with pytest.raises(ValueError, match=r"W_d has shape \(3,\)"):
            discriminator(np.zeros((1, 2)), np.zeros(3), 0.0)


class TestNetworks:
    @pytest.mark.parametrize("kind", KINDS)
    def test_shapes(self, kind):
        channels = (8,) * KINDS[kind].n_layers
        g, d = build_generator(kind, channels), build_critic(kind, channels)
        z, digit = np.zeros((8, 64), np.float32), np.arange(8, dtype=np.int32)
        x = np.asarray(g([z, digit]))
        assert x.shape[1:] == {"spectrogram": (256, 48, 1), "waveform": (6144, 1)}[kind]
        assert np.abs(x).max() <= 1
        assert not np.array_equal(x[0], x[1])  # the same noise, another digit
        score, logits = d([x, digit])
        assert (score.shape, logits.shape) == ((8, 1), (8, 10))

    def test_the_stride_divides_every_kernel(self):
        for plan in KINDS.values():
            assert all(k % plan.stride == 0 for k in (*plan.kernel, *plan.outer_kernel))

    @pytest.mark.parametrize("layer", [SpectralDense(7), SpectralConv(7, (3, 2), 2)])
    def test_a_spectral_layer_divides_by_the_largest_singular_value(self, layer):
        shape = (2, 9) if isinstance(layer, SpectralDense) else (2, 6, 6, 4)
        x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        for _ in range(50):  # one turn of the iteration each
            layer(x, training=True)
        kernel = np.asarray(layer.kernel).reshape(-1, 7)
        expected = np.asarray(layer.kernel) / np.linalg.svd(kernel, compute_uv=False)[0]
        assert np.allclose(np.asarray(layer.normalised(False)), expected, rtol=1e-3)

    def test_outside_training_a_spectral_layer_does_not_change(self):
        layer = SpectralDense(3)
        layer.build((None, 4))
        u = np.asarray(layer.u)
        layer(np.ones((1, 4), np.float32), training=False)
        assert np.array_equal(np.asarray(layer.u), u)

    def test_the_deviation_is_that_of_each_group(self):
        x = np.random.default_rng(0).normal(size=(16, 3, 2)).astype(np.float32)
        x[8:] = x[8]  # the second group all alike
        y = np.asarray(MinibatchDeviation(group=8)(x))
        assert np.array_equal(y[..., :2], x)
        assert np.allclose(y[:8, :, 2], x[:8].std(axis=0).mean(), atol=1e-3)
        assert np.allclose(y[8:, :, 2], 0, atol=1e-3)

    def test_what_is_refused(self):
        with pytest.raises(ValueError, match="kind is 'wave'"):
            build_generator("wave")
        with pytest.raises(ValueError, match="expected 5 numbers for kind 'waveform'"):
            build_critic("waveform", (8, 8, 8, 8))


class TestPictures:
    def test_there_and_back_a_recognizer_still_understands(self, digits):
        clips = digits.test.select(np.arange(0, 2000, 20) % len(digits.test))
        pictures = Pictures.fit("spectrogram", digits.train.select(np.arange(0, 3900, 10)))
        seen = pictures.of(clips.audio)
        assert seen.shape == (len(clips), 256, 48, 1)
        assert -1 <= seen.min() < seen.max() <= 1
        back = pictures.sounds(seen)
        right = load_recognizer("cnn").probabilities(list(back)).argmax(axis=1) == clips.labels
        assert right.mean() >= 0.95

    def test_silence_stays_silence(self, digits):
        pictures = Pictures.fit("spectrogram", digits.test)
        back = pictures.sounds(pictures.of([np.zeros(100, np.float32)]))
        assert np.abs(back).max() == 0

    def test_a_tone_comes_back_at_its_pitch_and_level(self, digits):
        tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(N_SAMPLES) / 8000).astype(np.float32)
        pictures = Pictures("spectrogram", np.zeros(256, np.float32), np.full(256, 3.0, np.float32))
        back = pictures.sounds(pictures.of([tone]))[0]
        spectrum = np.abs(np.fft.rfft(back[1000:5000]))
        assert spectrum.argmax() * 8000 / 4000 == 1000
        assert np.sqrt(np.mean(back[1000:5000] ** 2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.05)

    def test_a_waveform_is_itself(self, digits):
        pictures = Pictures.fit("waveform", digits.test)
        clip = digits.test.audio[0]
        back = pictures.sounds(pictures.of([clip]))[0]
        n = min(len(clip), N_SAMPLES)
        assert np.array_equal(back[:n], clip[:n])
        assert not back[n:].any()


class TestCheckpoint:
    def test_the_same_seed_the_same_sound(self, gan):
        one, same, other = (generate(gan, digit=3, seed=seed, n_iter=4) for seed in (1, 1, 2))
        assert one.shape == (N_SAMPLES,)
        assert one.dtype == np.float32
        assert np.abs(one).max() <= 1
        assert np.array_equal(one, same)
        assert not np.allclose(one, other)

    def test_the_recognizer_hears_what_was_asked_for(self, gan):
        asked = np.arange(100) % 10
        heard = load_recognizer("cnn").probabilities(list(generate_batch(gan, asked, seed=11))).argmax(axis=1)
        assert np.mean(heard == asked) >= 0.9

    def test_noise_makes_a_difference(self, gan):
        painted = gan.paint(np.full(16, 7), gan.noise(16))
        assert painted.std(axis=0).mean() > 0.05

    def test_the_critic_scores_real_clips_above_noise(self, gan, digits):
        clips = digits.test.select(np.arange(64))
        real = gan.pictures.of(clips.audio)
        noise = np.random.default_rng(0).uniform(-1, 1, real.shape).astype(np.float32)
        score = [np.asarray(gan.critic([x, clips.labels.astype(np.int32)])[0]).mean() for x in (real, noise)]
        assert score[0] > score[1]

    def test_the_card_says_how_it_was_made(self, gan):
        card = gan.card
        assert card["name"] == "gan"
        assert card["command"].startswith("audio-edu train gan")
        assert card["n_parameters"] == gan.n_parameters
        assert 2 <= len(card["losses"]) <= 200
        assert card["wall_s"] > 0
        assert card["metrics"]["recognized"] >= 0.9
        assert card["metrics"]["trained_on_generated_accuracy"] >= 0.7
        assert checkpoint_path("gan").stat().st_size < 15e6

    @pytest.mark.parametrize("digit", [-1, 10])
    def test_an_unknown_digit(self, gan, digit):
        with pytest.raises(ValueError, match=f"digit is {digit}; expected a whole number from 0 to 9"):
            generate(gan, digit=digit)

    def test_other_bad_input(self, gan):
        with pytest.raises(ValueError, match="digits is"):
            gan.paint([1.5], gan.noise(1))
        with pytest.raises(ValueError, match=r"z has shape \(1, 3\)"):
            gan.paint([1], np.zeros((1, 3)))
        with pytest.raises(ValueError, match="seed is -1"):
            generate(gan, digit=1, seed=-1)
        with pytest.raises(TypeError, match=r"n_iter is 1\.5"):
            generate(gan, digit=1, n_iter=1.5)

    @pytest.mark.parametrize("kind", ["spectrogram", "waveform"])
    @pytest.mark.parametrize("with_critic", [True, False])
    def test_saved_and_loaded_it_is_the_same(self, kind, with_critic, tmp_path):
        n = KINDS[kind].n_layers
        recipe = GanRecipe(kind, n_z=8, generator_channels=(4,) * n, critic_channels=(4,) * n)
        network = build_generator(kind, recipe.generator_channels, n_z=8)
        critic = build_critic(kind, recipe.critic_channels) if with_critic else None
        pictures = Pictures(kind, np.linspace(-3, 0, 256, dtype=np.float32), np.ones(256, np.float32))
        model = Gan(recipe, network, pictures, critic=critic)
        save_gan(tmp_path / "x.npz", model, {"command": "none", "seed": 1})
        loaded = load_gan(tmp_path / "x.npz")
        assert loaded.recipe == recipe
        assert loaded.card["command"] == "none"
        assert (loaded.critic is not None) == with_critic
        ours, theirs = (generate_batch(m, [1, 2], seed=3, n_iter=2) for m in (model, loaded))
        assert np.array_equal(ours, theirs)
        if with_critic:
            for mine, its in zip(critic.get_weights(), loaded.critic.get_weights(), strict=True):
                assert np.array_equal(mine, its)

    def test_a_missing_checkpoint(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="No checkpoint"):
            load_gan(tmp_path / "none.npz")

    def test_a_checkpoint_of_something_else(self):
        with pytest.raises(ValueError, match="expected gan or gan_waveform"):
            load_gan("cnn")

    def test_a_damaged_checkpoint(self, tmp_path):
        for suffix in (".npz", ".json"):
            source = checkpoint_path("gan").with_suffix(suffix)
            (tmp_path / f"x{suffix}").write_bytes(source.read_bytes())
        whole = (tmp_path / "x.npz").read_bytes()
        (tmp_path / "x.npz").write_bytes(whole[: len(whole) // 2])
        with pytest.raises(ValueError, match="cannot be read"):
            load_gan(tmp_path / "x.npz")
        (tmp_path / "x.npz").write_bytes(whole)
        card = json.loads((tmp_path / "x.json").read_text())
        (tmp_path / "x.json").write_text(json.dumps({**card, "recipe": {**card["recipe"], **SMALL}}))
        with pytest.raises(ValueError, match="does not hold the weights"):
            load_gan(tmp_path / "x.npz")
        (tmp_path / "x.json").write_text(json.dumps({"name": "gan"}))
        with pytest.raises(ValueError, match="does not describe a GAN"):
            load_gan(tmp_path / "x.npz")
