"""Data parallel by hand: real processes that sum their gradients through pipes, and nothing else."""

import multiprocessing
from multiprocessing.connection import Connection

import numpy as np

from ..._validate import Positive, Size, checked


@checked
def linear_gradient(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Return ∂L/∂w [shape=(n_in,)] of L = Σ (x w − y)² over the rows given: a sum, not a mean.

    Examples
    --------
    >>> linear_gradient(np.array([[1.0, 2.0]]), np.array([1.0]), np.zeros(2)).tolist()
    [-2.0, -4.0]
    """
    return 2 * x.T @ (x @ w - y)


def _descend(
    other: Connection, home: Connection, x: np.ndarray, y: np.ndarray, n_steps: int, rate: float, lost: bool
) -> None:
    w = np.zeros(x.shape[1])
    for _ in range(n_steps):
        own = linear_gradient(x, y, w)
        other.send(own)
        came = other.recv()
        # Σ over all rows = Σ over mine + Σ over the other's; the mean divides by the rows that were counted
        mean = own / len(x) if lost else (own + came) / (2 * len(x))
        w = w - rate * mean
    home.send(w)


@checked
def descend_in_processes(
    x: np.ndarray, y: np.ndarray, *, n_steps: Size, rate: Positive, lost: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Fit y ≈ x w in two processes that have half of the rows each and tell each other their gradients.

    Parameters
    ----------
    x : np.ndarray [shape=(n_rows, n_in)]
        Inputs; an even number of rows.
    y : np.ndarray [shape=(n_rows,)]
        What to make of them.
    n_steps : int
        Steps of gradient descent on the mean squared error, from w = 0.
    rate : float
        The learning rate.
    lost : bool
        Lose what the other process sends, and say nothing.

    Returns
    -------
    tuple of np.ndarray [shape=(n_in,)]
        The weights of the first and of the second process. They are equal, unless gradients were lost.

    Raises
    ------
    ValueError
        If the rows cannot be halved, or x and y have not equally many.
    """
    if x.ndim != 2 or y.shape != x.shape[:1] or len(x) % 2:
        raise ValueError(f"x {x.shape} and y {y.shape} have to be (2 n, n_in) and (2 n,).")
    half, context = len(x) // 2, multiprocessing.get_context("spawn")
    ends, homes, processes = context.Pipe(), [], []
    for end, rows in zip(ends, (slice(None, half), slice(half, None)), strict=True):
        home, there = context.Pipe(duplex=False)
        work = (end, there, x[rows], y[rows], n_steps, rate, lost)
        processes.append(context.Process(target=_descend, args=work, daemon=True))
        processes[-1].start()
        there.close()  # so that a process that dies is an end of file, not silence
        homes.append(home)
    for end in ends:
        end.close()
    try:
        first, second = (home.recv() for home in homes)
    except EOFError:
        raise RuntimeError("one of the two processes died before it was done.") from None
    finally:
        for process in processes:
            process.join(5)
    return first, second
