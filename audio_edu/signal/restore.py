"""Filling in samples that were lost.

A packet that never came, a click cut out, a scratch: some samples are missing and we know which. A straight
line bridges them and sounds dull where it does; an autoregressive (AR) model continues the oscillation
from both sides and bridges several milliseconds of a steady sound inaudibly.

References
----------
Janssen, Veldhuis and Vries (1986), Adaptive interpolation of discrete-time signals that can be modeled as
autoregressive processes, IEEE Transactions on Acoustics, Speech, and Signal Processing 34(2).
"""

import numpy as np
import scipy.sparse
import scipy.sparse.linalg
from numpy.typing import ArrayLike

from .._validate import check_audio, check_choice, check_range, checked

_LONGEST = 4096  # samples repaired in one piece; longer runs of gaps are repaired piece by piece


@checked
def repair(
    x: ArrayLike, missing: ArrayLike, *, method: str = "linear", order: int = 64, n_iterations: int = 8
) -> np.ndarray:
    """Fill the samples where `missing` is True; leave all others as they are.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound. What stands at missing positions (NaN too) does not matter.
    missing : np.ndarray of bool [shape=(n_samples,)]
        True where a sample was lost. At least one must be left.
    method : {"zero", "hold", "linear", "ar"}
        Zeros; the last known sample; a straight line between the known neighbors; or the samples that an
        autoregressive model of the surroundings finds most plausible (least squares).
    order : int
        For ``"ar"``: how many samples the model looks back, 1 to 512. Lowered where too little is known.
    n_iterations : int
        For ``"ar"``: how often model and samples are estimated in turn, where the gaps lie so close that
        there is no stretch without one to learn the model from.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        A repaired copy.

    Raises
    ------
    TypeError
        If `missing` is not boolean.
    ValueError
        If it is of another length, or nothing is left to repair from.

    Examples
    --------
    >>> repair(np.array([0.0, 9.0, 9.0, 0.75]), np.array([False, True, True, False])).tolist()
    [0.0, 0.25, 0.5, 0.75]
    """
    missing = np.asarray(missing)
    if missing.dtype != bool:
        raise TypeError(f"missing has dtype {missing.dtype}; expected booleans, True where a sample is lost.")
    if np.shape(x) != missing.shape:
        raise ValueError(f"missing has shape {missing.shape}; expected that of x, {np.shape(x)}.")
    x = np.asarray(x)
    x = check_audio(np.where(missing, x.dtype.type(0), x) if x.dtype.kind == "f" else x, "x")
    check_choice(method, "method", ["zero", "hold", "linear", "ar"])
    check_range(order, "order", 1, 512, integer=True)
    check_range(n_iterations, "n_iterations", 1, 1000, integer=True)
    if missing.all():
        raise ValueError(f"missing is True for all {len(x)} samples; at least one must be known.")
    if method == "zero" or not missing.any():
        return x.copy()

    known = np.flatnonzero(~missing)
    lost = np.flatnonzero(missing)
    y = x.copy()
    if method == "hold":
        before = np.searchsorted(known, lost) - 1
        y[lost] = x[known[np.maximum(before, 0)]]  # before the first known sample: that sample
        return y
    y[lost] = np.interp(lost, known, x[known])
    if method == "ar":
        y = y.astype(np.float64)
        for start, stop in _pieces(lost, order):
            _fill_with_ar(y, missing, start, stop, order, n_iterations)
    return y.astype(x.dtype)


def _pieces(lost: np.ndarray, order: int) -> list[tuple[int, int]]:
    """Group lost samples into stretches ``[start, stop)`` with `order` known samples or more between them."""
    pieces = []
    start = previous = int(lost[0])
    for position in map(int, lost[1:]):
        if position - previous > order or position - start >= _LONGEST:
            pieces.append((start, previous + 1))
            start = position
        previous = position
    return [*pieces, (start, previous + 1)]


def _fill_with_ar(
    y: np.ndarray, missing: np.ndarray, start: int, stop: int, order: int, n_iterations: int
) -> None:
    """Replace the missing samples of ``y[start:stop]``, in place."""
    context = max(1024, 8 * order, 2 * (stop - start))
    low, high = max(0, start - context), min(len(y), stop + context)
    window, lost = y[low:high].copy(), missing[low:high]
    order = min(order, int((~lost).sum()) // 4)
    if order < 1:
        return
    lagged = np.lib.stride_tricks.sliding_window_view(window, order + 1)
    # Learn the model where nothing is missing; only if that is too little, from the filled-in sound.
    n_lost = np.concatenate([[0], np.cumsum(lost)])
    complete = n_lost[order + 1 :] == n_lost[: -order - 1]
    if complete.sum() >= 2 * order:
        n_iterations = 1
    else:
        complete[:] = True
    loudest = np.abs(window[~lost]).max()
    inner = np.flatnonzero(lost)
    for _ in range(n_iterations):
        # e[n] = x[n] − Σ_{k=1}^{p} a_k x[n−k]: the a_k that make Σ e[n]² smallest
        rows = lagged[complete]
        past, present = rows[:, order - 1 :: -1], rows[:, order]
        gram = past.T @ past
        ridge = 1e-10 * np.trace(gram) / order + 1e-30
        a = np.linalg.solve(gram + ridge * np.eye(order), past.T @ present)
        # e = E x, and now the *samples* that make Σ e[n]² smallest: E_lost x_lost = −E_known x_known
        taps = np.concatenate([-a[::-1], [1.0]])
        n_rows = len(window) - order
        error = scipy.sparse.diags_array(
            list(taps), offsets=range(order + 1), shape=(n_rows, len(window)), format="csc"
        )
        error_lost = error[:, inner]
        target = -(error[:, np.flatnonzero(~lost)] @ window[~lost])
        normal = (error_lost.T @ error_lost + 1e-9 * scipy.sparse.eye_array(len(inner))).tocsc()
        # The ridge pulls towards what stands there already, for samples that no equation holds.
        filled = scipy.sparse.linalg.spsolve(normal, error_lost.T @ target + 1e-9 * window[inner])
        # A model with a pole outside the unit circle may run away at the edge of a clip.
        window[inner] = np.clip(filled, -1.5 * loudest, 1.5 * loudest)
    here = np.flatnonzero(missing[start:stop]) + start
    y[here] = window[here - low]
