"""The game, literally: formulas, gradients by hand, and what a linear game comes to."""

import keras
import numpy as np
import pytest

from audio_edu.generation.gan.formulas import discriminator, game_value, generator, linear_game
from audio_edu.training import as_array


def test_the_generator_is_a_dense_layer_with_tanh():
    layer = keras.layers.Dense(3, activation="tanh")
    z = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    expected = as_array(layer(z))
    kernel, bias = layer.get_weights()
    assert np.allclose(generator(z, kernel.T, bias), expected, atol=1e-6)


def test_the_discriminator_is_a_dense_layer_with_a_sigmoid():
    layer = keras.layers.Dense(1, activation="sigmoid")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype(np.float32)
    expected = as_array(layer(x))[:, 0]
    kernel, bias = layer.get_weights()
    assert np.allclose(discriminator(x, kernel[:, 0], bias[0]), expected, atol=1e-6)


def test_a_sure_discriminator_does_not_overflow():
    d = discriminator(np.array([[-1e4], [1e4]]), np.ones(1), 0.0)
    assert d.tolist() == [0.0, 1.0]


def test_the_value_where_nobody_can_tell():
    assert game_value(np.full(3, 0.5), np.full(3, 0.5)) == pytest.approx(-2 * np.log(2))
    assert game_value(np.ones(3), np.zeros(3)) == 0
    assert game_value(np.zeros(3), np.zeros(3)) == -np.inf


def test_a_discriminator_that_ends_in_tanh_is_refused():
    with pytest.raises(ValueError, match=r"d_fake goes from -0.9.*not in tanh"):
        game_value(np.full(3, 0.5), np.array([-0.9, 0.1]))


@pytest.mark.parametrize("saturating", [False, True])
def test_the_gradients_by_hand_are_those_of_the_value(saturating):
    """One step of the game moves along numeric derivatives of what each player wants."""
    real = np.random.default_rng(3).normal([0.4, -0.3], 0.2, (300, 2))
    rates = {"rate_d": 1e-3, "rate_g": 1e-3, "n_batch": 64, "seed": 5, "saturating": saturating}
    before, after = linear_game(real, n_steps=2, **rates)
    rng = np.random.default_rng(5)  # the same draws as the game's
    rng.normal(size=(2, 2))
    for _ in range(2):
        x, z = real[rng.integers(300, size=64)], rng.normal(size=(64, 2))

    def v(W_d=before["W_d"], b_d=before["b_d"], W_g=before["W_g"], b_g=before["b_g"]):
        fake = generator(z, W_g, b_g)
        return game_value(discriminator(x, W_d, b_d), discriminator(fake, W_d, b_d))

    def value_to_g(W_g, b_g):
        d = discriminator(generator(z, W_g, b_g), after["W_d"], after["b_d"])
        return -np.mean(np.log(1 - d)) if saturating else np.mean(np.log(d))

    tiny = 1e-5
    for i in range(2):
        e = tiny * np.eye(2)[i]
        slope = (v(W_d=before["W_d"] + e) - v(W_d=before["W_d"] - e)) / (2 * tiny)
        assert (after["W_d"] - before["W_d"])[i] == pytest.approx(1e-3 * slope, rel=1e-4)
        W_g, b_g = before["W_g"], before["b_g"]
        slope = (value_to_g(W_g, b_g + e) - value_to_g(W_g, b_g - e)) / (2 * tiny)
        assert (after["b_g"] - b_g)[i] == pytest.approx(1e-3 * slope, rel=1e-4)
        for j in range(2):
            E = tiny * np.outer(np.eye(2)[i], np.eye(2)[j])
            slope = (value_to_g(W_g + E, b_g) - value_to_g(W_g - E, b_g)) / (2 * tiny)
            assert (after["W_g"] - W_g)[i, j] == pytest.approx(1e-3 * slope, rel=1e-4)


def test_two_linear_players_match_the_mean_and_nothing_else():
    real = np.random.default_rng(0).normal([0.5, -0.3], 0.1, (2000, 2))
    *_, last = linear_game(real, n_steps=2000)
    generated = generator(np.random.default_rng(1).normal(size=(2000, 2)), last["W_g"], last["b_g"])
    assert np.abs(generated.mean(axis=0) - real.mean(axis=0)).max() < 0.1
    assert generated.std(axis=0).max() > 4 * 0.1  # far wider than the real ones
    assert last["value"] == pytest.approx(-2 * np.log(2), abs=0.02)  # and D sees nothing of it


def test_a_strong_discriminator_leaves_no_slope_in_the_value_itself():
    real = np.clip(np.random.default_rng(0).normal([0.7, -0.6], 0.05, (2000, 2)), -1, 1)
    ahead = {"start_spread": 0.05, "head_start": 2000}
    games = [linear_game(real, saturating=saturating, **ahead) for saturating in (False, True)]
    by_log, by_value = (next(game)["gradient_norm"] for game in games)
    assert by_log > 100 * by_value


def test_shapes_that_do_not_fit():
    with pytest.raises(ValueError, match=r"W_g has shape \(3, 4\)"):
        generator(np.zeros((1, 2)), np.zeros((3, 4)), np.zeros(3))
    with pytest.raises(ValueError, match=r"W_d has shape \(3,\)"):
        discriminator(np.zeros((1, 2)), np.zeros(3), 0.0)
