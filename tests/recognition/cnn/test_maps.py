"""Maps of evidence: exact where only one place counts; and their sounds."""

import keras
import numpy as np
import pytest

from audio_edu.recognition.cnn import apply_mask, build_cnn, evidence_maps
from audio_edu.reproducible import set_seed


@pytest.fixture(scope="module")
def network():
    set_seed(3)
    return build_cnn()


@pytest.fixture(scope="module")
def x():
    x = np.random.default_rng(3).standard_normal((3, 101, 41)).astype(np.float32)
    x[..., -1] = 1
    return x


@pytest.mark.parametrize("layer", ["relu1", "relu3"])
def test_the_map_of_a_clip_does_not_depend_on_the_others(network, x, layer):
    maps = evidence_maps(network, x, [1, 4, 9], layer=layer, kind="grad-cam")
    for clip, label, found in zip(x, [1, 4, 9], maps, strict=True):
        alone = evidence_maps(network, clip[None], [label], layer=layer, kind="grad-cam")[0]
        np.testing.assert_allclose(found, alone, atol=1e-4)


def test_the_map_is_the_product_where_only_one_place_counts():
    frames = keras.Input((8, 5))
    picture = keras.layers.Reshape((8, 4, 1))(frames[..., :4])
    a = keras.layers.ReLU(name="relu1")(picture)
    logits = keras.layers.Dense(2, use_bias=False)(keras.layers.Flatten()(a))
    model = keras.Model(frames, logits)
    weights = np.zeros((32, 2), np.float32)
    weights[4 * 3 + 2, 0], weights[4 * 6 + 1, 0] = 2.0, -1.0  # frame 3, band 2 for; frame 6, band 1 against
    model.layers[-1].set_weights([weights])
    found = evidence_maps(model, np.ones((1, 8, 5), np.float32), [0])[0]
    assert np.argwhere(found > 0).tolist() == [[3, 2]]
    # the mean over the picture cannot tell places apart
    spread = evidence_maps(model, np.ones((1, 8, 5), np.float32), [0], kind="grad-cam")[0]
    assert np.allclose(spread, 1)


def test_maps_refuse(network, x):
    with pytest.raises(ValueError, match="one for each clip"):
        evidence_maps(network, x, [1, 2])
    with pytest.raises(ValueError, match="frequency"):
        evidence_maps(network, x, [1, 2, 3], layer="relu5")
    with pytest.raises(ValueError, match="kind"):
        evidence_maps(network, x, [1, 2, 3], kind="guess")


def test_apply_mask_opens_and_closes_bands():
    t = np.arange(6000) / 8000
    low, high = np.sin(2 * np.pi * 500 * t), np.sin(2 * np.pi * 3000 * t)
    gain = np.ones((101, 40))
    gain[:, 20:] = 0  # band 20 of 40 lies near 1.4 kHz
    y = apply_mask(low + high, gain)
    middle = slice(1000, 5000)
    assert np.sqrt(np.mean((y - low)[middle] ** 2)) < 0.02
    gain = np.ones((101, 40))
    gain[30:] = 0
    y = apply_mask(low, gain)
    assert np.abs(y[:2000] - low[:2000]).max() < 1e-6
    assert np.abs(y[2700:]).max() < 1e-6


def test_apply_mask_keeps_every_bin_of_a_clip():
    x = np.random.default_rng(0).standard_normal(3000)  # white: also the bins below the first band
    np.testing.assert_allclose(apply_mask(x, np.ones((101, 40))), x, atol=1e-6)


def test_apply_mask_refuses_a_wrong_picture():
    with pytest.raises(ValueError, match="51 frames of 40"):
        apply_mask(np.ones(4000), np.ones((40, 101)))
