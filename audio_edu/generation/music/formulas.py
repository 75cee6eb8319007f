"""The formulas of this chapter, literally, in NumPy."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..._validate import Positive, Size, checked


@checked
def temper(logits: np.ndarray, temperature: Positive = 1.0) -> np.ndarray:
    """Turn logits into probabilities, at a temperature.

    Parameters
    ----------
    logits : np.ndarray [shape=(..., n)]
        Real numbers, one for each event.
    temperature : float
        Below 1 likely events become likelier still; above, all become alike.

    Returns
    -------
    np.ndarray [shape=(..., n)]
        Probabilities, which sum to 1 along the last axis.

    Examples
    --------
    >>> temper([0.0, np.log(3)]).round(2).tolist(), temper([0.0, np.log(3)], 0.5).round(2).tolist()
    ([0.25, 0.75], [0.1, 0.9])
    """
    # p_k = exp(l_k / T) / Σ_j exp(l_j / T)
    z = logits / temperature
    p = np.exp(z - z.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)


class MarkovChain:
    """``P(event | the events just before it)``, counted, and mixed with what shorter pasts say.

    Parameters
    ----------
    rows : sequence of np.ndarray of int
        Sequences of whole numbers to count.
    n_words : int
        The numbers are below it.
    order : int
        How many events before the present one count; 0: none.
    strength : float
        How many observations the shorter past is worth.

    Examples
    --------
    >>> chain = MarkovChain([[0, 1, 0, 1, 0]], 2, order=1, strength=1e-9)
    >>> chain.probabilities([0]).round(3).tolist()
    [0.0, 1.0]
    """

    @checked
    def __init__(
        self, rows: Sequence[NDArray[np.int64]], n_words: Size, *, order: int = 1, strength: Positive = 2.0
    ):
        self.n_words, self.order, self.strength = n_words, order, strength
        self.counts: dict[tuple[int, ...], np.ndarray] = {}
        for row in rows:
            for t in range(len(row)):
                for k in range(min(order, t) + 1):
                    past = tuple(int(w) for w in row[t - k : t])
                    # n(past, event) ← n(past, event) + 1
                    self.counts.setdefault(past, np.zeros(n_words))[row[t]] += 1

    @checked
    def probabilities(self, past: Sequence[int]) -> np.ndarray:
        """Return the probability of each event after those of `past` [shape=(n_words,)]."""
        p = np.full(self.n_words, 1 / self.n_words)
        for k in range(min(self.order, len(past)) + 1):
            n = self.counts.get(tuple(past[len(past) - k :]))
            if n is None:
                break
            # P(e | past) = (n(past, e) + s · P(e | shorter past)) / (n(past) + s)
            p = (n + self.strength * p) / (n.sum() + self.strength)
        return p

    @checked
    def nats(self, row: NDArray[np.int64]) -> np.ndarray:
        """Return −log P of each event of a sequence but the first, in nats [shape=(len(row) − 1,)]."""
        words = row.tolist()
        # log P(x_1, ..., x_T) = Σ_t log P(x_t | x_1, ..., x_{t−1})
        return -np.log([self.probabilities(words[:t])[words[t]] for t in range(1, len(words))])
