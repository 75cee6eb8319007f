import keras
import numpy as np
import pytest
import scipy.signal

from audio_edu.layers import relu
from audio_edu.recognition.cnn import build_cnn, conv2d, dense, evidence_maps, max_pool
from audio_edu.recognition.features import FeatureSettings

RNG = np.random.default_rng(0)
SMALL = FeatureSettings(n_samples=2000, n_mels=20)


def test_dense_is_keras_dense_with_the_kernel_transposed():
    layer = keras.layers.Dense(5, activation="relu", bias_initializer="normal")
    x = RNG.standard_normal((4, 3)).astype(np.float32)
    expected = np.array(layer(x))
    kernel, b = layer.get_weights()
    np.testing.assert_allclose(dense(x, kernel.T, b, relu), expected, atol=1e-6)
    with pytest.raises(ValueError, match="transpose"):
        dense(x, kernel, b)
    with pytest.raises(ValueError, match="one bias"):
        dense(x, kernel.T, b[:-1])


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("size", [(3, 3), (2, 4), (5, 1)])
def test_conv2d_is_keras_conv2d(padding, size):
    layer = keras.layers.Conv2D(4, size, padding=padding, bias_initializer="normal")
    x = RNG.standard_normal((1, 9, 8, 3)).astype(np.float32)
    expected = np.array(layer(x))[0]
    kernel, b = layer.get_weights()
    np.testing.assert_allclose(conv2d(x[0], kernel, b, padding=padding), expected, atol=1e-5)


def test_conv2d_is_scipy_correlation_and_not_convolution():
    x, kernel = RNG.standard_normal((7, 6)), RNG.standard_normal((3, 2))
    np.testing.assert_allclose(conv2d(x, kernel), scipy.signal.correlate2d(x, kernel, "valid"))
    assert not np.allclose(conv2d(x, kernel), scipy.signal.convolve2d(x, kernel, "valid"))


def test_conv2d_moves_with_its_input():
    x, kernel = np.zeros((12, 10)), RNG.standard_normal((3, 3))
    x[4, 3] = 1
    moved = np.roll(x, (2, 1), axis=(0, 1))
    np.testing.assert_allclose(np.roll(conv2d(x, kernel), (2, 1), axis=(0, 1)), conv2d(moved, kernel))


def test_conv2d_says_what_does_not_fit():
    with pytest.raises(ValueError, match="same n_in"):
        conv2d(np.ones((5, 5, 2)), np.ones((3, 3, 1, 4)))
    with pytest.raises(ValueError, match="larger than x"):
        conv2d(np.ones((2, 2)), np.ones((3, 3)))
    with pytest.raises(ValueError, match="padding"):
        conv2d(np.ones((5, 5)), np.ones((3, 3)), padding="full")


@pytest.mark.parametrize("size", [(2, 2), (3, 1)])
def test_max_pool_is_keras_max_pooling(size):
    x = RNG.standard_normal((1, 7, 5, 2)).astype(np.float32)
    expected = np.array(keras.layers.MaxPooling2D(size)(x))[0]
    np.testing.assert_array_equal(max_pool(x[0], size), expected)


def test_small_cnn_ships_small_and_ignores_silence_behind_the_word():
    assert build_cnn().count_params() <= 100_000
    keras.utils.set_random_seed(0)
    network = build_cnn(settings=SMALL, width=16)
    x = np.zeros((1, SMALL.n_frames, SMALL.n_channels), np.float32)
    x[0, :12, :-1] = RNG.standard_normal((12, SMALL.n_mels))
    x[0, :12, -1] = 1
    assert network(x).shape == (1, 10)
    longer = build_cnn(settings=FeatureSettings(n_samples=2640, n_mels=20), width=16)
    longer.set_weights(network.get_weights())
    y = np.pad(x, ((0, 0), (0, 8), (0, 0)))
    np.testing.assert_allclose(longer(y), network(x), atol=1e-4)


def test_the_documents_cnn_made_right_learns_to_tell_high_from_low():
    keras.utils.set_random_seed(0)
    network = build_cnn("document", settings=SMALL, n_classes=2)
    y = RNG.integers(0, 2, 128)
    x = 0.1 * RNG.standard_normal((128, SMALL.n_frames, SMALL.n_channels)).astype(np.float32)
    for row, label in zip(x, y, strict=True):
        start = RNG.integers(0, 15)
        row[start : start + 5, 2 + 12 * label] += 2
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(x, y, epochs=6, batch_size=32, verbose=0)
    assert np.mean(np.argmax(network(x), 1) == y) > 0.95


def test_the_documents_own_cnn_fails_as_the_page_says():
    conv = keras.layers.Conv2D(32, (3, 3), activation="relu")
    broken = keras.Sequential([conv, keras.layers.MaxPooling2D((2, 2)), conv])
    with pytest.raises(ValueError):
        broken(np.zeros((1, 28, 28, 1), np.float32))


def test_grad_cam_looks_where_the_class_is():
    keras.utils.set_random_seed(1)
    network = build_cnn(settings=SMALL, n_classes=2, dropout=0.0, width=16)
    y = RNG.integers(0, 2, 256)
    x = 0.1 * RNG.standard_normal((256, SMALL.n_frames, SMALL.n_channels)).astype(np.float32)
    x[..., -1] = 1
    starts = RNG.integers(0, 20, 256)
    for row, label, start in zip(x, y, starts, strict=True):
        row[start : start + 4, 3 + 10 * label : 7 + 10 * label] += 2
    network.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    network.fit(x, y, epochs=8, batch_size=32, verbose=0)
    clip = np.flatnonzero((y == 1) & (starts < 5))[0]
    heat = evidence_maps(network, x[clip : clip + 1], [1], layer="relu2", kind="grad-cam")[0]
    assert heat.shape == (SMALL.n_frames, SMALL.n_mels)
    assert heat.min() >= 0 and heat.max() == pytest.approx(1)
    start = starts[clip]
    assert heat[start : start + 4, 13:17].mean() > 3 * heat[15:, :8].mean()
    with pytest.raises(ValueError, match="layer"):
        evidence_maps(network, x[:1], [1], layer="nowhere")
    with pytest.raises(ValueError, match="frequency"):
        evidence_maps(network, x[:1], [1], layer="relu4")
