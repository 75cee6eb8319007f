"""Finite impulse response (FIR) filters by the windowed-sinc method.

The ideal low-pass filter has the impulse response ``2 f_c/f_s · sinc(2 f_c/f_s · n)``, which never ends.
Cut it to `n_taps` samples, fade its ends out with a window, and it can be used. More taps make a steeper
filter; the window trades steepness against how much still leaks through (a Hamming window: −53 dB).

All filters here are symmetric and have an odd number of taps: they delay every frequency by the same
``(n_taps − 1) / 2`` samples, which ``fast_convolve(x, h, mode="same")`` undoes.

References
----------
Oppenheim and Schafer (2010), Discrete-Time Signal Processing, section 7.5.
"""

import numpy as np
import scipy.signal
from numpy.typing import ArrayLike

from .._validate import check_audio, check_positive, check_range, check_sample_rate, checked


@checked
def low_pass(
    cutoff_hz: float, sample_rate: float, n_taps: int = 101, *, window: str = "hamming"
) -> np.ndarray:
    """Keep what lies below a frequency.

    Parameters
    ----------
    cutoff_hz : float
        Where the response is half (−6 dB), in Hz; above 0, below half the sample rate.
    sample_rate : float
        Samples a second (Hz).
    n_taps : int
        The length of the filter; odd.
    window : str
        A window that `scipy.signal.get_window` knows.

    Returns
    -------
    np.ndarray [shape=(n_taps,)], float64
        The impulse response; a constant passes unchanged (the taps sum to 1).

    Examples
    --------
    >>> h = low_pass(1000, 16000)
    >>> h.shape, round(float(h.sum()), 6)
    ((101,), 1.0)
    """
    fc, n, w = _design(cutoff_hz, "cutoff_hz", sample_rate, n_taps, window)
    # h[n] = w[n] · 2f_c/f_s · sinc(2f_c/f_s · n)
    h = w * fc * np.sinc(fc * n)
    return h / h.sum()


@checked
def high_pass(
    cutoff_hz: float, sample_rate: float, n_taps: int = 101, *, window: str = "hamming"
) -> np.ndarray:
    """Keep what lies above a frequency: everything, minus what a low-pass keeps.

    Parameters
    ----------
    cutoff_hz, sample_rate, n_taps, window
        As in `low_pass`.

    Returns
    -------
    np.ndarray [shape=(n_taps,)], float64
        The impulse response; half the sample rate passes unchanged.

    Examples
    --------
    >>> h = high_pass(1000, 16000)
    >>> abs(float(h.sum())) < 0.01
    True
    """
    fc, n, w = _design(cutoff_hz, "cutoff_hz", sample_rate, n_taps, window)
    # h[n] = w[n] (δ[n] − 2f_c/f_s · sinc(2f_c/f_s · n))
    h = w * (np.sinc(n) - fc * np.sinc(fc * n))
    return h / np.sum(h * np.cos(np.pi * n))  # the response at f_s/2, made 1


@checked
def band_pass(
    low_hz: float, high_hz: float, sample_rate: float, n_taps: int = 101, *, window: str = "hamming"
) -> np.ndarray:
    """Keep what lies between two frequencies: one low-pass minus another.

    Parameters
    ----------
    low_hz, high_hz : float
        The edges of the band (Hz), ``0 < low_hz < high_hz < sample_rate / 2``.
    sample_rate, n_taps, window
        As in `low_pass`.

    Returns
    -------
    np.ndarray [shape=(n_taps,)], float64
        The impulse response; the middle of the band passes unchanged.

    Examples
    --------
    >>> band_pass(300, 3400, 16000).shape
    (101,)
    """
    f1, n, w = _design(low_hz, "low_hz", sample_rate, n_taps, window)
    f2, _, _ = _design(high_hz, "high_hz", sample_rate, n_taps, window)
    if f1 >= f2:
        raise ValueError(f"low_hz is {low_hz}, not below high_hz, {high_hz}.")
    # h[n] = w[n] (2f_2/f_s · sinc(2f_2/f_s · n) − 2f_1/f_s · sinc(2f_1/f_s · n))
    h = w * (f2 * np.sinc(f2 * n) - f1 * np.sinc(f1 * n))
    return h / np.sum(h * np.cos(np.pi * n * (f1 + f2) / 2))


@checked
def moving_average(n_taps: int) -> np.ndarray:
    """Impulse response of the mean over the last `n_taps` samples, the simplest smoother.

    Parameters
    ----------
    n_taps : int
        1 or more. Noise that is independent from sample to sample loses ``10 log10 n_taps`` dB.

    Returns
    -------
    np.ndarray [shape=(n_taps,)], float64
        ``1 / n_taps`` everywhere.

    Examples
    --------
    >>> moving_average(4).tolist()
    [0.25, 0.25, 0.25, 0.25]
    """
    check_positive(n_taps, "n_taps", integer=True)
    # h[m] = 1/M
    return np.full(n_taps, 1.0 / n_taps)


@checked
def frequency_response(
    h: ArrayLike, sample_rate: float, n_points: int = 512, *, floor_db: float = -200.0
) -> tuple[np.ndarray, np.ndarray]:
    """How much of each frequency an impulse response lets through.

    Parameters
    ----------
    h : np.ndarray [shape=(n_taps,)]
        An impulse response.
    sample_rate : float
        Samples a second (Hz).
    n_points : int
        Frequencies, from 0 to half the sample rate, both included; 2 or more.
    floor_db : float
        The lowest level returned (dB), so that a perfect zero stays drawable.

    Returns
    -------
    f_hz : np.ndarray [shape=(n_points,)]
        Frequencies (Hz).
    magnitude_db : np.ndarray [shape=(n_points,)]
        ``20 log10 |H(f)|``.

    Examples
    --------
    >>> f_hz, magnitude_db = frequency_response(np.array([0.5, 0.5]), 8000, 3)
    >>> f_hz.tolist(), magnitude_db.round(2).tolist()
    ([0.0, 2000.0, 4000.0], [0.0, -3.01, -200.0])
    """
    h = check_audio(h, "h")
    check_sample_rate(sample_rate)
    check_range(n_points, "n_points", 2, 1 << 24, integer=True)
    check_range(floor_db, "floor_db", -400.0, 0.0)
    # H(f) = Σ_m h[m] e^{−2πj f m / f_s}
    f_hz, H = scipy.signal.freqz(h.astype(np.float64), worN=n_points, fs=sample_rate, include_nyquist=True)
    # A zero on the unit circle comes out as rounding noise, some 300 dB down; call it the floor.
    magnitude = np.abs(H)
    magnitude[magnitude < 1e-15 * np.abs(h).sum()] = 0.0
    return f_hz, 20 * np.log10(np.maximum(magnitude, 10 ** (floor_db / 20)))


def _design(
    cutoff_hz: float, name: str, sample_rate: float, n_taps: int, window: str
) -> tuple[float, np.ndarray, np.ndarray]:
    """Check a design; return the cutoff (1 is half the sample rate), n centered on 0, and the window."""
    check_sample_rate(sample_rate)
    check_positive(cutoff_hz, name, unit="of Hz")
    if cutoff_hz >= sample_rate / 2:
        raise ValueError(
            f"{name} is {cutoff_hz!r} Hz; expected less than half of sample_rate, {sample_rate / 2}."
        )
    check_positive(n_taps, "n_taps", integer=True)
    if n_taps % 2 == 0:
        raise ValueError(f"n_taps is {n_taps}; expected an odd number, so that the delay is whole samples.")
    try:
        w = scipy.signal.get_window(window, n_taps, fftbins=False)
    except (ValueError, TypeError) as error:
        raise ValueError(f"window is {window!r}, which SciPy does not know: {error}") from error
    return 2 * cutoff_hz / sample_rate, np.arange(n_taps) - (n_taps - 1) / 2, w
