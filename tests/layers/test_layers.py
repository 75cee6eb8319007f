"""Formulas and layers that more than one family uses, against independent references."""

import numpy as np
import pytest
import scipy.special

from audio_edu.layers import MaskedPooling, sigmoid, softmax

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_softmax_is_scipys(scale):
    s = scale * RNG.standard_normal((3, 7))
    with np.errstate(over="raise", invalid="raise"):
        np.testing.assert_allclose(softmax(s), scipy.special.softmax(s, axis=-1), atol=1e-15)
        np.testing.assert_allclose(softmax(s, axis=0), scipy.special.softmax(s, axis=0), atol=1e-15)
        np.testing.assert_allclose(softmax(s + 1e4), softmax(s), atol=1e-9)


def test_softmax_temperature_and_masks():
    s = np.array([1.0, 2.0, 3.0])
    assert softmax(s, temperature=0.01).round(6).tolist() == [0, 0, 1]
    np.testing.assert_allclose(softmax(s, temperature=1e6), 1 / 3, atol=1e-6)
    assert softmax(np.array([0.0, -np.inf])).tolist() == [1, 0]
    assert softmax(np.array([1, 1], dtype=int)).tolist() == [0.5, 0.5]
    with pytest.raises(ValueError, match="no frame"):
        softmax(np.array([-np.inf, -np.inf]))
    with pytest.raises(ValueError, match="temperature"):
        softmax(s, temperature=0)


def test_sigmoid_is_stable():
    with np.errstate(over="raise"):
        np.testing.assert_allclose(sigmoid(np.array([-1e4, 0.0, 1e4])), [0, 0.5, 1])


def test_masked_pooling_ignores_the_filling():
    x = RNG.standard_normal((2, 6, 3)).astype(np.float32)
    mask = np.ones((2, 6, 1), np.float32)
    mask[:, 4:] = 0
    filled = x.copy()
    filled[:, 4:] = 100
    np.testing.assert_allclose(MaskedPooling()(filled, mask), MaskedPooling()(x[:, :4]), rtol=1e-6)
