"""The formulas of chapter 14 in NumPy: attention that knows where it was, its guide, and counted letters.

Attention compares what the writer asks for, q, with every letter's vector m_n, and with f_n, how much that
letter and its neighbours have been looked at before (Chorowski and others, 2015):

    e_n = v · tanh(W q + V m_n + U f_n + b)
    a_n = e^{e_n} / Σ_n' e^{e_n'}
    c   = Σ_n a_n m_n

The guided attention loss says from the first step of training where to look. Tachibana and others (2018)
take the diagonal, n_t = N t / T, for the letter that is due; here it comes from an aligner:

    g_tn = 1 − exp(−(n − n_t)² / (2 w²)),    loss = mean over t of Σ_n a_tn g_tn
"""

from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..._validate import Positive, Size, checked
from ...layers import softmax

Weights = Annotated[np.ndarray, (0.0, 1.000001)]


@checked
def location_features(before: np.ndarray, total: np.ndarray, width: Size) -> np.ndarray:
    """Return f_n: of the letters around n, the weights of the step before and the sum of all so far.

    Parameters
    ----------
    before, total : np.ndarray [shape=(N,)]
        Weights of the step before; sum of the weights of all steps before.
    width : int
        Letters that are looked at, an odd number; beyond the ends stand zeros.

    Returns
    -------
    np.ndarray [shape=(N, 2 · width)]
        ``before`` and ``total`` of letter n − width // 2, then of the next, and so on.

    Examples
    --------
    >>> location_features(np.array([1.0, 0.0]), np.array([1.5, 0.5]), 3).tolist()
    [[0.0, 0.0, 1.0, 1.5, 0.0, 0.5], [1.0, 1.5, 0.0, 0.5, 0.0, 0.0]]
    """
    if before.ndim != 1 or before.shape != total.shape:
        raise ValueError(
            f"before has shape {before.shape}, total {total.shape}; expected a number for each letter."
        )
    half = width // 2
    f = np.zeros((len(before), 2 * width))
    for n in range(len(before)):
        for i in range(width):
            if 0 <= n + i - half < len(before):
                f[n, 2 * i] = before[n + i - half]
                f[n, 2 * i + 1] = total[n + i - half]
    return f


@checked
def location_sensitive_attention(
    q: np.ndarray,
    memory: np.ndarray,
    f: np.ndarray,
    W: np.ndarray,
    V: np.ndarray,
    U: np.ndarray,
    b: np.ndarray,
    v: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Compare the state with each letter and with where attention was, and average the letters.

    Parameters
    ----------
    q : np.ndarray [shape=(n_units,)]
        The state of the network that writes.
    memory : np.ndarray [shape=(N, d)]
        The letters' vectors m_n, from the encoder.
    f : np.ndarray [shape=(N, n_features)]
        From `location_features`.
    W, V, U : np.ndarray [shape=(n_units, k), (d, k), (n_features, k)]
        Weights, as Keras keeps them.
    b, v : np.ndarray [shape=(k,)]
        Biases, and the weights of the energy.

    Returns
    -------
    c : np.ndarray [shape=(d,)]
        The context.
    a : np.ndarray [shape=(N,)]
        The weights; they sum to one.

    Examples
    --------
    >>> one, zero = np.ones((1, 1)), np.zeros(1)
    >>> c, a = location_sensitive_attention(
    ...     zero, np.array([[0.0], [2.0]]), np.array([[0.0], [-2.0]]), one, one, one, zero, one[0]
    ... )
    >>> c.tolist(), a.tolist()
    ([1.0], [0.5, 0.5])
    """
    if memory.ndim != 2 or f.ndim != 2 or len(f) != len(memory):
        raise ValueError(f"memory has shape {memory.shape}, f {f.shape}; expected a row for each letter.")
    for name, rows, x in (("W", q, W), ("V", memory, V), ("U", f, U)):
        if x.ndim != 2 or x.shape[0] != rows.shape[-1] or x.shape[1] != len(v) or b.shape != v.shape:
            raise ValueError(f"{name} has shape {x.shape}; expected ({rows.shape[-1]}, {len(v)}).")
    e = np.zeros(len(memory))
    for n, m_n in enumerate(memory):
        # e_n = v · tanh(W q + V m_n + U f_n + b)
        e[n] = v @ np.tanh(q @ W + m_n @ V + f[n] @ U + b)
    # a_n = e^{e_n} / Σ_n' e^{e_n'}
    a = softmax(e)
    # c = Σ_n a_n m_n
    return a @ memory, a


@checked
def guided_attention(due: np.ndarray, n_letters: Size, width: Positive = 1.5) -> np.ndarray:
    """Return g_tn, how far each step and each letter are from the letter that is due, 0 to 1.

    Parameters
    ----------
    due : np.ndarray [shape=(T,)]
        The letter that is due in each step, n_t; may lie between two.
    n_letters : int
        N.
    width : float
        How far off is nearly free (letters).

    Returns
    -------
    np.ndarray [shape=(T, N)]

    Examples
    --------
    >>> guided_attention(np.array([0.0, 1.0]), 3, 1.0).round(2).tolist()
    [[0.0, 0.39, 0.86], [0.39, 0.0, 0.39]]
    """
    if due.ndim != 1:
        raise ValueError(f"due has shape {due.shape}; expected (T,), a letter for each step.")
    g = np.zeros((len(due), n_letters))
    for t, n_t in enumerate(due):
        for n in range(n_letters):
            # g_tn = 1 − exp(−(n − n_t)² / (2 w²))
            g[t, n] = 1 - np.exp(-((n - n_t) ** 2) / (2 * width**2))
    return g


@checked
def repeat_letters(memory: np.ndarray, durations: NDArray[np.int64]) -> np.ndarray:
    """Repeat each letter's vector as many times as it lasts: FastSpeech's length regulator.

    Parameters
    ----------
    memory : np.ndarray [shape=(N, d)]
        The letters' vectors.
    durations : np.ndarray of int [shape=(N,)]
        Steps that each lasts, 0 or more.

    Returns
    -------
    np.ndarray [shape=(durations.sum(), d)]

    Examples
    --------
    >>> repeat_letters(np.array([[1.0], [2.0], [3.0]]), np.array([2, 0, 1])).ravel().tolist()
    [1.0, 1.0, 3.0]
    """
    if memory.ndim != 2 or durations.shape != memory.shape[:1] or (durations < 0).any():
        raise ValueError(
            f"memory has shape {memory.shape}, durations {durations.shape}; expected (N, d), and N "
            "numbers of 0 or more."
        )
    rows = []
    for m_n, duration in zip(memory, durations, strict=True):
        for _ in range(duration):
            rows.append(m_n)
    return np.array(rows).reshape(-1, memory.shape[1])


@checked
def attention_faults(a: Weights, *, most_back: Size = 2, most_skipped: Size = 4) -> dict[str, int]:
    """Count what goes wrong when attention reads a text.

    Where a step looks is the letter with the largest weight.

    Parameters
    ----------
    a : np.ndarray [shape=(T, N)]
        Weights of all steps.
    most_back, most_skipped : int
        Going back by less than the one, or forward over fewer letters than the other, is no fault.

    Returns
    -------
    dict
        ``steps``, T − 1; ``back``, steps that go back; ``skips``, steps that go forward too far; ``missed``,
        letters behind the last one that was looked at.

    Examples
    --------
    >>> attention_faults(np.eye(8)[[0, 1, 1, 2, 0, 1, 7]])
    {'steps': 6, 'back': 1, 'skips': 1, 'missed': 0}
    """
    if a.ndim != 2 or not a.size:
        raise ValueError(f"a has shape {a.shape}; expected (T, N).")
    moves = np.diff(a.argmax(axis=1))
    return {
        "steps": len(moves),
        "back": int((moves <= -most_back).sum()),
        "skips": int((moves > most_skipped).sum()),
        "missed": int(a.shape[1] - 1 - a.argmax(axis=1).max()),
    }
