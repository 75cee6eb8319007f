"""One step of the game, and what a training comes to."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from tones import tones

from audio_edu.generation.gan.family import FAMILY
from audio_edu.generation.gan.layers import MinibatchDeviation, SpectralDense
from audio_edu.generation.gan.model import build_critic, build_generator
from audio_edu.generation.gan.recipe import TINY
from audio_edu.generation.gan.toy import toy_generator
from audio_edu.generation.gan.train_step import adversarial_step
from audio_edu.training import as_array, train


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def trainable(network):
    return [as_array(v) for v in network.trainable_variables]


@pytest.fixture
def networks():
    """Small ones for notes, the critic with the layers that there are for one."""
    keras.utils.set_random_seed(0)
    x, digit = keras.Input((2,)), keras.Input((), dtype="int32")
    h = MinibatchDeviation()(keras.layers.LeakyReLU(0.2)(SpectralDense(8)(x)))
    return toy_generator(2), keras.Model([x, digit], [SpectralDense(1)(h), keras.layers.Dense(10)(h)])


def batch(shape=(2,), n_z=2):
    rng = np.random.default_rng(0)
    real = rng.uniform(-1, 1, (8, *shape)).astype(np.float32)
    z = rng.normal(size=(8, n_z)).astype(np.float32)
    labels = np.arange(8, dtype=np.int32)
    return real, labels, z, labels


def compiled_step(networks, rates, loss="hinge", **average):
    for network, rate, options in zip(networks, rates, (average, {}), strict=True):
        network.compile(keras.optimizers.Adam(rate, beta_1=0.0, **options))
    return adversarial_step(*networks, loss=loss)


@pytest.mark.slow
def test_each_player_changes_its_own_weights_only():
    g = build_generator("spectrogram", TINY.generator_channels, n_z=4)
    d = build_critic("spectrogram", TINY.critic_channels)
    step = compiled_step((g, d), (0.0, 1e-3))
    before = trainable(g), trainable(d)
    step(*batch((256, 48, 1), 4))
    assert same(before[0], trainable(g)) and not same(before[1], trainable(d))
    g.optimizer.learning_rate, d.optimizer.learning_rate = 1e-3, 0.0
    before = trainable(g), trainable(d)
    step(*batch((256, 48, 1), 4))
    assert not same(before[0], trainable(g)) and same(before[1], trainable(d))


def test_the_average_of_the_generator_follows_it(networks):
    g, _ = networks
    step, states = compiled_step(networks, (1e-2, 1e-2), use_ema=True, ema_momentum=0.75), []
    for _ in range(2):
        step(*batch())
        states.append(trainable(g))
    g.optimizer.finalize_variable_values(g.trainable_variables)
    for first, second, average in zip(*states, trainable(g), strict=True):
        assert np.allclose(average, 0.75 * first + 0.25 * second, atol=1e-6)


@pytest.mark.parametrize("loss", ["hinge", "logarithm"])
def test_the_losses_are_what_they_say(networks, loss):
    g, d = networks
    real, labels, z, _ = batch()
    step = compiled_step(networks, (0.0, 0.0), loss)
    for _ in range(30):
        of_critic, of_generator, right_real, right_fake = map(float, step(real, labels, z, labels))
    fake = as_array(g([z, labels]))
    # The deviation is a group's; σ has settled after 30 steps
    s_real, s_fake = (as_array(d([x, labels])[0])[:, 0] for x in (real, fake))

    def sigma(s):
        return 1 / (1 + np.exp(-s))

    expected = {
        "hinge": (np.maximum(0, 1 - s_real).mean() + np.maximum(0, 1 + s_fake).mean(), -s_fake.mean()),
        "logarithm": (
            -np.log(sigma(s_real)).mean() - np.log(1 - sigma(s_fake)).mean(),
            -np.log(sigma(s_fake)).mean(),
        ),
    }[loss]
    assert of_critic == pytest.approx(expected[0], rel=1e-3)
    assert of_generator == pytest.approx(expected[1], rel=1e-3, abs=1e-4)
    assert (right_real, right_fake) == (np.mean(s_real > 0), np.mean(s_fake < 0))


def test_an_unknown_loss(networks):
    with pytest.raises(ValueError, match="loss is 'mse'"):
        compiled_step(networks, (0.0, 0.0), "mse")


@pytest.mark.slow
def test_both_players_learn():
    recipe, corpus = replace(TINY, n_steps=12, critic_rate=3e-3), tones()
    model, report = train(FAMILY, recipe, corpus)
    before = FAMILY.build(recipe, model.facts)
    for name in model.networks:
        assert not same(trainable(model.networks[name]), trainable(before.networks[name]))
    assert report["curve"]["accuracy_real"][-1] > 0.5
