import keras
import numpy as np
import pytest

from audio_edu.recognition.rnn import (
    build_rnn,
    from_keras,
    gradient_norms,
    gru_step,
    lstm_step,
    rnn,
    rnn_step,
)

RNG = np.random.default_rng(0)
X = RNG.standard_normal((2, 9, 3)).astype(np.float32)


def _keras(kind):
    options = {"return_sequences": True, "bias_initializer": "normal"}
    layer = getattr(keras.layers, kind)(4, **options)
    return layer, np.array(layer(X))


def test_rnn_is_keras_simple_rnn():
    layer, expected = _keras("SimpleRNN")
    h, o = rnn(X, **from_keras(layer))
    np.testing.assert_allclose(h, expected, atol=1e-6)
    np.testing.assert_array_equal(h, o)


def test_rnn_is_a_linear_filter_when_nothing_bends():
    # h_t = a h_{t−1} + x_t is a recursive filter; SciPy knows it
    from scipy.signal import lfilter

    x = RNG.standard_normal((50, 1))
    one = np.ones((1, 1))
    h, o = rnn(x, one, 0.9 * one, np.zeros(1), W_ho=2 * one, b_o=np.ones(1), f=lambda z: z)
    np.testing.assert_allclose(h[:, 0], lfilter([1], [1, -0.9], x[:, 0]))
    np.testing.assert_allclose(o, 2 * h + 1)


def test_lstm_is_keras_lstm():
    layer, expected = _keras("LSTM")
    h = c = np.zeros((2, 4))
    for t in range(9):
        h, c = lstm_step(X[:, t], h, c, **from_keras(layer))
        np.testing.assert_allclose(h, expected[:, t], atol=1e-6)


def test_gru_is_keras_gru():
    layer, expected = _keras("GRU")
    h = np.zeros((2, 4))
    for t in range(9):
        h = gru_step(X[:, t], h, **from_keras(layer))
        np.testing.assert_allclose(h, expected[:, t], atol=1e-6)


def _by_hand(weights, n_gates, x, h):
    """One step, number by number: no matrix product anywhere."""
    z = []
    for row in range(n_gates * len(h)):
        total = weights["b_h"][row]
        for j in range(len(x)):
            total += weights["W_xh"][row, j] * x[j]
        recurrent = weights.get("b_hh", np.zeros(n_gates * len(h)))[row]
        for j in range(len(h)):
            recurrent += weights["W_hh"][row, j] * h[j]
        z.append((total, recurrent))
    return np.array(z).reshape(n_gates, len(h), 2)


def test_steps_equal_an_independent_reference():
    import math

    def s(v):
        return 1 / (1 + math.exp(-v))

    n, x, h, c = 3, RNG.standard_normal(2), RNG.standard_normal(3), RNG.standard_normal(3)

    def weights(gates):
        return {
            "W_xh": RNG.standard_normal((gates * n, 2)),
            "W_hh": RNG.standard_normal((gates * n, n)),
            "b_h": RNG.standard_normal(gates * n),
        }

    w = weights(1)
    z = _by_hand(w, 1, x, h)[0].sum(-1)
    np.testing.assert_allclose(rnn_step(x, h, **w), [math.tanh(v) for v in z])
    w = weights(4)
    i, f, g, o = _by_hand(w, 4, x, h).sum(-1)
    c_new = [s(f[k]) * c[k] + s(i[k]) * math.tanh(g[k]) for k in range(n)]
    h_new = [s(o[k]) * math.tanh(c_new[k]) for k in range(n)]
    got = lstm_step(x, h, c, **w)
    np.testing.assert_allclose(got[0], h_new)
    np.testing.assert_allclose(got[1], c_new)
    w = weights(3) | {"b_hh": RNG.standard_normal(3 * n)}
    z, r, cand = _by_hand(w, 3, x, h)
    expected = []
    for k in range(n):
        keep = s(z[k].sum())
        new = math.tanh(cand[k][0] + s(r[k].sum()) * cand[k][1])
        expected.append(keep * h[k] + (1 - keep) * new)
    np.testing.assert_allclose(gru_step(x, h, **w), expected)


def test_keras_order_of_weights_is_refused_with_a_hint():
    layer, _ = _keras("SimpleRNN")
    kernel, recurrent, b = layer.get_weights()
    with pytest.raises(ValueError, match="from_keras"):
        rnn_step(X[:, 0], np.zeros((2, 4)), kernel, recurrent, b)
    with pytest.raises(ValueError, match="n_steps"):
        rnn(X[0, 0], kernel.T, recurrent.T, b)


def test_the_gradient_vanishes_in_a_simple_rnn_and_less_in_an_lstm_that_forgets_nothing():
    x = RNG.standard_normal((4, 100, 3)).astype(np.float32)
    simple = keras.layers.SimpleRNN(
        16, recurrent_initializer=keras.initializers.Orthogonal(0.8, seed=1), seed=0
    )
    lstm = keras.layers.LSTM(16, unit_forget_bias=True, seed=0)
    lstm.build(x.shape)
    lstm.cell.bias.assign(np.r_[np.zeros(16), np.full(16, 5.0), np.zeros(32)])
    a, b = gradient_norms(simple, x), gradient_norms(lstm, x)
    assert a[0] / a[-1] < 1e-6
    assert b[0] / b[-1] > 1e-3


def test_gradient_norms_equal_finite_differences():
    x = RNG.standard_normal((1, 6, 2))
    layer = keras.layers.SimpleRNN(3, seed=0)
    norms = gradient_norms(layer, x)
    w, eps = from_keras(layer), 1e-5
    for t in range(6):
        slopes = []
        for j in range(2):
            up, down = x.copy(), x.copy()
            up[0, t, j] += eps
            down[0, t, j] -= eps
            slopes.append((rnn(up, **w)[0][0, -1].sum() - rnn(down, **w)[0][0, -1].sum()) / (2 * eps))
        assert norms[t] == pytest.approx(np.linalg.norm(slopes), rel=1e-3)


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
def test_build_rnn(cell):
    assert build_rnn(cell, n_hidden=4, bidirectional=False)(np.zeros((2, 101, 41), np.float32)).shape == (
        2,
        10,
    )


def test_build_rnn_refuses_a_bare_cell():
    with pytest.raises(ValueError, match="LSTM"):
        build_rnn("LSTMCell")
    # and this is what the documents' LSTMCell does in a Sequential
    with pytest.raises((TypeError, ValueError)):
        keras.Sequential([keras.layers.LSTMCell(4)])(np.zeros((1, 5, 3), np.float32))
