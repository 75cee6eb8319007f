"""The door: checks of what callers pass in, shared by the whole package.

A function under `checked` has its arguments checked and converted by their annotations, so that its own lines
can be its formula. What an annotation does not say (how many dimensions a sound may have, what lies between
what) is said in the function, by one of the other checks.

Every check raises an error that names the argument, shows the value it got and says what to do.
"""

import dis
import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

#: No number that sound is computed from is larger than the first, or, where it divides, smaller than the
#: second: squares and quotients of two such numbers still are float32s.
LARGEST, LEAST = 1e15, 1e-15
#: Most of anything that is counted (samples, taps, frames, steps): 128 MB of float64s.
MOST = 1 << 24

#: Annotations for `checked`: how many, where chance comes from, above 0, a part of something, a level,
#: numbers of classes.
Size = Annotated[int, (1, MOST)]
Seed = Annotated[int, (0, 2**63 - 1)]
Positive = Annotated[float, (LEAST, LARGEST)]
Share = Annotated[float, (0.0, 1.0)]
Decibels = Annotated[float, (-200.0, 200.0)]
Index = Annotated[NDArray[np.int64], (0, MOST)]

#: Their errors speak of operands, dimensions and inputs, which are not the caller's.
_BELOW = ("numpy", "scipy", "librosa", "sklearn", "keras", "tensorflow", "torch", "jax")

_F = TypeVar("_F", bound=Callable[..., Any])
_Check = Callable[[Any, str], Any]


def checked(function: _F) -> _F:
    """Check and convert the arguments of a function, or of a class's constructor, by their annotations.

    ``np.ndarray``
        Real, finite numbers, at least one. float32 stays; all else becomes float64: no half precision, and no
        small integers that wrap around.
    ``NDArray[np.int64]``, ``NDArray[np.bool_]``
        Whole numbers; booleans.
    ``int``, ``float``
        A finite number; NumPy's own integers become Python's, which do not wrap around.
    ``Annotated[..., (low, high)]``, ``Annotated[..., check]``
        The same, within limits; what a function ``check(value, name)`` returns.
    ``bool``, ``str``, any class
        An instance of it.
    ``Sequence[...]``, ``tuple[...]``, ``Mapping[..., ...]``, ``... | ...``
        As the annotations inside say.

    All other annotations, such as ``Any`` and ``ArrayLike``, leave the argument to the function.

    Where NumPy, SciPy or the like stop inside of the function, their error speaks of operands and dimensions.
    A ValueError is raised instead, which says what was passed in.

    Examples
    --------
    >>> @checked
    ... def mean_square(x: np.ndarray) -> float:
    ...     return float(np.mean(x**2))
    >>> mean_square([100, 100]), mean_square(np.array([100, 100], np.int8))
    (10000.0, 10000.0)
    >>> mean_square("loud")
    Traceback (most recent call last):
    TypeError: x is 'loud'; expected an array of real numbers.
    """
    if inspect.isclass(function):
        function.__init__ = checked(function.__init__)  # type: ignore[misc]
        return function
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [name for name, p in inspect.signature(function).parameters.items() if p.kind in by_place]
    checks: dict[str, _Check | None] = {}  # made when first called: an annotation may name what comes later

    def converted(value: Any, name: str) -> Any:
        check = checks.get(name)
        return check(value, name) if check else value

    @functools.wraps(function)
    def at_the_door(*args: Any, **options: Any) -> Any:
        if not checks:
            hints = typing.get_type_hints(function, include_extras=True)
            checks.update({"return": None} | {name: _check_for(hint) for name, hint in hints.items()})
        values = [*map(converted, args, names), *args[len(names) :]]
        options = {name: converted(value, name) for name, value in options.items()}
        try:
            return function(*values, **options)
        except Exception as error:
            if not _is_from_below(error):
                raise
            given = dict(zip(names, values, strict=False)) | options
            outlines = [f"{name} {_outline(value)}" for name, value in given.items() if name in checks]
            what = f"{type(error).__name__}: {error}".rstrip(".")
            raise ValueError(
                f"{function.__name__} cannot work with {', '.join(outlines)} ({what})."
            ) from error

    return at_the_door  # type: ignore[return-value]


def unchecked(function: _F) -> _F:
    """Return what stands behind the door of a `checked` function, for a caller that has a door of its own.

    Examples
    --------
    >>> @checked
    ... def half(x: float) -> float:
    ...     return x / 2
    >>> unchecked(half)(3.0)
    1.5
    """
    return function.__wrapped__  # type: ignore[attr-defined]


def _check_for(hint: Any) -> _Check | None:
    """Return the check that an annotation asks for, if any."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return None
    if origin is Annotated:
        return parts[1] if callable(parts[1]) else _check_within(_check_for(parts[0]), *parts[1])
    if hint in (int, float):
        return functools.partial(check_number, integer=hint is int)
    if hint is np.ndarray:
        return check_array
    if origin is np.ndarray:
        return functools.partial(check_array, kind=np.dtype(typing.get_args(parts[1])[0]).kind)
    if origin in (typing.Union, types.UnionType):
        return _check_for_one_of([_check_for(part) for part in parts if part is not types.NoneType], *parts)
    if origin in (Sequence, list, tuple):
        exactly = len(parts) if origin is tuple and parts[-1] is not Ellipsis else None
        checks = [_check_for(part) for part in parts[: exactly or 1]]
        return functools.partial(_check_sequence, checks=checks, exactly=exactly)
    if origin in (Mapping, dict):
        return functools.partial(_check_mapping, check=_check_for(parts[1]))
    kind = origin or hint
    is_protocol = getattr(kind, "_is_protocol", False) and not getattr(kind, "_is_runtime_protocol", False)
    return (
        functools.partial(_check_instance, kind=kind) if inspect.isclass(kind) and not is_protocol else None
    )


def _check_within(check: _Check, low: float, high: float) -> _Check:
    def checked_within(value: Any, name: str) -> Any:
        value = check(value, name)
        if not (low <= np.min(value) and np.max(value) <= high):
            found = (
                f"runs from {value.min():g} to {value.max():g}" if np.ndim(value) else f"is {shown(value)}"
            )
            raise ValueError(f"{name} {found}; expected {low:,} to {high:,}.")
        return value

    return checked_within


def _check_for_one_of(checks: list[_Check | None], *parts: Any) -> _Check | None:
    if None in checks:
        return None

    def check(value: Any, name: str) -> Any:
        if value is None and types.NoneType in parts:
            return None
        errors = []
        for each in checks:
            try:
                return each(value, name)
            except TypeError as error:  # a ValueError is final: of the right type, and wrong
                errors.append(error)
        raise errors[-1]

    return check


def _check_sequence(value: Any, name: str, *, checks: list[_Check | None], exactly: int | None) -> Any:
    is_list = isinstance(value, Sequence) or (isinstance(value, np.ndarray) and value.ndim)
    if not is_list or isinstance(value, str | bytes):
        raise TypeError(f"{name} is {_typed(value)}; expected a list.")
    if exactly is not None and len(value) != exactly:
        raise ValueError(f"{name} is {shown(value)}; expected {exactly} of them.")
    values = list(value)
    for i, check in enumerate(checks if exactly else checks * len(values)):
        values[i] = check(values[i], f"{name}[{i}]") if check else values[i]
    return tuple(values) if isinstance(value, tuple) or exactly else values


def _check_mapping(value: Any, name: str, *, check: _Check | None) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {_typed(value)}; expected a dict.")
    return {key: check(each, f"{name}[{key!r}]") for key, each in value.items()} if check else value


def _check_instance(value: Any, name: str, *, kind: Any) -> Any:
    if isinstance(value, np.bool_):
        value = bool(value)
    if not isinstance(value, kind):
        wanted = {bool: "True or False", str: "text", Callable: "a function"}.get(kind, kind.__name__)
        raise TypeError(f"{name} is {_typed(value)}; expected {wanted}.")
    return value


def _is_from_below(error: Exception) -> bool:
    """Say whether an error comes from below, not from a line of this package or of its reader."""
    last = error.__traceback__.tb_next  # type: ignore[union-attr]
    if last is None or isinstance(error, AttributeError | NameError):  # called with too few arguments; a bug
        return False
    while last.tb_next:
        last = last.tb_next
    code = last.tb_frame.f_code
    if Path(__file__).parent in Path(code.co_filename).parents:
        return code.co_code[last.tb_lasti] != dis.opmap["RAISE_VARARGS"]
    return last.tb_frame.f_globals.get("__name__", "").partition(".")[0] in _BELOW


def _outline(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"of shape {value.shape}"
    return f"with {', '.join(map(repr, value))}" if isinstance(value, Mapping) else f"= {shown(value)}"


def _typed(value: Any) -> str:
    return "None" if value is None else f"a {type(value).__name__}, {shown(value)}"


def shown(value: Any) -> str:
    """Return a value as errors show it: an array by its shape, all else in 80 characters or less."""
    if isinstance(value, np.ndarray) and value.ndim:
        return f"{value.dtype} of shape {value.shape}"
    try:
        text = repr(value)
    except ValueError:  # whole numbers of more than 4,300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."


def check_number(value: Any, name: str, *, integer: bool = False, wanted: str = "") -> Any:
    """Return a number as Python's own (float32 and float64 stay), if it is a finite one.

    Raises
    ------
    TypeError
        If `value` is not a number of the kind asked for.
    ValueError
        If it is NaN, infinite, or beyond all that is ever computed with.
    """
    wanted = wanted or ("a whole number" if integer else "a number")
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool) or not isinstance(value, Integral if integer else Real):
        raise TypeError(f"{name} is {shown(value)}; expected {wanted}.")
    if isinstance(value, Integral):
        value = int(value)
    limit = 2**63 - 1 if integer else LARGEST
    if not -limit <= value <= limit:
        raise ValueError(f"{name} is {shown(value)}; expected {wanted}, finite and within ±{limit:g}.")
    return value if isinstance(value, int | float | np.float32) else float(value)


def check_array(value: Any, name: str, *, kind: str = "f", gap: float | None = None) -> np.ndarray:
    """Return an array of one dimension or more; see `checked`.

    Parameters
    ----------
    value : array_like
        Numbers.
    name : str
        The name of the caller's argument, for the message.
    kind : {"f", "i", "b"}
        Real numbers, whole numbers, or booleans.
    gap : float, optional
        A value that may stand for what is left out: −∞ or NaN.

    Raises
    ------
    TypeError
        If `value` is no array, or one of something else.
    ValueError
        If it is empty, or holds NaN, infinity, or numbers beyond all that is ever computed with.
    """
    wanted, allowed, dtype = {
        "f": ("real numbers", "fiub", np.float64),
        "i": ("whole numbers", "iu", np.int64),
        "b": ("booleans", "b", np.bool_),
    }[kind]
    x = _as_array(value, name, wanted)
    if x.size and (x.dtype.kind not in allowed or x.ndim == 0):
        raise TypeError(f"{name} is {shown(value)}; expected an array of {wanted}.")
    if not x.size:
        raise ValueError(f"{name} is empty, of shape {x.shape}; expected an array of {wanted}.")
    numbers = x
    if gap is not None:
        numbers = np.where(np.isnan(x) if np.isnan(gap) else x == gap, 0.0, x)
    check_finite(numbers, name)
    return x if x.dtype == np.float32 and kind == "f" else x.astype(dtype, copy=False)


def check_finite(x: np.ndarray, name: str) -> None:
    """Raise ValueError if an array holds NaN, infinity, or numbers beyond all that is ever computed with."""
    # float() because a float16's comparison would be one of float16s
    if x.dtype.kind != "b" and not (-LARGEST <= float(x.min()) and float(x.max()) <= LARGEST):
        n_bad = int(x.size - np.isfinite(x).sum())
        found = f"has {n_bad} samples that are NaN or infinite" if n_bad else f"goes beyond ±{LARGEST:g}"
        raise ValueError(f"{name} {found}; repair or remove them first.")


def _as_array(value: Any, name: str, wanted: str) -> np.ndarray:
    try:
        return np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # rows of several lengths, objects of all kinds
        raise TypeError(f"{name} is {shown(value)}; expected an array of {wanted}.") from None


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
    x = _as_array(x, name, "samples")
    allowed = (ndim,) if isinstance(ndim, int) else ndim
    if x.dtype.kind in "iu":
        raise TypeError(
            f"{name} holds integers ({x.dtype}); expected floats with full scale ±1. "
            f"For 16-bit samples use {name} / 32768."
        )
    if x.dtype.kind != "f" or not x.ndim:
        found = f"has dtype {x.dtype}" if x.ndim else f"is {shown(x.item())}"
        raise TypeError(f"{name} {found}; expected real floating-point samples.")
    if x.ndim not in allowed:
        wanted = " or ".join(str(n) for n in allowed)
        hint = ""
        if x.ndim == 2 and allowed == (1,):
            hint = f" For stereo, mix down first: {name}.mean(axis=...) over the channel axis."
        raise ValueError(f"{name} has {x.ndim} dimensions, shape {x.shape}; expected {wanted}.{hint}")
    if x.shape[-1] < min_samples:
        raise ValueError(f"{name} has {x.shape[-1]} samples; expected at least {min_samples}.")
    if x.size:
        check_finite(x, name)
    return x if x.dtype == np.float32 else x.astype(np.float64, copy=False)


#: Annotation: one mono clip.
Clip = Annotated[np.ndarray, check_audio]


def check_codes(codes: Any, name: str, n_levels: int) -> np.ndarray:
    """Return codes as int64 if they are whole numbers from 0 to n_levels − 1."""
    codes = check_array(codes, name, kind="i")
    if codes.min() < 0 or codes.max() >= n_levels:
        raise ValueError(
            f"{name} runs from {codes.min()} to {codes.max()}; expected 0 to {n_levels - 1} (n_levels − 1)."
        )
    return codes


def check_positive(value: Any, name: str, *, integer: bool = False, unit: str = "", most: Any = None) -> Any:
    """Return `value` as Python's own number if it is finite and above zero (and whole, where `integer`).

    Parameters
    ----------
    value : number
        To be checked.
    name : str
        The name of the caller's argument, for the message.
    integer : bool
        Whether it has to be a whole number.
    unit : str
        For the message.
    most : number, optional
        The largest allowed. Default: `MOST` of what is counted, `LARGEST` of what is measured.

    Raises
    ------
    TypeError
        If `value` is not a number of the kind asked for.
    ValueError
        If it is zero, negative, NaN, infinite or too large.
    """
    kind, unit = ("a whole number" if integer else "a number"), f" {unit}" if unit else ""
    least, most = (1, most or MOST) if integer else (LEAST, most or LARGEST)
    value = check_number(value, name, integer=integer, wanted=f"{kind}{unit} above 0")
    if not least <= value <= most:
        limit = "above 0" if value <= 0 else f"from {least:,} to {most:,}"
        raise ValueError(f"{name} is {shown(value)}; expected {kind}{unit} {limit}.")
    return value


def check_sample_rate(sample_rate: Any, name: str = "sample_rate") -> int | float:
    """Return `sample_rate` if it is a finite number of samples a second above zero."""
    return check_positive(sample_rate, name, unit="of samples a second (Hz)", most=10**6)


def check_choice(value: Any, name: str, choices: Iterable[Any]) -> Any:
    """Return `value` if it is one of `choices`.

    Raises
    ------
    ValueError
        If it is not; the message lists the choices.
    """
    choices = list(choices)
    if not any(value is choice or (type(value) is type(choice) and value == choice) for choice in choices):
        raise ValueError(f"{name} is {shown(value)}; expected one of {', '.join(map(repr, choices))}.")
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
    kind = "a whole number" if integer else "a number"
    value = check_number(value, name, integer=integer, wanted=f"{kind} from {low} to {high}")
    if not low <= value <= high:
        raise ValueError(f"{name} is {shown(value)}; expected {kind} from {low} to {high}.")
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
