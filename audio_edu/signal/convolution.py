"""The convolution sum: filters, echoes and rooms are all one operation.

A linear system that does not change with time is known completely by its answer to a single click, its
impulse response h. Its answer to any sound x is the sum

    y[n] = Σ_{m=0}^{M−1} x[n−m] h[m]

The same sum smooths, removes a hum, adds an echo, or turns a clap into a cathedral; only h differs.

Conventions: x is 0 outside its N samples, h has M samples, and the full result has N + M − 1.

References
----------
Oppenheim and Schafer (2010), Discrete-Time Signal Processing, chapters 2 and 7.
"""

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from .._validate import check_audio, check_choice, checked


@checked
def convolve(x: ArrayLike, h: ArrayLike) -> np.ndarray:
    """Convolution, by its formula: the sum as two loops.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound; 0 before its first and after its last sample.
    h : np.ndarray [shape=(n_taps,)]
        An impulse response.

    Returns
    -------
    np.ndarray [shape=(n_samples + n_taps - 1,)], float64
        The full convolution. Takes ``n_samples · n_taps`` steps; `fast_convolve` takes far fewer.

    Examples
    --------
    >>> convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5])).tolist()
    [1.0, 2.5, 4.0, 1.5]
    """
    # Python's own floats: a loop over them runs three times as fast as over NumPy's.
    x, h = check_audio(x, "x").tolist(), check_audio(h, "h").tolist()
    N, M = len(x), len(h)
    y = [0.0] * (N + M - 1)
    for n in range(N + M - 1):
        # y[n] = Σ_{m=0}^{M−1} x[n−m] h[m]
        for m in range(M):
            if 0 <= n - m < N:
                y[n] += x[n - m] * h[m]
    return np.array(y)


@checked
def fast_convolve(x: ArrayLike, h: ArrayLike, *, mode: str = "full") -> np.ndarray:
    """Convolution by FFT and overlap-add (SciPy's): the same numbers as `convolve`, much sooner.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Sounds, each convolved with the same `h`.
    h : np.ndarray [shape=(n_taps,)]
        An impulse response.
    mode : {"full", "same"}
        All ``n_samples + n_taps − 1`` samples, or the middle `n_samples` (undoes the delay of a symmetric
        filter).

    Returns
    -------
    np.ndarray [shape=(..., n_out)]
        float32 if both are float32, else float64.

    Raises
    ------
    ValueError
        If an argument is not as described.

    Examples
    --------
    >>> fast_convolve(np.array([1.0, 2.0, 3.0]), np.array([1.0, 0.5])).round(6).tolist()
    [1.0, 2.5, 4.0, 1.5]
    """
    x = check_audio(x, "x", ndim=(1, 2, 3))
    h = check_audio(h, "h")
    check_choice(mode, "mode", ["full", "same"])
    y = scipy.signal.oaconvolve(x, h.reshape((1,) * (x.ndim - 1) + (-1,)), axes=-1)
    y = y.astype(np.result_type(x, h), copy=False)
    if mode == "same":
        start = (len(h) - 1) // 2
        y = y[..., start : start + x.shape[-1]]
    return y
