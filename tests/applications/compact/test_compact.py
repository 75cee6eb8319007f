"""Folding, counting, quantizing, pruning: equal to what they replace, or as far from it as they say."""

import keras
import numpy as np
import pytest

from audio_edu.applications.compact import (
    build_folded,
    convolution_cost,
    fold_batch_norm,
    folded_weights,
    prune,
    quantize_weights,
    size_on_disk,
    train_deep,
)
from audio_edu.applications.compact.experiments import pruned as pruned_weights
from audio_edu.applications.compact.experiments import quantized, train_after_pruning
from audio_edu.datasets import load_digits
from audio_edu.recognition import load_cnn, load_rnn


@pytest.fixture(scope="module")
def model():
    return load_cnn()


def test_the_folded_network_says_the_same(model):
    clips = load_digits().test.select(np.arange(0, 840, 30)).audio
    x = model.features(clips)
    before = np.asarray(model.network(x, training=False))
    after = np.asarray(build_folded(folded_weights(model))(x, training=False))
    np.testing.assert_allclose(after, before, atol=2e-5)
    with pytest.raises(ValueError, match="cnn"):
        folded_weights(load_rnn())


def test_folding_is_keras():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 9, 8, 3)).astype("float32")
    conv = keras.layers.Conv2D(4, 3, use_bias=False)
    norm = keras.layers.BatchNormalization()
    y = norm(conv(x))
    norm.set_weights([rng.uniform(0.5, 2, 4) for _ in range(4)])
    y = np.asarray(norm(conv(x), training=False))
    kernel, bias = fold_batch_norm(np.asarray(conv.kernel), *(np.asarray(w) for w in norm.weights))
    again = keras.layers.Conv2D(4, 3)
    again.build(x.shape)
    again.set_weights([kernel, bias])
    np.testing.assert_allclose(np.asarray(again(x)), y, atol=1e-5)


def test_costs_are_those_of_keras(model):
    small = build_folded(folded_weights(model))
    cost = convolution_cost((51, 10), (3, 3), 32, 48, (2, 2))
    assert cost["parameters"] == small.get_layer("conv3").count_params()
    assert cost["values"] == np.prod(small.get_layer("conv3").output.shape[1:])
    with pytest.raises(ValueError, match="one for each dimension"):
        convolution_cost((51, 10), (3,), 32, 48, (2, 2))


@pytest.mark.parametrize("per_channel", [True, False])
def test_quantized_weights_are_half_a_step_off_at_most(per_channel):
    w = np.random.default_rng(0).standard_t(3, (5, 4, 6))
    for bits in (2, 4, 8):
        codes, scale = quantize_weights(w, bits, per_channel=per_channel)
        assert np.abs(codes).max() == 2 ** (bits - 1) - 1
        assert np.all(np.abs(codes * scale - w) <= scale / 2 + 1e-9)
    assert not quantize_weights(np.zeros((2, 2)), 4)[0].any()


def test_pruning_keeps_the_largest():
    w = np.random.default_rng(0).standard_normal((30, 10))
    kept = prune(w, 0.9)
    assert np.count_nonzero(kept) == 30
    assert np.abs(w[kept == 0]).max() <= np.abs(kept[kept != 0]).min()
    assert np.array_equal(prune(w, 0.0), w) and not prune(w, 1.0).any()


def test_fewer_bits_are_fewer_bytes(model):
    weights = folded_weights(model)
    sizes = [size_on_disk(quantized(weights, bits)[1]) for bits in (8, 4, 2)]
    assert size_on_disk(weights) > 3 * sizes[0] > 3 * sizes[1] > 3 * sizes[2]


def test_training_after_pruning_holds_the_zeros(model, monkeypatch):
    monkeypatch.setattr("audio_edu.applications.compact.experiments.N_AFTER", 2)
    few = pruned_weights(folded_weights(model), 0.9)
    x = np.random.default_rng(0).standard_normal((64, 101, 41)).astype("float32")
    again = train_after_pruning(few, x, np.arange(64) % 10)
    assert np.array_equal(again["conv4/kernel"] == 0, few["conv4/kernel"] == 0)
    assert not np.array_equal(again["conv4/kernel"], few["conv4/kernel"])


@pytest.mark.parametrize("kind", ["plain", "residual", "plain, scaled", "sum alone"])
def test_deep_networks_learn_what_is_easy(kind):
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    x = np.eye(3)[labels] + 0.05 * rng.standard_normal((300, 3))
    result = train_deep((x, labels), (x, labels), depth=2, kind=kind, n_steps=150)
    assert result.accuracy > 0.95 and result.losses[-1] < result.losses[0]
    assert result.gradient.shape == (2,)
