"""How sure is a score? Intervals for a share, a paired test of two systems, a spread over speakers."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
import scipy.stats
from numpy.typing import ArrayLike

from .._validate import Size, check_range, checked
from ..reproducible import SEED

Confidence = Annotated[float, (0.0, 0.999999)]


@checked
def accuracy_interval(n_right: int, n: Size, *, confidence: Confidence = 0.95) -> tuple[float, float]:
    """Return the interval in which the true share lies, by Wilson's formula.

    The simple p ± 1.96·√(p(1−p)/n) is nearly the same for a large n, and wrong near 0 and 1. Both count every
    clip as independent: the clips of one speaker are not, so see `speaker_interval`.

    Examples
    --------
    >>> low, high = accuracy_interval(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    check_range(n_right, "n_right", 0, n, integer=True)
    found = scipy.stats.binomtest(n_right, n).proportion_ci(confidence, method="wilson")
    return float(found.low), float(found.high)


@checked
def sign_test(right_a: np.ndarray, right_b: np.ndarray) -> float:
    """Return how likely two equally good systems would differ so much, or more, on the same clips.

    Only clips on which one is right and the other wrong say anything: if both were equally good, each of
    these would be a toss of a coin (the exact form of McNemar's test).

    Parameters
    ----------
    right_a, right_b : np.ndarray of bool [shape=(n_clips,)]
        Which clips each system got right.

    Examples
    --------
    >>> a, b = np.array([1, 1, 1, 1, 1, 1, 0, 1]) > 0, np.array([0, 0, 0, 0, 0, 0, 0, 1]) > 0
    >>> round(sign_test(a, b), 4)
    0.0312
    """
    right_a, right_b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    if right_a.shape != right_b.shape:
        raise ValueError(f"right_b has shape {right_b.shape}; expected that of right_a, {right_a.shape}.")
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    return float(scipy.stats.binomtest(only_a, only_a + only_b).pvalue) if only_a + only_b else 1.0


@checked
def speaker_interval(
    values: np.ndarray,
    speakers: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    confidence: Confidence = 0.95,
    n_draws: Annotated[int, (1, 100_000)] = 2000,
) -> tuple[float, float]:
    """Return an interval for a mean over clips that takes speakers, not clips, for independent (bootstrap).

    Parameters
    ----------
    values : np.ndarray [shape=(n_clips,)]
        A score of each clip, for example whether it was recognised.
    speakers : np.ndarray [shape=(n_clips,)]
        Who speaks in each.
    weights : np.ndarray [shape=(n_clips,)], optional
        How much each counts in the mean, for example its samples where the score is one of each sample.

    Raises
    ------
    ValueError
        If `values` is empty, or the others have another shape.

    Examples
    --------
    >>> values, speakers = np.repeat([1.0, 0.5, 0.9, 0.8], 25), np.repeat(list("abcd"), 25)
    >>> low, high = speaker_interval(values, speakers)
    >>> low < 0.7 and high > 0.9
    True
    """
    values, speakers = values.astype(float), np.asarray(speakers)
    if values.ndim != 1 or speakers.shape != values.shape:
        raise ValueError(f"speakers has shape {speakers.shape}; expected that of values, {values.shape}.")
    if not len(values):
        raise ValueError("values is empty; expected a score of each clip, and at least one clip.")
    _, index = np.unique(speakers, return_inverse=True)
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, float)
    if weights.shape != values.shape:
        raise ValueError(f"weights has shape {weights.shape}; expected that of values, {values.shape}.")
    n, total = np.bincount(index, weights), np.bincount(index, weights * values)
    draws = np.random.default_rng(SEED).integers(len(n), size=(n_draws, len(n)))
    means = total[draws].sum(axis=1) / n[draws].sum(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


@checked
def bootstrap_interval(
    statistic: Callable[[np.ndarray], float],
    rows: np.ndarray,
    *,
    confidence: Confidence = 0.95,
    n_draws: Annotated[int, (2, 100_000)] = 200,
) -> tuple[float, float]:
    """Return an interval for a number that is computed from many clips together (bootstrap over clips).

    The clips are drawn with replacement, as many as there are, again and again. The interval is what they all
    give together, plus and minus 1.96 standard deviations of what the draws give. The draws' own quantiles
    would not do: in a draw clips come twice, which alone makes a Fréchet distance larger.

    Parameters
    ----------
    statistic : callable
        From rows to a number, for example `inception_score` or ``np.median``.
    rows : np.ndarray [shape=(n_clips, ...)]
        A row for each clip; each counts as independent of the others.

    Raises
    ------
    ValueError
        If `rows` is empty.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.mean, np.arange(100.0))
    >>> 43 < low < 45 and 54 < high < 56
    True
    """
    if not len(rows):
        raise ValueError("rows is empty; expected a row for each clip, and at least one clip.")
    rng, n = np.random.default_rng(SEED), len(rows)
    spread = np.std([statistic(rows[rng.integers(n, size=n)]) for _ in range(n_draws)], ddof=1)
    middle, half = statistic(rows), scipy.stats.norm.ppf((1 + confidence) / 2) * spread
    return float(middle - half), float(middle + half)
