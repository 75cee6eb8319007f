"""What is wrong with an answer to an exercise of chapter 16 that has to be measured."""

from typing import Any

import numpy as np

#: How much worse than the best levels found here an answer may be.
SLACK = 1.03


def exercise_5(levels: Any) -> str:
    """A function that lays n levels so that rounding to the nearest makes the least mean squared error."""
    if not callable(levels):
        return "a function is asked for: levels(x, n), which returns n numbers"
    rng = np.random.default_rng(16)
    for n in (2, 4, 8):
        for x in (rng.laplace(size=3000), rng.normal(2.0, 0.1, 3000), rng.random(3000) ** 3):
            if wrong := _on(levels, x, n):
                return wrong
    return ""


def _on(levels: Any, x: np.ndarray, n: int) -> str:
    try:
        found = np.sort(np.asarray(levels(x.copy(), n), float).ravel())
    except (TypeError, ValueError) as error:
        return f"levels(x, n) has to return {n} numbers ({error})"
    if found.shape != (n,) or not np.isfinite(found).all():
        return f"levels(x, {n}) returned {found.size} numbers, or one that is not finite; expected {n}"
    error, best = _error(x, found), _error(x, _lloyd(x, n))
    if error <= SLACK * best:
        return ""
    if error >= 0.97 * _error(x, np.linspace(x.min(), x.max(), n)):
        return (
            "no better than equal steps from the least to the largest value: put more levels where values are"
        )
    if abs(error / _error(x, np.quantile(x, (np.arange(n) + 0.5) / n)) - 1) < 0.01:
        return (
            "equally many values for each level is better than equal steps, but not yet the best: "
            "now move each level to the mean of the values that are nearest to it, and again"
        )
    return (
        f"with {n} levels your mean squared error is {error:.3g}, {error / best:.2f} times the best: "
        "repeat the two steps of k-means until nothing moves"
    )


def _error(x: np.ndarray, levels: np.ndarray) -> float:
    return float(np.min((x[:, None] - levels) ** 2, axis=1).mean())


def _lloyd(x: np.ndarray, n: int) -> np.ndarray:
    levels = np.quantile(x, (np.arange(n) + 0.5) / n)
    for _ in range(200):
        nearest = np.abs(x[:, None] - levels).argmin(axis=1)
        levels = np.array([x[nearest == k].mean() if np.any(nearest == k) else levels[k] for k in range(n)])
    return levels
