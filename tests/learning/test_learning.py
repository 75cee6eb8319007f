"""Gradients against finite differences, optimizers against Keras's, filters against theory."""

import keras
import numpy as np
import pytest
import scipy.linalg

from audio_edu import learning
from audio_edu.learning import (
    Adam,
    GradientDescent,
    Momentum,
    RMSprop,
    amplifier_loss,
    descend,
    eigenvalue_range,
    filter_loss,
    hidden_layer_loss,
    least_mean_squares,
    logistic_loss,
    wiener_filter,
)

RNG = np.random.default_rng(7)
X, ROOM = RNG.standard_normal(400), RNG.standard_normal(12) * 0.8 ** np.arange(12)
Y = np.convolve(X, ROOM)


def one_filter(p, x, y):
    loss, gradient = filter_loss(p["h"], x, y)
    return loss, {"h": gradient}


CASES = {
    "filter": (one_filter, {"h": RNG.standard_normal(12)}, (X, Y)),
    "amplifier": (amplifier_loss, {"w": RNG.standard_normal(5), "b": np.array(0.3)}, (X, np.tanh(X))),
    "hidden layer": (
        hidden_layer_loss,
        {"W": RNG.standard_normal((3, 4)), "b": RNG.standard_normal(4), "v": RNG.standard_normal(4),
         "c": np.array(0.1)},
        (RNG.standard_normal((50, 3)), RNG.standard_normal(50)),
    ),
    "boundary": (
        logistic_loss,
        {"W": RNG.standard_normal((2, 3)), "b": RNG.standard_normal(3)},
        (RNG.standard_normal((40, 2)), RNG.integers(3, size=40)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_finite_differences(case):
    function, p, data = CASES[case]
    _, gradient = function(p, *data)
    for name, value in p.items():
        assert np.shape(gradient[name]) == np.shape(value)
        for index in np.ndindex(value.shape):
            step = np.zeros(value.shape)
            step[index] = 1e-5
            up, down = (function({**p, name: value + s}, *data)[0] for s in (step, -step))
            assert gradient[name][index] == pytest.approx((up - down) / 2e-5, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize(
    ("ours", "keras_name", "options"),
    [
        (GradientDescent(0.05), "SGD", {}),
        (Momentum(0.05, 0.8), "SGD", {"momentum": 0.8}),
        (RMSprop(0.05), "RMSprop", {}),
        (Adam(0.05), "Adam", {}),
    ],
)
def test_optimizers_do_what_keras_does(ours, keras_name, options):
    theirs = getattr(keras.optimizers, keras_name)(0.05, **options)
    variable = keras.Variable(np.array([1.0, -2.0, 0.5], np.float32))
    theirs.build([variable])
    w = np.array([1.0, -2.0, 0.5])
    for gradient in RNG.standard_normal((20, 3)):
        w = ours.step("w", w, gradient)
        theirs.apply([keras.ops.convert_to_tensor(gradient.astype(np.float32))], [variable])
        np.testing.assert_allclose(w, keras.ops.convert_to_numpy(variable), atol=2e-5)


def test_the_wiener_filter_is_where_descent_ends():
    noisy = Y + 0.3 * RNG.standard_normal(len(Y))
    low, high = eigenvalue_range(X, 12)
    found = descend(one_filter, {"h": np.zeros(12)}, lambda step: (X, noisy), GradientDescent(1 / high), 2000)
    closed = wiener_filter(X, noisy, 12)
    np.testing.assert_allclose(found.parameters["h"], closed, atol=1e-9)
    matrix = scipy.linalg.convolution_matrix(X, 12)
    np.testing.assert_allclose(closed, np.linalg.lstsq(matrix, noisy, rcond=None)[0], atol=1e-9)
    assert low > 0 and np.abs(filter_loss(closed, X, noisy)[1]).max() < 1e-9


def test_weight_decay_is_the_ridge_that_it_claims_to_be():
    h = wiener_filter(X, Y, 12, weight_decay=0.1)
    gradient = filter_loss(h, X, Y)[1] + 2 * 0.1 * h
    assert np.abs(gradient).max() < 1e-9


@pytest.mark.parametrize(("factor", "grows"), [(0.99, False), (1.02, True)])
def test_how_large_a_step_may_be(factor, grows):
    limit = 2 / eigenvalue_range(X, 12)[1]
    found = descend(
        one_filter, {"h": np.zeros(12)}, lambda step: (X, Y), GradientDescent(factor * limit), 400
    )
    assert (found.losses[-1] > found.losses[0]) == grows


@pytest.mark.parametrize("normalized", [True, False])
def test_lms_follows_a_room_that_changes(normalized):
    x = RNG.standard_normal(6000)
    other = ROOM[::-1].copy()
    y = np.concatenate([np.convolve(x, ROOM)[:3000], np.convolve(x, other)[3000:6000]])
    h, error = least_mean_squares(x, y, 12, 0.5 if normalized else 0.02, normalized=normalized)
    np.testing.assert_allclose(h, other, atol=1e-2)
    power = [np.mean(error[a : a + 200] ** 2) for a in (2800, 3000, 5800)]
    assert power[1] > 100 * power[0] and power[1] > 100 * power[2]


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="y has 3 samples"):
        least_mean_squares(np.ones(4), np.ones(3), 2, 0.5)
    with pytest.raises(ValueError, match="step"):
        least_mean_squares(np.ones(4), np.ones(4), 2, 0.0)
    with pytest.raises(ValueError, match="n_steps"):
        descend(one_filter, {"h": np.zeros(2)}, lambda step: (X, Y), GradientDescent(1.0), 0)
    with pytest.raises(ValueError, match="n_taps"):
        learning.eigenvalue_range(X, 0)
    with pytest.raises(ValueError, match="weight_decay"):
        wiener_filter(X, Y, 12, weight_decay=-1.0)
