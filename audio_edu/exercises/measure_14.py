"""What is wrong with an answer to an exercise of chapter 14 that has to be measured."""

from typing import Any

import numpy as np

N_LETTERS = 60


def exercise_6(answer: Any) -> str:
    """A function that turns durations into whole numbers that add up."""
    if not callable(answer):
        return "a function is asked for, that takes a list of durations"
    rng = np.random.default_rng(14)
    for durations in ([2.4] * N_LETTERS, rng.uniform(0, 6, N_LETTERS).tolist(), [0.3] * 10, [5.0]):
        found = answer(list(durations))
        if np.ndim(found) != 1 or len(found) != len(durations):
            return f"of {len(durations)} durations it makes {np.shape(found)}; as many numbers are asked for"
        found = np.asarray(found, float)
        if np.any(found != np.round(found)) or found.min() < 0:
            return "whole numbers of 0 or more are asked for"
        off = np.cumsum(found) - np.cumsum(durations)
        if np.abs(off).max() > 0.5 + 1e-9:
            n = int(np.argmax(np.abs(off) > 0.5 + 1e-9)) + 1
            return (
                f"after letter {n} of {len(durations)} the sum is off by {abs(off[n - 1]):.1f} steps, more "
                "than half a step: where do the rounding errors go?"
            )
    return ""
