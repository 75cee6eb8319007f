"""The recurrent network: reading a sound from left to right, with a memory.

    h_t = f( W_hh h_{t−1} + W_xh x_t + b_h )
    o_t = g( W_ho h_t + b_o )

The same three matrices at every step: that is the recurrence. The memory h passes through W_hh once for
each step, and so does the gradient on its way back. It is multiplied by ``W_hhᵀ diag(f′)`` again and again,
and vanishes or explodes as any number does that is multiplied by itself a hundred times. The LSTM's answer
is a memory c that is *added* to, through gates that the network opens and closes itself; the GRU has one
gate fewer.

The literal functions equal Keras's ``SimpleRNN``, ``LSTM`` and ``GRU`` once the weights are transposed: here
``W_xh @ x``, as in the formula; there ``x @ kernel``. `from_keras` does that.

References
----------
Elman (1990), Finding structure in time.
Hochreiter and Schmidhuber (1997), Long short-term memory.
Cho and others (2014), Learning phrase representations using RNN encoder-decoder (the GRU).
Pascanu, Mikolov, Bengio (2013), On the difficulty of training recurrent neural networks.
"""

from collections.abc import Callable

import numpy as np

from ..._validate import checked, unchecked
from ...layers import sigmoid


@checked
def rnn_step(
    x_t: np.ndarray,
    h_prev: np.ndarray,
    W_xh: np.ndarray,
    W_hh: np.ndarray,
    b_h: np.ndarray,
    *,
    f: Callable[[np.ndarray], np.ndarray] = np.tanh,
) -> np.ndarray:
    """Make one step of the recurrence.

    Parameters
    ----------
    x_t : np.ndarray [shape=(..., n_in)]
        The input at time t, for example a frame of a spectrogram.
    h_prev : np.ndarray [shape=(..., n_hidden)]
        The memory, h_{t−1}.
    W_xh : np.ndarray [shape=(n_hidden, n_in)]
        From input to memory.
    W_hh : np.ndarray [shape=(n_hidden, n_hidden)]
        From memory to memory.
    b_h : np.ndarray [shape=(n_hidden,)]
        Biases.
    f : callable
        The activation.

    Returns
    -------
    np.ndarray [shape=(..., n_hidden)]
        The new memory, h_t.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    A memory that halves at each step:

    >>> half, zero = np.array([[0.5]]), np.array([0.0])
    >>> h = rnn_step(zero, np.array([0.8]), W_xh=half, W_hh=half, b_h=zero, f=lambda z: z)
    >>> h.tolist()
    [0.4]
    """
    _check_weights(x_t, h_prev, W_xh, W_hh, b_h, n_gates=1)
    # h_t = f( W_hh h_{t−1} + W_xh x_t + b_h )
    return f(h_prev @ W_hh.T + x_t @ W_xh.T + b_h)


@checked
def rnn(
    x: np.ndarray,
    W_xh: np.ndarray,
    W_hh: np.ndarray,
    b_h: np.ndarray,
    *,
    W_ho: np.ndarray | None = None,
    b_o: np.ndarray | None = None,
    h_0: np.ndarray | None = None,
    f: Callable[[np.ndarray], np.ndarray] = np.tanh,
    g: Callable[[np.ndarray], np.ndarray] = lambda z: z,
) -> tuple[np.ndarray, np.ndarray]:
    """Read a whole sequence: the two equations, step by step.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_steps, n_in)]
        The inputs x_1 ... x_T.
    W_xh, W_hh, b_h, f
        As in `rnn_step`.
    W_ho : np.ndarray [shape=(n_out, n_hidden)], optional
        From memory to output. Default: the output is g of the memory itself.
    b_o : np.ndarray [shape=(n_out,)], optional
        Biases of the output. Default: 0.
    h_0 : np.ndarray [shape=(..., n_hidden)], optional
        The memory before the first step. Default: 0.
    g : callable
        The output's activation. Default: none.

    Returns
    -------
    h : np.ndarray [shape=(..., n_steps, n_hidden)]
        The memory after each step.
    o : np.ndarray [shape=(..., n_steps, n_out)]
        The output at each step.

    Examples
    --------
    A running sum, which then is doubled:

    >>> one, zero = np.array([[1.0]]), np.array([0.0])
    >>> x = np.array([[1.0], [2.0], [3.0]])
    >>> h, o = rnn(x, one, one, zero, W_ho=2 * one, b_o=zero, f=lambda z: z)
    >>> h[:, 0].tolist(), o[:, 0].tolist()
    ([1.0, 3.0, 6.0], [2.0, 6.0, 12.0])
    """
    if x.ndim < 2:
        raise ValueError(f"x has shape {x.shape}; expected (n_steps, n_in), or a batch of such.")
    step = unchecked(rnn_step)  # what it is given was checked at our own door
    n_hidden = len(W_hh)
    h_t = np.zeros((*x.shape[:-2], n_hidden), np.result_type(x, W_hh)) if h_0 is None else h_0
    h, o = [], []
    for t in range(x.shape[-2]):
        # h_t = f( W_hh h_{t−1} + W_xh x_t + b_h )
        h_t = step(x[..., t, :], h_t, W_xh, W_hh, b_h, f=f)
        # o_t = g( W_ho h_t + b_o )
        z = h_t if W_ho is None else h_t @ W_ho.T
        h.append(h_t)
        o.append(g(z if b_o is None else z + b_o))
    return np.stack(h, axis=-2), np.stack(o, axis=-2)


@checked
def lstm_step(
    x_t: np.ndarray,
    h_prev: np.ndarray,
    c_prev: np.ndarray,
    W_xh: np.ndarray,
    W_hh: np.ndarray,
    b_h: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Make one step of an LSTM.

    Parameters
    ----------
    x_t : np.ndarray [shape=(..., n_in)]
        The input at time t.
    h_prev, c_prev : np.ndarray [shape=(..., n_hidden)]
        What the cell showed, and what it remembered.
    W_xh : np.ndarray [shape=(4 * n_hidden, n_in)]
        From input to the input gate i, the forget gate f, the candidate g and the output gate o, in this
        order.
    W_hh : np.ndarray [shape=(4 * n_hidden, n_hidden)]
        From memory to the same.
    b_h : np.ndarray [shape=(4 * n_hidden,)]
        Biases.

    Returns
    -------
    h_t, c_t : np.ndarray [shape=(..., n_hidden)]

    Examples
    --------
    All gates half open: the memory halves, and tanh of it is halved again.

    >>> W, b = np.zeros((4, 1)), np.zeros(4)
    >>> h, c = lstm_step(np.zeros(1), np.zeros(1), np.array([1.0]), W_xh=W, W_hh=W, b_h=b)
    >>> c.tolist(), h.round(4).tolist()
    ([0.5], [0.2311])
    """
    _check_weights(x_t, h_prev, W_xh, W_hh, b_h, n_gates=4)
    z = x_t @ W_xh.T + h_prev @ W_hh.T + b_h
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    i = sigmoid(z_i)  # how much of the new goes in
    f = sigmoid(z_f)  # how much of the old stays
    g = np.tanh(z_g)  # the new
    o = sigmoid(z_o)  # how much is shown
    # c_t = f ⊙ c_{t−1} + i ⊙ g
    c_t = f * c_prev + i * g
    # h_t = o ⊙ tanh(c_t)
    return o * np.tanh(c_t), c_t


@checked
def gru_step(
    x_t: np.ndarray,
    h_prev: np.ndarray,
    W_xh: np.ndarray,
    W_hh: np.ndarray,
    b_h: np.ndarray,
    *,
    b_hh: np.ndarray | None = None,
) -> np.ndarray:
    """Make one step of a gated recurrent unit.

    Parameters
    ----------
    x_t : np.ndarray [shape=(..., n_in)]
        The input at time t.
    h_prev : np.ndarray [shape=(..., n_hidden)]
        The memory.
    W_xh : np.ndarray [shape=(3 * n_hidden, n_in)]
        From input to the update gate z, the reset gate r and the candidate, in this order.
    W_hh : np.ndarray [shape=(3 * n_hidden, n_hidden)]
        From memory to the same.
    b_h : np.ndarray [shape=(3 * n_hidden,)]
        Biases on the input's side.
    b_hh : np.ndarray [shape=(3 * n_hidden,)], optional
        Biases on the memory's side (Keras and PyTorch have both). Default: 0.

    Returns
    -------
    np.ndarray [shape=(..., n_hidden)]
        The new memory.

    Examples
    --------
    >>> gru_step(np.zeros(1), np.array([1.0]), np.zeros((3, 1)), np.zeros((3, 1)), np.zeros(3)).tolist()
    [0.5]
    """
    _check_weights(x_t, h_prev, W_xh, W_hh, b_h, n_gates=3)
    x_z, x_r, x_c = np.split(x_t @ W_xh.T + b_h, 3, axis=-1)
    h_z, h_r, h_c = np.split(h_prev @ W_hh.T + (0 if b_hh is None else b_hh), 3, axis=-1)
    z = sigmoid(x_z + h_z)  # how much of the old stays
    r = sigmoid(x_r + h_r)  # how much of the old the candidate sees
    candidate = np.tanh(x_c + r * h_c)
    # h_t = z ⊙ h_{t−1} + (1 − z) ⊙ candidate
    return z * h_prev + (1 - z) * candidate


def _check_weights(
    x_t: np.ndarray, h: np.ndarray, W_xh: np.ndarray, W_hh: np.ndarray, b_h: np.ndarray, *, n_gates: int
) -> None:
    n_hidden, n_in = h.shape[-1], x_t.shape[-1]
    rows = n_gates * n_hidden
    them = f"x_t of shape {x_t.shape} and h_prev of shape {h.shape}"
    hint = " Keras keeps the transpose; `from_keras` turns it."
    if W_xh.shape != (rows, n_in):
        raise ValueError(f"W_xh has shape {W_xh.shape}; expected ({rows}, {n_in}) for {them}.{hint}")
    if W_hh.shape != (rows, n_hidden):
        raise ValueError(f"W_hh has shape {W_hh.shape}; expected ({rows}, {n_hidden}) for {them}.{hint}")
    if b_h.shape != (rows,):
        raise ValueError(f"b_h has shape {b_h.shape}; expected ({rows},) for {them}.")
