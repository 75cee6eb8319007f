"""A filter h learned from what goes into an unknown room and what comes out of it.

The loss is the mean squared error of the convolution (`filter_loss`). It is a paraboloid in h, so all about
it is known in closed form: its gradient is a correlation, its curvature the autocorrelation of the input, its
lowest point the solution of the normal equations.

References
----------
Haykin (2014), Adaptive Filter Theory. Widrow and Hoff (1960), Adaptive switching circuits.
"""

from typing import Annotated

import numpy as np
import scipy.linalg
import scipy.signal
from numpy.typing import ArrayLike

from .._validate import LARGEST, Size, check_audio, check_positive, check_range, checked


@checked
def filter_loss(h: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return L(h) = mean (y − x∗h)² and its gradient.

    Parameters
    ----------
    h : np.ndarray [shape=(n_taps,)]
        The filter.
    x : np.ndarray [shape=(n_samples,)]
        What goes in.
    y : np.ndarray [shape=(n_samples + n_taps - 1,)]
        What comes out, to the end of the tail.

    Returns
    -------
    loss : float
    gradient : np.ndarray [shape=(n_taps,)]
        ∂L/∂h[m] = −(2/N) Σ_n e[n] x[n−m], with the error e = y − x∗h and N = len(y).

    Examples
    --------
    >>> x, h = np.array([1.0, 2.0]), np.array([0.5, 0.25])
    >>> loss, gradient = filter_loss(np.zeros(2), x, np.convolve(x, h))
    >>> loss, gradient.tolist()
    (0.6875, [-2.0, -1.5])
    """
    error = y - scipy.signal.fftconvolve(x, h)
    correlation = scipy.signal.correlate(error, x, mode="valid", method="fft")
    return float(np.mean(error**2)), -2 / len(y) * correlation


@checked
def autocorrelation(x: np.ndarray, n_taps: Size) -> np.ndarray:
    """Return r[k] = Σ_n x[n] x[n−k] for k = 0 to n_taps − 1 [shape=(n_taps,)].

    >>> autocorrelation(np.array([1.0, 2.0, 3.0]), 3).round(9).tolist()
    [14.0, 8.0, 3.0]
    """
    padded = np.concatenate([x, np.zeros(n_taps - 1)])
    return scipy.signal.correlate(padded, x, mode="valid", method="fft")[:n_taps]


@checked
def eigenvalue_range(x: np.ndarray, n_taps: Annotated[int, (1, 4096)]) -> tuple[float, float]:
    """Return the least and the greatest curvature of the loss: eigenvalues of (2/N) R.

    R is the Toeplitz matrix of `autocorrelation`. A step above 2 divided by the greatest makes the error
    grow. The greatest divided by the least, the condition number, says how much slower the slowest direction
    learns than the fastest.

    Examples
    --------
    >>> low, high = eigenvalue_range(np.array([1.0, 0.0, 0.0]), 2)
    >>> low == high == 0.5
    True
    """
    r = autocorrelation(x, n_taps) * 2 / (len(x) + n_taps - 1)
    eigenvalues = scipy.linalg.eigvalsh(scipy.linalg.toeplitz(r))
    return float(eigenvalues[0]), float(eigenvalues[-1])


@checked
def wiener_filter(x: np.ndarray, y: np.ndarray, n_taps: Size, *, weight_decay: float = 0.0) -> np.ndarray:
    """Return the filter with the least loss: the solution of the normal equations.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        What goes in.
    y : np.ndarray [shape=(n_samples + n_taps - 1,)]
        What comes out.
    n_taps : int
        The filter's length.
    weight_decay : float
        λ of the loss L(h) + λ Σ h²; above 0 it keeps taps small that the data say little about.

    Returns
    -------
    np.ndarray [shape=(n_taps,)]
        h with (R + λ N I) h = p, where p[m] = Σ_n y[n] x[n−m]. Levinson's recursion needs n_taps² steps.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(100)
    >>> wiener_filter(x, np.convolve(x, [0.5, 0.25]), 2).round(6).tolist()
    [0.5, 0.25]
    """
    check_range(weight_decay, "weight_decay", 0.0, LARGEST)
    p = scipy.signal.correlate(y, x, mode="valid", method="fft")
    r = autocorrelation(x, n_taps)
    r[0] += weight_decay * len(y)
    return scipy.linalg.solve_toeplitz(r, p)


@checked
def least_mean_squares(
    x: ArrayLike, y: ArrayLike, n_taps: int, step: float, *, normalized: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Learn a filter while the sound runs: one step for each sample (LMS).

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        What goes in.
    y : np.ndarray [shape=(n_samples,)]
        What comes out, and perhaps other sounds with it.
    n_taps : int
        The filter's length.
    step : float
        The step size; with `normalized` between 0 and 2.
    normalized : bool
        Divide each step by the energy of the samples in the filter (NLMS): loud moments teach no faster. A
        hundredth of the mean energy so far is added, or the steps would be huge where x is silent.

    Returns
    -------
    h : np.ndarray [shape=(n_taps,)]
        The filter in the end.
    error : np.ndarray [shape=(n_samples,)]
        y minus what the filter said at that moment: what is left of y.

    Raises
    ------
    ValueError
        If x and y differ in length, or the step is not above 0.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(2000)
    >>> h, error = least_mean_squares(x, np.convolve(x, [0.5, 0.25])[:2000], 2, 0.5)
    >>> h.round(6).tolist(), float(np.abs(error[-100:]).max()) < 1e-6
    ([0.5, 0.25], True)
    """
    x, y = check_audio(x, "x"), check_audio(y, "y")
    check_positive(step, "step")
    check_positive(n_taps, "n_taps", integer=True)
    if len(x) != len(y):
        raise ValueError(f"y has {len(y)} samples; expected as many as x, {len(x)}.")
    padded = np.concatenate([np.zeros(n_taps - 1), x])
    h, error = np.zeros(n_taps), np.zeros(len(x))
    # a hundredth of the mean energy so far
    least = 0.01 * n_taps * np.cumsum(x**2) / np.arange(1, len(x) + 1) + 1e-12
    for n in range(len(x)):
        past = padded[n : n + n_taps][::-1]  # x[n], x[n−1], …
        error[n] = y[n] - h @ past
        # h ← h + μ e[n] x[n−m]: the gradient of the one term e[n]²
        h += step * error[n] * past / (past @ past + least[n] if normalized else 1.0)
    if not np.isfinite(h).all():
        raise ValueError(f"step is {step}, too large: the filter grew without end.")
    return h, error
