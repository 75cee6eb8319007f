"""Restoring a recording of any sample rate: finding what is wrong, choosing a method, keeping the rest.

The networks know speech at 8 kHz. Of a recording at a higher rate they restore what lies below 4 kHz; above,
noise is left to chapter 2's Wiener filter. Clipped peaks and gaps are mended by `declip_sparse` and by an
autoregressive model, which know no voice and are as good with strangers as the networks that ship. Where a
network is asked for all the same, it gets the longer gaps, and clipped peaks at 8 kHz, because a peak is flat
only at the rate at which it was clipped.
"""

from collections.abc import Sequence
from typing import Any

import librosa
import numpy as np

from ..._validate import Clip, check_choice, checked
from ...signal import repair, wiener_denoise
from .formulas import consistent, declip_sparse
from .recipe import TASKS
from .restore import Restorer

#: Runs of zeros that are gaps (s): a shorter one is a crossing of zero, a longer one a pause.
GAP_S = (0.002, 0.25)
#: Up to this length (s) a gap is filled by an autoregressive model.
SHORT_GAP_S = 0.015
#: Samples in a row at the highest level that are a clipped peak, and how near they are to it.
_FLAT, _NEAR = 3, 1e-3
#: Seconds over which a filled gap is joined to what surrounds it.
_JOIN_S = 0.003


def _runs(mask: np.ndarray) -> list[tuple[int, int]]:
    """Return where True begins and ends [(first, one after the last), ...]."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


@checked
def find_gaps(x: Clip, sample_rate: float) -> list[tuple[int, int]]:
    """Return the gaps of a recording: runs of exact zeros of 2 to 250 ms, with sound on both sides.

    Examples
    --------
    >>> x = np.ones(8000)
    >>> x[1000:1080] = 0
    >>> find_gaps(x, 8000)
    [(1000, 1080)]
    """
    least, most = (seconds * sample_rate for seconds in GAP_S)
    return [(a, b) for a, b in _runs(x == 0) if least <= b - a <= most and a > 0 and b < len(x)]


@checked
def find_clipped(x: Clip) -> tuple[np.ndarray, float]:
    """Return which samples are clipped [shape=(n_samples,), bool], and at which level; none: at infinity.

    A clipped peak is flat: three samples or more in a row at the highest level. Where there is one, each
    sample at that level counts.

    Examples
    --------
    >>> x = np.sin(np.arange(800) / 5)
    >>> find_clipped(x)[1], round(find_clipped(np.clip(x, -0.5, 0.5))[1], 2)
    (inf, 0.5)
    """
    level = float(np.abs(x).max())
    high = np.abs(x) >= (1 - _NEAR) * level
    if level == 0 or max((b - a for a, b in _runs(high)), default=0) < _FLAT or high.all():
        return np.zeros(len(x), bool), np.inf
    return high, (1 - _NEAR) * level


def _at(x: np.ndarray, rate: float, target: float, n: int | None = None) -> np.ndarray:
    y = librosa.resample(x, orig_sr=rate, target_sr=target) if rate != target else x
    return y if n is None else np.pad(y, (0, max(0, n - len(y))))[:n]


def _denoise(x: np.ndarray, rate: float, model: Restorer) -> np.ndarray:
    low = _at(x, rate, model.sample_rate)
    y = _at(model.restore(low), model.sample_rate, rate, len(x))
    if rate > model.sample_rate:
        wiener = wiener_denoise(x, rate) if len(x) > 0.1 * rate else x
        y = y + wiener - _at(_at(wiener, rate, model.sample_rate), model.sample_rate, rate, len(x))
    return y


def _declip(x: np.ndarray, rate: float, model: Restorer | None) -> tuple[np.ndarray, dict[str, Any]]:
    clipped, level = find_clipped(x)
    if not clipped.any():
        return x, {"n_clipped": 0}
    if model is not None and rate == model.sample_rate:
        method, y = "network", consistent(model.restore(x, ~clipped), x, level)
    else:
        n_fft = 2 ** max(5, round(np.log2(0.064 * rate)))
        method, y = "sparse", declip_sparse(x, level, n_fft=n_fft)
    return y, {"n_clipped": int(clipped.sum()), "level": round(level, 4), "method": method}


@checked
def join_gap(x: np.ndarray, y: np.ndarray, begin: int, end: int, n_join: int) -> np.ndarray:
    """Return ``y[begin:end]``, bent at both ends to where `x` comes from and goes to.

    Examples
    --------
    >>> join_gap(np.ones(6), np.zeros(6), 1, 5, 2).tolist()
    [1.0, 0.5, 0.5, 1.0]
    """
    part, ramp = y[begin:end].astype(float), np.maximum(0, 1 - np.arange(end - begin) / max(1, n_join))
    if begin > 0:
        part = part + (x[begin - 1] - y[begin - 1]) * ramp
    if end < len(x):
        part = part + (x[end] - y[end]) * ramp[::-1]
    return part


def _fill(
    x: np.ndarray, rate: float, model: Restorer | None, gaps: Sequence[tuple[int, int]]
) -> tuple[np.ndarray, dict[str, Any]]:
    missing = np.zeros(len(x), bool)
    for begin, end in gaps:
        missing[begin:end] = True
    long_gaps = [(a, b) for a, b in gaps if b - a > SHORT_GAP_S * rate]
    y = repair(x.astype(float), missing, method="ar", order=64) if gaps else x
    if model is not None and long_gaps:
        # what is missing is filled roughly first, so that no edge rings when the rate is changed
        low = _at(y, rate, model.sample_rate)
        known = np.ones(len(low), bool)
        for a, b in gaps:
            known[int(a / rate * model.sample_rate) : int(np.ceil(b / rate * model.sample_rate))] = False
        filled = _at(model.restore(low * known, known), model.sample_rate, rate, len(x))
        for a, b in long_gaps:
            y[a:b] = join_gap(y, filled, a, b, round(_JOIN_S * rate))
    n_long = len(long_gaps) if model is not None else 0
    said = {"n_gaps": len(gaps), "by_network": n_long, "by_autoregression": len(gaps) - n_long}
    return y, said | {"longest_ms": round(max((1000 * (b - a) / rate for a, b in gaps), default=0.0), 1)}


@checked
def restore_recording(
    x: Clip,
    sample_rate: float,
    task: str,
    model: Any = None,
    *,
    gaps_s: Sequence[tuple[float, float]] = (),
) -> tuple[np.ndarray, dict[str, Any]]:
    """Restore one channel of a recording.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        The recording.
    sample_rate : float
        Samples a second (Hz).
    task : {"denoise", "declip", "fill"}
        What to mend.
    model : Restorer
        Of that task. None, where `task` is not "denoise": the classical methods.
    gaps_s : sequence of (float, float)
        For "fill": begin and end (s) of each gap. Default: what `find_gaps` finds.

    Returns
    -------
    y : np.ndarray [shape=(n_samples,)]
        Restored, at the level of `x`; peaks that were clipped may reach beyond full scale.
    said : dict
        What was found, and how it was mended.

    Raises
    ------
    ValueError
        If a gap does not lie within the recording, or the model is of another task.

    Examples
    --------
    >>> x = np.sin(np.arange(8000) / 5)
    >>> y, said = restore_recording(np.clip(x, -0.7, 0.7), 8000, "declip")
    >>> said["n_clipped"] > 3000, bool(np.abs(y).max() > 0.8)
    (True, True)
    """
    check_choice(task, "task", TASKS)
    if (model is None and task == "denoise") or (model is not None and model.recipe.task != task):
        name = "none" if model is None else model.recipe.task
        raise ValueError(f"model is of the task {name!r}; expected one of {task!r}.")
    if task == "denoise":
        return _denoise(x, sample_rate, model), {}
    if task == "declip":
        return _declip(x, sample_rate, model)
    gaps = []
    for begin_s, end_s in gaps_s:
        a, b = round(begin_s * sample_rate), round(end_s * sample_rate)
        if not 0 <= a < b <= len(x) or b - a == len(x):
            raise ValueError(
                f"gap from {begin_s} to {end_s} s: expected begin < end, both within the recording of "
                f"{len(x) / sample_rate:.2f} s, and something beside it."
            )
        gaps.append((a, b))
    return _fill(x, sample_rate, model, gaps or find_gaps(x, sample_rate))
