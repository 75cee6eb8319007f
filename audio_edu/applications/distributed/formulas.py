"""What processes tell each other, and what it costs: a ring as a literal program, its price, Amdahl's law."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..._validate import MOST, Positive, Share, Size, checked


@checked
@dataclass(frozen=True)
class RingTrace:
    """What a ring did.

    Attributes
    ----------
    states : np.ndarray [shape=(2 n_workers - 1, n_workers, length)]
        What each worker holds before the first round and after each one.
    owners : np.ndarray [shape=(2 n_workers - 1, n_workers, n_workers, n_workers)], bool
        ``owners[round, k, c, j]``: chunk c of worker k holds what worker j began with.
    numbers_sent : int
        How many numbers one worker has sent, at most.
    """

    states: np.ndarray
    owners: NDArray[np.bool_]
    numbers_sent: Annotated[int, (0, MOST)]

    @property
    def n_rounds(self) -> int:
        """How many rounds there were."""
        return len(self.states) - 1


@checked
def ring_all_reduce(arrays: Sequence[np.ndarray]) -> RingTrace:
    """Sum arrays over workers that stand in a ring and speak to their right neighbour alone.

    Each array is cut into as many chunks as there are workers, N. In N − 1 rounds every worker adds the chunk
    that comes from its left to its own (reduce-scatter); then each has one chunk of the full sum. In N − 1
    more rounds the full chunks go round (all-gather). Patarasuk and Yuan, 2009.

    Parameters
    ----------
    arrays : sequence of np.ndarray [shape=(length,)]
        One for each worker.

    Returns
    -------
    RingTrace
        All that happened; ``states[-1, k]`` is the sum, for every k.

    Raises
    ------
    ValueError
        If the arrays are not rows of one length.

    Examples
    --------
    >>> ring_all_reduce([[1.0, 2.0], [10.0, 20.0]]).states[-1].tolist()
    [[11.0, 22.0], [11.0, 22.0]]
    """
    if not arrays or any(a.ndim != 1 or len(a) != len(arrays[0]) for a in arrays):
        raise ValueError(f"arrays have shapes {[a.shape for a in arrays]}, expected rows of one length.")
    n = len(arrays)
    held = np.array(arrays, float)
    owned = np.repeat(np.eye(n, dtype=bool)[:, None, :], n, axis=1)
    edges = np.linspace(0, held.shape[1], n + 1).astype(int)
    states, owners, sent = [held.copy()], [owned.copy()], 0
    for round_ in range(2 * (n - 1)):
        adding = round_ < n - 1
        before, known = held.copy(), owned.copy()  # all send at the same moment
        for k in range(n):
            right = (k + 1) % n
            # reduce-scatter: worker k sends chunk k − r; all-gather: chunk k + 1 − r
            c = (k - round_) % n if adding else (k + 1 - (round_ - n + 1)) % n
            chunk = slice(edges[c], edges[c + 1])
            held[right, chunk] = before[k, chunk] + (before[right, chunk] if adding else 0)
            owned[right, c] = known[k, c] | (known[right, c] if adding else False)
        sent += int(np.diff(edges).max())
        states.append(held.copy())
        owners.append(owned.copy())
    return RingTrace(np.array(states), np.array(owners), sent)


@checked
def ring_seconds(
    n_workers: Size, n_bytes: Positive, *, latency_s: Annotated[float, (0.0, 1e6)], bytes_per_s: Positive
) -> float:
    """Return what a ring all-reduce takes (s): t = 2 (N − 1) α + 2 (N − 1)/N · S/β.

    Parameters
    ----------
    n_workers : int
        N.
    n_bytes : float
        S, the size of what is summed (bytes).
    latency_s : float
        α, what a message costs however short it is (s).
    bytes_per_s : float
        β, what a link carries (bytes/s).

    Examples
    --------
    >>> round(ring_seconds(4, 8e6, latency_s=1e-3, bytes_per_s=1e9), 6)
    0.018
    """
    rounds = 2 * (n_workers - 1)
    return rounds * latency_s + rounds / n_workers * n_bytes / bytes_per_s


@checked
def server_seconds(
    n_workers: Size, n_bytes: Positive, *, latency_s: Annotated[float, (0.0, 1e6)], bytes_per_s: Positive
) -> float:
    """Return what a parameter server takes (s): all send to one, which sends to all, t = 2α + 2 (N − 1) S/β.

    Parameters are those of `ring_seconds`; worker 0 is the server, and its one link carries it all.

    Examples
    --------
    >>> server_seconds(4, 8e6, latency_s=1e-3, bytes_per_s=1e9)
    0.05
    """
    if n_workers == 1:
        return 0.0
    return 2 * latency_s + 2 * (n_workers - 1) * n_bytes / bytes_per_s


@checked
def amdahl(n_workers: Size, parallel: Share) -> float:
    """Return how many times faster N workers are, if a share p can be divided: 1/(1 − p + p/N).

    Examples
    --------
    >>> amdahl(4, 0.5)
    1.6
    """
    return 1 / (1 - parallel + parallel / n_workers)


@checked
def fit_link(n_bytes: np.ndarray, seconds: np.ndarray, n_workers: Size) -> tuple[float, float]:
    """Fit α (s) and β (bytes/s) of `ring_seconds` to times that were measured with `n_workers`.

    The relative errors are made small, not the absolute ones: long messages would decide alone.

    Raises
    ------
    ValueError
        If there are not two sizes or more, or one worker only.

    Examples
    --------
    >>> alpha, beta = fit_link([1e3, 1e6], [0.002 + 1e3 / 1e9, 0.002 + 1e6 / 1e9], 2)
    >>> round(alpha, 6), round(beta)
    (0.001, 1000000000)
    """
    if n_bytes.shape != seconds.shape or len(np.unique(n_bytes)) < 2 or n_workers < 2 or np.any(seconds <= 0):
        raise ValueError(
            f"n_bytes {n_bytes.shape} and seconds {seconds.shape} have to be rows of one length, with two "
            f"sizes or more and times above 0, of two workers or more; n_workers is {n_workers}."
        )
    from scipy.optimize import nnls

    rounds = 2 * (n_workers - 1)
    design = np.stack([np.full(n_bytes.shape, float(rounds)), rounds / n_workers * n_bytes], axis=1)
    # scaled, because bytes are many and seconds are few
    scale = np.abs(design / seconds[:, None]).max(axis=0)
    found, _ = nnls(design / seconds[:, None] / scale, np.ones(len(seconds)))
    alpha, inverse = found / scale
    return float(alpha), float(1 / max(inverse, 1e-30))
