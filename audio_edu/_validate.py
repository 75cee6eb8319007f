"""Checks of what callers pass in, shared by the whole package.

Every check raises an error that names the argument, shows the value it got and says what to do.
"""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any

import numpy as np


def check_audio(
    x: Any, name: str = "x", *, ndim: int | tuple[int, ...] = 1, min_samples: int = 1
) -> np.ndarray:
    """Return `x` as a floating-point array of finite samples, or say what is wrong with it.

    Parameters
    ----------
    x : array_like [shape=(..., n_samples)]
        Real floats, full scale is ±1. ``float32`` stays ``float32``; other floats become ``float64``.
    name : str
        The name of the caller's argument, for the message.
    ndim : int or tuple of int
        The numbers of dimensions allowed. 1 is one mono clip; 2 is a batch of them.
    min_samples : int
        The fewest samples allowed along the last axis.

    Raises
    ------
    TypeError
        If `x` is not made of floating-point numbers.
    ValueError
        If the number of dimensions, the length or a value (NaN, infinity) is not allowed.
    """
    x = np.asarray(x)
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if x.dtype.kind in "iu":
        raise TypeError(
            f"{name} holds integers ({x.dtype}); expected floats with full scale ±1. "
            f"For 16-bit samples use {name} / 32768."
        )
    if x.dtype.kind != "f":
        raise TypeError(f"{name} has dtype {x.dtype}; expected real floating-point samples.")
    if x.ndim not in allowed:
        wanted = " or ".join(str(n) for n in allowed)
        hint = ""
        if x.ndim == 2 and allowed == (1,):
            hint = f" For stereo, mix down first: {name}.mean(axis=...) over the channel axis."
        raise ValueError(f"{name} has {x.ndim} dimensions, shape {x.shape}; expected {wanted}.{hint}")
    if x.shape[-1] < min_samples:
        raise ValueError(f"{name} has {x.shape[-1]} samples; expected at least {min_samples}.")
    if x.size and not np.isfinite(x).all():
        n_bad = int(x.size - np.isfinite(x).sum())
        raise ValueError(f"{name} has {n_bad} samples that are NaN or infinite; repair or remove them first.")
    return x if x.dtype == np.float32 else x.astype(np.float64, copy=False)


def check_positive(value: Any, name: str, *, integer: bool = False, unit: str = "") -> Any:
    """Return `value` if it is a finite number above zero (and whole, where `integer`).

    Raises
    ------
    TypeError
        If `value` is not a number of the kind asked for.
    ValueError
        If it is zero, negative, NaN or infinite.
    """
    kind = Integral if integer else Real
    unit = f" {unit}" if unit else ""
    if isinstance(value, bool) or not isinstance(value, kind):
        wanted = "a whole number" if integer else "a number"
        raise TypeError(f"{name} is {value!r}; expected {wanted}{unit} above 0.")
    if not np.isfinite(value) or value <= 0:
        raise ValueError(f"{name} is {value!r}; expected a number{unit} above 0.")
    return value


def check_sample_rate(sample_rate: Any, name: str = "sample_rate") -> int | float:
    """Return `sample_rate` if it is a finite number of samples a second above zero."""
    return check_positive(sample_rate, name, unit="of samples a second (Hz)")


def check_choice(value: Any, name: str, choices: Iterable[Any]) -> Any:
    """Return `value` if it is one of `choices`.

    Raises
    ------
    ValueError
        If it is not; the message lists the choices.
    """
    choices = list(choices)
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, choices))}.")
    return value


def check_range(value: Any, name: str, low: float, high: float, *, integer: bool = False) -> Any:
    """Return `value` if it is a finite number in ``[low, high]`` (and whole, where `integer`).

    Raises
    ------
    TypeError
        If `value` is not a number of the kind asked for.
    ValueError
        If it is NaN or outside the range.
    """
    kind = Integral if integer else Real
    wanted = "a whole number" if integer else "a number"
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}; expected {wanted} from {low} to {high}.")
    if not low <= value <= high:
        raise ValueError(f"{name} is {value!r}; expected {wanted} from {low} to {high}.")
    return value


def check_frames(x: np.ndarray, n_fft: Any, hop_length: Any) -> None:
    """Check the frame and the step of a short-time Fourier transform against the sound.

    Raises
    ------
    TypeError
        If one is not a whole number.
    ValueError
        If one is zero or negative, or the sound is shorter than a frame.
    """
    check_positive(n_fft, "n_fft", integer=True)
    check_positive(hop_length, "hop_length", integer=True)
    if n_fft > x.shape[-1]:
        raise ValueError(f"n_fft is {n_fft}, but x has {x.shape[-1]} samples. Use a shorter frame, or pad x.")
