"""The functions between layers, in NumPy."""

import numpy as np
from numpy.typing import ArrayLike

from .._validate import Positive, check_array, checked


@checked
def relu(x: float | np.ndarray) -> np.ndarray:
    """Return ``max(x, 0)``."""
    return np.maximum(x, 0)


@checked
def sigmoid(z: float | np.ndarray) -> np.ndarray:
    """Return ``1 / (1 + e^(−z))``, between 0 and 1: how far a gate is open. Stable for any z."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@checked
def softmax(scores: ArrayLike, *, axis: int = -1, temperature: Positive = 1.0) -> np.ndarray:
    """Turn scores into weights that are positive and sum to one.

    Parameters
    ----------
    scores : np.ndarray [shape=(...)]
        Any real numbers; −inf gets the weight 0.
    axis : int
        Along which the weights sum to one.
    temperature : float
        Scores are divided by it: near 0 the largest takes all, far above 1 all are alike.

    Returns
    -------
    np.ndarray [shape of scores]

    Raises
    ------
    ValueError
        If the temperature is not above 0, or all scores of a row are −inf: nothing is left to look at.

    Examples
    --------
    e^10000 is too large for any float, but only differences matter:

    >>> softmax(np.array([1e4, 1e4])).tolist()
    [0.5, 0.5]
    """
    scores = check_array(scores, "scores", masked=True) / temperature
    top = scores.max(axis=axis, keepdims=True)
    if np.isneginf(top).any():
        raise ValueError("scores has a row of nothing but −inf: the mask leaves no frame to attend to.")
    # e^{s_t} / Σ e^{s_t'}  =  e^{s_t − max s} / Σ e^{s_t' − max s}
    e = np.exp(scores - top)
    return e / e.sum(axis=axis, keepdims=True)
