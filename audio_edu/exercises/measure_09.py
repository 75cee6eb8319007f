"""What is wrong with an answer to an exercise of chapter 9 that has to be measured."""

from collections.abc import Callable
from typing import Any

import numpy as np

MISS, FALSE_ALARM = 5, 1


def exercise_5(choose: Any) -> str:
    """A threshold at which misses that cost 5, and false alarms that cost 1, are cheapest together."""
    if not callable(choose):
        return "a function is asked for: choose(y, score), which returns a threshold"
    rng = np.random.default_rng(9)
    groups = ((30, 170, 1.5), (100, 100, 1.0), (3, 200, 2.5), (5, 5, 4.0), (400, 600, 0.7))
    for n_with, n_without, apart in groups:
        y = np.r_[np.ones(n_with, int), np.zeros(n_without, int)]
        score = rng.normal(size=len(y)) + apart * y
        # rounded, many scores are equal: all clips of one score fall on one side
        if wrong := _on(choose, y, score) or _on(choose, y, np.round(score, 1)):
            return wrong
    # nothing but false alarms: better none
    score = rng.random(50)
    return _on(choose, np.zeros(50, int), score)


def _on(choose: Callable[..., Any], y: np.ndarray, score: np.ndarray) -> str:
    try:
        threshold = float(choose(y.copy(), score.copy()))
    except (TypeError, ValueError) as error:
        return f"choose(y, score) has to return one number ({error})"
    if np.isnan(threshold):
        return "the threshold is not a number (NaN)"
    costs = [_cost(c, y, score, MISS) for c in (*score, np.inf)]
    cost = _cost(threshold, y, score, MISS)
    if cost == min(costs):
        return ""
    if not y.any():
        return "where no clip is speech, every alarm is a false one: let the threshold lie above all scores"
    alike = [_cost(c, y, score, FALSE_ALARM) for c in (*score, np.inf)]
    if _cost(threshold, y, score, FALSE_ALARM) == min(alike):
        return "that is the best threshold where a miss costs as much as a false alarm; here it costs 5"
    if threshold == 0.5:
        return "½ is no law: try each of the scores as the threshold, and count what it costs"
    return (
        f"on {len(y)} clips your threshold costs {cost}, the best one {min(costs)}: count 5 for each clip "
        "with speech below it, and 1 for each other clip at or above it"
    )


def _cost(threshold: float, y: np.ndarray, score: np.ndarray, miss: int) -> int:
    above = score >= threshold
    return int(miss * np.sum(~above & (y == 1)) + FALSE_ALARM * np.sum(above & (y == 0)))
