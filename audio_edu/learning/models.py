"""Three models whose gradients are written by hand: an amplifier, a hidden layer, a boundary between classes.

Each function returns the loss and the gradient of every parameter, by its name: what `descend` asks for. The
chain rule is all there is to it: from the loss backwards, multiply by one derivative after the other.
"""

import numpy as np
import scipy.signal
import scipy.special

from .._validate import Index, checked
from .descent import Parameters


@checked
def amplifier(p: Parameters, x: np.ndarray) -> np.ndarray:
    """Return y = tanh(w∗x + b): a filter, an offset, and a valve that bends what is loud.

    Parameters
    ----------
    p : dict
        ``w`` [shape=(n_taps,)] and ``b`` [shape=()].
    x : np.ndarray [shape=(n_samples,)]
        What goes in.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
    """
    return np.tanh(scipy.signal.lfilter(p["w"], [1.0], x) + p["b"])


@checked
def amplifier_loss(p: Parameters, x: np.ndarray, y: np.ndarray) -> tuple[float, Parameters]:
    """Return the mean squared error of `amplifier` and its gradient.

    Parameters
    ----------
    p, x
        See `amplifier`.
    y : np.ndarray [shape=(n_samples,)]
        What came out.
    """
    said = amplifier(p, x)
    error = said - y
    # δ = ∂L/∂a, a = w∗x + b: the slope of the loss times the slope of tanh, 1 − tanh²
    delta = 2 / len(y) * error * (1 - said**2)
    n_taps = len(p["w"])
    padded = np.concatenate([np.zeros(n_taps - 1), x])
    # ∂L/∂w[m] = Σ_n δ[n] x[n−m],  ∂L/∂b = Σ_n δ[n]
    gradient = scipy.signal.correlate(padded, delta, mode="valid", method="fft")[::-1]
    return float(np.mean(error**2)), {"w": gradient, "b": delta.sum()}


@checked
def hidden_layer(p: Parameters, x: np.ndarray) -> np.ndarray:
    """Return y = c + Σ_j v_j tanh(W_j · x + b_j): one hidden layer, one number out for each row of x.

    Parameters
    ----------
    p : dict
        ``W`` [shape=(n_inputs, n_units)], ``b`` and ``v`` [shape=(n_units,)], ``c`` [shape=()].
    x : np.ndarray [shape=(n_samples, n_inputs)]
        What goes in.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
    """
    return np.tanh(x @ p["W"] + p["b"]) @ p["v"] + p["c"]


@checked
def hidden_layer_loss(p: Parameters, x: np.ndarray, y: np.ndarray) -> tuple[float, Parameters]:
    """Return the mean squared error of `hidden_layer` and its gradient, by backpropagation.

    Parameters
    ----------
    p, x
        See `hidden_layer`.
    y : np.ndarray [shape=(n_samples,)]
        What is right.
    """
    # forwards, and remember
    hidden = np.tanh(x @ p["W"] + p["b"])
    error = hidden @ p["v"] + p["c"] - y
    # backwards: ∂L/∂y, then through v, then through tanh
    d_out = 2 / len(y) * error
    d_sum = np.outer(d_out, p["v"]) * (1 - hidden**2)
    gradient = {"W": x.T @ d_sum, "b": d_sum.sum(axis=0), "v": hidden.T @ d_out, "c": d_out.sum()}
    return float(np.mean(error**2)), gradient


@checked
def logistic_loss(p: Parameters, x: np.ndarray, labels: Index) -> tuple[float, Parameters]:
    """Return the mean cross-entropy of softmax(x W + b) and its gradient.

    Parameters
    ----------
    p : dict
        ``W`` [shape=(n_inputs, n_classes)] and ``b`` [shape=(n_classes,)].
    x : np.ndarray [shape=(n_samples, n_inputs)]
        What is known of each sound.
    labels : np.ndarray of int [shape=(n_samples,)]
        The class of each.

    Examples
    --------
    Who knows nothing of two classes loses log 2 each time:

    >>> p = {"W": np.zeros((1, 2)), "b": np.zeros(2)}
    >>> loss, gradient = logistic_loss(p, np.array([[1.0], [3.0]]), np.array([0, 1]))
    >>> round(loss, 4), gradient["W"].tolist()
    (0.6931, [[0.5, -0.5]])
    """
    log_p = scipy.special.log_softmax(x @ p["W"] + p["b"], axis=1)
    rows = np.arange(len(labels))
    # ∂L/∂logits = (p − one-hot(label)) / N
    delta = np.exp(log_p)
    delta[rows, labels] -= 1
    delta /= len(labels)
    return float(-log_p[rows, labels].mean()), {"W": x.T @ delta, "b": delta.sum(axis=0)}
