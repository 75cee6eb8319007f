"""The formulas of a flow, literally, in NumPy: what the layers of Keras are tested against.

Each step is undone by a second function, and says how much it stretches: log |det ∂y/∂x|. Here a sound is
[shape=(n_positions, n_channels)], without the axis of a batch.

References
----------
Dinh, Sohl-Dickstein and Bengio (2017), Density estimation using Real NVP.
Kingma and Dhariwal (2018), Glow: generative flow with invertible 1×1 convolutions.
"""

from collections.abc import Callable
from typing import Annotated

import numpy as np

from ..._validate import Size, checked

#: From kept channels [shape=(n_kept,)] to log scales and shifts, each [shape=(n_changed,)].
Network = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Numbers, Step = Annotated[np.ndarray, (-1e100, 1e100)], Annotated[float, (1e-9, 1.0)]


@checked
def log_normal(z: Numbers) -> float:
    """Compute the logarithm (nats) of the density of numbers that are normal with mean 0 and spread 1.

    Examples
    --------
    >>> round(log_normal(np.zeros(1)), 4)
    -0.9189
    """
    total = 0.0
    for value in z.ravel().tolist():
        # log N(z; 0, 1) = −½ (z² + log 2π)
        total += -0.5 * (value**2 + np.log(2 * np.pi))
    return float(total)


@checked
def log_density(z: Numbers, log_det: float) -> float:
    """Compute log p(x) (nats) of what a flow turned into z, stretching by `log_det` (change of variables).

    Examples
    --------
    Numbers with the spread ½ become normal if they are doubled; log |det| is log 2:

    >>> round(log_density(2 * np.array([0.5]), float(np.log(2))), 4)
    -0.7258
    """
    # log p(x) = log N(f(x); 0, I) + log |det ∂f/∂x|
    return log_normal(z) + log_det


@checked
def squeeze(x: np.ndarray, n: Size) -> np.ndarray:
    """Put `n` successive samples side by side: from [shape=(n_samples,)] to [shape=(n_samples / n, n)].

    Nothing is stretched; the logarithm of the determinant is 0.

    Examples
    --------
    >>> squeeze(np.arange(4.0), 2).tolist()
    [[0.0, 1.0], [2.0, 3.0]]
    """
    if x.ndim != 1 or len(x) % n:
        raise ValueError(f"x has shape {x.shape}, n is {n}; expected one clip, its length a multiple of n.")
    y = np.zeros((len(x) // n, n))
    for t in range(len(x)):
        # y[p, c] = x[n p + c]
        y[t // n, t % n] = x[t]
    return y


@checked
def unsqueeze(y: np.ndarray) -> np.ndarray:
    """Undo `squeeze`."""
    if y.ndim != 2:
        raise ValueError(f"y has shape {y.shape}; expected (n_positions, n_channels).")
    return y.reshape(-1)


@checked
def mix(x: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, float]:
    """Mix the channels of each position by the same matrix: an invertible 1×1 convolution.

    Parameters
    ----------
    x : np.ndarray [shape=(n_positions, n_channels)]
        A squeezed sound.
    W : np.ndarray [shape=(n_channels, n_channels)]
        Column j says how channel j of the result is made.

    Returns
    -------
    y : np.ndarray [shape of x]
        Mixed.
    log_det : float
        n_positions · log |det W|.

    Raises
    ------
    ValueError
        If the shapes do not fit, or W has no inverse.

    Examples
    --------
    >>> mix(np.array([[1.0, 2.0]]), np.array([[0.0, 1.0], [2.0, 0.0]]))[0].tolist()
    [[4.0, 1.0]]
    """
    sign, log_abs_det = _log_abs_det(x, W, "x")
    if not sign:
        raise ValueError("W has the determinant 0: what it does to x cannot be undone.")
    y = np.zeros(x.shape)
    for p in range(len(x)):
        for j in range(x.shape[1]):
            # y_p = x_p W
            y[p, j] = sum(x[p, i] * W[i, j] for i in range(x.shape[1]))
    return y, len(x) * log_abs_det


@checked
def unmix(y: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Undo `mix`: x_p = y_p W⁻¹."""
    sign, _ = _log_abs_det(y, W, "y")
    if not sign:
        raise ValueError("W has the determinant 0: it cannot be undone.")
    return y @ np.linalg.inv(W)


def _log_abs_det(x: np.ndarray, W: np.ndarray, name: str) -> tuple[float, float]:
    if x.ndim != 2 or W.shape != (x.shape[1], x.shape[1]):
        raise ValueError(
            f"{name} has shape {x.shape}, W {W.shape}; expected (n_positions, n_channels) and a square "
            "matrix of as many channels."
        )
    sign, log_abs_det = np.linalg.slogdet(W)
    return float(sign), float(log_abs_det)


@checked
def couple(x: np.ndarray, network: Network, n_changed: Size) -> tuple[np.ndarray, float]:
    """Scale and shift the last channels by what a function says that sees only the others.

    Parameters
    ----------
    x : np.ndarray [shape=(n_positions, n_channels)]
        A squeezed and mixed sound.
    network : callable
        From the channels of a position that stay to log scales and shifts of those that change.
    n_changed : int
        How many change, less than all.

    Returns
    -------
    y : np.ndarray [shape of x]
        The first channels as they were, the last changed.
    log_det : float
        The sum of all log scales: the Jacobian is triangular, its diagonal holds ones and scales.

    Examples
    --------
    >>> y, log_det = couple(np.array([[1.0, 3.0]]), lambda kept: (np.log(2) * kept, 10 * kept), 1)
    >>> y.tolist(), round(log_det, 4)
    ([[1.0, 16.0]], 0.6931)
    """
    _check_changed(x, n_changed, "x")
    y, log_det = x.astype(float), 0.0
    for p in range(len(x)):
        log_scale, shift = _ask(network, x[p, :-n_changed], n_changed)
        # y_b = x_b ⊙ exp(s(x_a)) + t(x_a)
        y[p, -n_changed:] = x[p, -n_changed:] * np.exp(log_scale) + shift
        # log |det ∂y/∂x| = Σ s(x_a)
        log_det += float(np.sum(log_scale))
    return y, log_det


@checked
def uncouple(y: np.ndarray, network: Network, n_changed: Size) -> np.ndarray:
    """Undo `couple`: the channels that stayed say again what was done to the others."""
    _check_changed(y, n_changed, "y")
    x = y.astype(float)
    for p in range(len(y)):
        log_scale, shift = _ask(network, y[p, :-n_changed], n_changed)
        # x_b = (y_b − t(y_a)) ⊙ exp(−s(y_a))
        x[p, -n_changed:] = (y[p, -n_changed:] - shift) * np.exp(-log_scale)
    return x


def _ask(network: Network, kept: np.ndarray, n_changed: int) -> np.ndarray:
    answer = np.asarray(network(kept), float)
    if answer.shape != (2, n_changed):
        raise ValueError(f"network returned {answer.shape}; expected log scales and shifts of {n_changed}.")
    return answer


def _check_changed(x: np.ndarray, n_changed: int, name: str) -> None:
    if x.ndim != 2 or n_changed >= x.shape[1]:
        raise ValueError(
            f"{name} has shape {x.shape}, n_changed is {n_changed}; expected (n_positions, n_channels) with "
            "more channels than are changed."
        )


@checked
def jacobian(f: Callable[[np.ndarray], np.ndarray], x: np.ndarray, step: Step = 1e-4) -> np.ndarray:
    """Measure ∂f/∂x by moving each number of x a little to both sides.

    Returns
    -------
    np.ndarray [shape=(f(x).size, x.size)]
        Row i, column j: how fast number i of the result moves with number j of x.

    Examples
    --------
    >>> jacobian(lambda x: np.array([x[0] * x[1], 3 * x[1]]), np.array([2.0, 5.0])).round(4).tolist()
    [[5.0, 2.0], [0.0, 3.0]]
    """
    columns = []
    for j in range(x.size):
        move = np.zeros(x.size)
        move[j] = step
        move = move.reshape(x.shape)
        # ∂f_i/∂x_j ≈ (f_i(x + h e_j) − f_i(x − h e_j)) / 2h
        columns.append((np.ravel(f(x + move)) - np.ravel(f(x - move))) / (2 * step))
    return np.stack(columns, axis=1)
