"""The formulas, literally: undone, with the Jacobian's determinant, and equal to the layers of Keras."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from scipy.stats import norm

from audio_edu.generation.flow import FlowConfig, formulas, layers
from audio_edu.generation.flow.model import FlowNetwork
from audio_edu.generation.flow.recipe import TINY
from audio_edu.training import as_array
from audio_edu.training.backends import value_and_gradient

rng = np.random.default_rng(0)


def network(kept):
    return np.tanh(kept[:1] * np.array([0.5, -1.0])), kept[1:] * np.array([2.0, 3.0])


def measured(f, x):
    return np.linalg.slogdet(formulas.jacobian(f, x))[1]


def test_the_density_of_one_number_and_of_two():
    z = rng.normal(size=(5, 2))
    assert formulas.log_normal(z) == pytest.approx(norm.logpdf(z).sum())
    # x is normal with mean 3 and spread ½: z = 2 (x − 3)
    x = 3.4
    density = formulas.log_density(np.array([2 * (x - 3)]), np.log(2))
    assert density == pytest.approx(norm.logpdf(x, 3, 0.5))
    # the density of two numbers, turned and stretched, adds up to 1
    W, steps = np.array([[2.0, 1.0], [0.0, 0.5]]), np.linspace(-8, 8, 65)
    total = 0.0
    for point in np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 1, 2):
        total += np.exp(formulas.log_density(*formulas.mix(point, W))) * (steps[1] - steps[0]) ** 2
    assert total == pytest.approx(1, abs=1e-3)


def test_squeezing_is_undone_and_that_of_keras():
    x = rng.normal(size=12)
    y = formulas.squeeze(x, 4)
    np.testing.assert_array_equal(formulas.unsqueeze(y), x)
    np.testing.assert_allclose(as_array(layers.squeeze(x[None].astype("float32"), 4))[0], y, atol=1e-6)
    np.testing.assert_allclose(as_array(layers.unsqueeze(y[None].astype("float32")))[0], x, atol=1e-6)


def test_mixing_is_undone_measured_and_that_of_keras():
    x, layer = rng.normal(size=(5, 4)), layers.InvertibleConvolution(name="mix")
    layer.build((None, None, 4))
    W = rng.normal(size=(4, 4))
    layer.kernel.assign(W)
    y, log_det = formulas.mix(x, W)
    np.testing.assert_allclose(formulas.unmix(y, W), x, atol=1e-9)
    assert log_det == pytest.approx(measured(lambda x: formulas.mix(x, W)[0], x), abs=1e-4)
    by_keras = [as_array(part)[0] for part in layer(x[None].astype("float32"))]
    np.testing.assert_allclose(by_keras[0], y, atol=1e-5)
    assert by_keras[1] == pytest.approx(log_det, abs=1e-4)
    with pytest.raises(ValueError, match="determinant 0"):
        formulas.mix(x, np.ones((4, 4)))


def test_coupling_is_undone_and_measured():
    x = rng.normal(size=(3, 4))
    y, log_det = formulas.couple(x, network, 2)
    np.testing.assert_allclose(formulas.uncouple(y, network, 2), x, atol=1e-9)
    np.testing.assert_array_equal(y[:, :2], x[:, :2])
    assert log_det == pytest.approx(measured(lambda x: formulas.couple(x, network, 2)[0], x), abs=1e-4)
    with pytest.raises(ValueError, match="more channels"):
        formulas.couple(x, network, 4)


def coupling():
    """A coupling of Keras that sees one position only, with weights that do something."""
    config = FlowConfig(n_squeeze=4, n_changed=2, n_channels=6, dilations=(1,), n_condition=0, n_couplings=1)
    layer = layers.AffineCoupling(config, name="coupling")
    layer(np.zeros((1, 3, 4), np.float32))
    for w in layer.weights:
        w.assign(0.5 * np.random.default_rng(1).standard_normal(w.shape))
    return layer


def test_coupling_is_that_of_keras():
    layer, x = coupling(), rng.normal(size=(1, 4)).astype("float32")

    def by_keras(kept):
        parts = layer.conditioner(kept[None, None].astype("float32"))
        return [as_array(part)[0, 0] for part in parts]

    y, log_det = formulas.couple(x, by_keras, 2)
    of_layer = [as_array(part)[0] for part in layer(x[None])]
    np.testing.assert_allclose(of_layer[0], y, atol=1e-5)
    assert of_layer[1] == pytest.approx(log_det, abs=1e-5)
    np.testing.assert_allclose(as_array(layer.inverse(y[None].astype("float32")))[0], x, atol=1e-5)


def test_the_whole_networks_determinant_is_that_of_its_jacobian_by_automatic_differentiation():
    """All layers together: the gradient of each number of z is a row of the Jacobian."""
    network = FlowNetwork(replace(TINY.config, hop_length=8))
    for w in network.weights:
        w.assign_add(0.2 * np.random.default_rng(2).standard_normal(w.shape))
    x = 0.1 * np.random.default_rng(3).standard_normal((1, 8)).astype("float32")
    mel = np.zeros((1, 2, 10), np.float32)
    log_det = float(as_array(network((x, mel))[1])[0])
    rows = []
    for i in range(8):

        def one(x, i=i):
            return keras.ops.reshape(network((x, mel))[0], (-1,))[i], None

        rows.append(as_array(value_and_gradient(one, x)[1])[0])
    assert np.linalg.slogdet(np.array(rows, np.float64))[1] == pytest.approx(log_det, abs=1e-2)
