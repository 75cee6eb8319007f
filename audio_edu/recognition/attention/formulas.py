"""Attention: looking at all of a sound at once, and deciding where.

    a_t = e^{s(h, x_t)} / Σ_{t'} e^{s(h, x_{t'})}
    y   = Σ_t a_t x_t

A score says how much each frame has to do with the question h (the *query*); softmax turns scores into
weights that are positive and sum to one; the answer is the weighted mean. Today's form gives the x_t two
roles, what is compared (the *keys*) and what is averaged (the *values*), and takes ``s = q·k / √d``.
*Self*-attention lets every frame ask.

Two properties to remember. Attention knows no order: permute the frames, and the answer stays the same;
order has to be written into the frames, as `positions` does. And without the √d, scores of d products grow
like √d, softmax saturates, and its gradient is gone.

References
----------
Bahdanau, Cho, Bengio (2015), Neural machine translation by jointly learning to align and translate.
Vaswani and others (2017), Attention is all you need.
"""

import numpy as np
from numpy.typing import NDArray

from ..._validate import MOST, Positive, check_positive, checked
from ...layers import softmax


@checked
def attention(
    query: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    *,
    mask: NDArray[np.bool_] | None = None,
    scale: Positive | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Average the values, weighted by how well their keys fit the query.

    Parameters
    ----------
    query : np.ndarray [shape=(..., d) or (..., n_queries, d)]
        One question, or many at once.
    keys : np.ndarray [shape=(..., n_frames, d)]
        What the query is compared with.
    values : np.ndarray [shape=(..., n_frames, d_values)]
        What is averaged.
    mask : np.ndarray of bool [shape=(..., n_frames) or (..., n_queries, n_frames)], optional
        True where a query may look. Default: everywhere.
    scale : float, optional
        Scores are divided by it. Default: √d.

    Returns
    -------
    y : np.ndarray [shape=(..., d_values) or (..., n_queries, d_values)]
        The answers.
    weights : np.ndarray [shape=(..., n_frames) or (..., n_queries, n_frames)]
        The a_t; they sum to one.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mask leaves a query nothing.

    Examples
    --------
    >>> keys = np.array([[10.0, 0.0], [0.0, 10.0]])
    >>> y, weights = attention(np.array([5.0, 0.0]), keys, values=np.array([[1.0], [2.0]]))
    >>> y.round(3).tolist(), weights.round(3).tolist()
    ([1.0], [1.0, 0.0])
    """
    if keys.ndim < 2 or values.ndim < 2 or keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"keys has shape {keys.shape}, values {values.shape}; "
            "expected (..., n_frames, d) with the same n_frames."
        )
    if query.shape[-1] != keys.shape[-1]:
        raise ValueError(
            f"query has {query.shape[-1]} numbers, each key {keys.shape[-1]}; expected the same d."
        )
    single = query.ndim == keys.ndim - 1
    if single:
        query = query[..., None, :]
        mask = None if mask is None else mask[..., None, :]
    d = keys.shape[-1]
    # s_t = q · k_t / √d
    scores = query @ np.swapaxes(keys, -1, -2) / (np.sqrt(d) if scale is None else scale)
    if mask is not None:
        if mask.ndim < scores.ndim:  # the same frames for all queries
            mask = mask[..., None, :]
        scores = np.where(mask, scores, -np.inf)
    # a_t = e^{s_t} / Σ_t' e^{s_t'}
    weights = softmax(scores)
    # y = Σ_t a_t v_t
    y = weights @ values
    return (y[..., 0, :], weights[..., 0, :]) if single else (y, weights)


@checked
def positions(n_frames: int, d: int, *, longest: Positive = 1000.0) -> np.ndarray:
    """Write down where each frame stands: sines and cosines from fast to slow.

    Parameters
    ----------
    n_frames : int
        The number of frames.
    d : int
        The number of channels; even.
    longest : float
        The slowest wave repeats after 2π times so many frames.

    Returns
    -------
    np.ndarray [shape=(n_frames, d)], float32
        To be added to the frames. ``p[t, 2i] = sin(t / longest^(2i/d))``, ``p[t, 2i+1] = cos(...)``.

    Examples
    --------
    >>> positions(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    check_positive(n_frames, "n_frames", integer=True)
    check_positive(d, "d", integer=True, most=MOST // n_frames)
    if d % 2:
        raise ValueError(f"d is {d}; expected an even number: half sines, half cosines.")
    angle = np.arange(n_frames)[:, None] / longest ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n_frames, d).astype(np.float32)
