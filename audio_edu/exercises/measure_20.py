"""What is wrong with an answer to an exercise of chapter 20 that has to be measured."""

from typing import Any

import numpy as np

#: How much worse than the best step found here an answer may be.
SLACK = 1.05


def exercise_5(choose: Any) -> str:
    """A function that chooses the step between the levels of quantized weights."""
    if not callable(choose):
        return "a function is asked for: choose(w, bits), which returns one number, the step"
    rng = np.random.default_rng(20)
    for bits in (3, 4, 6):
        for w in (rng.normal(0, 0.1, 4000), rng.laplace(0, 2.0, 4000), rng.standard_t(4, 4000)):
            if wrong := _on(choose, w, bits):
                return wrong
    return ""


def _on(choose: Any, w: np.ndarray, bits: int) -> str:
    try:
        step = float(choose(w.copy(), bits))
    except (TypeError, ValueError) as error:
        return f"choose(w, bits) has to return one number ({error})"
    if not (np.isfinite(step) and step > 0):
        return f"choose(w, {bits}) returned {step}; a step is above 0"
    most = 2 ** (bits - 1) - 1
    largest = np.abs(w).max() / most
    best = min(_error(w, bits, largest * share) for share in np.linspace(0.02, 1, 300))
    error = _error(w, bits, step)
    if error <= SLACK * best:
        return ""
    if abs(step / largest - 1) < 0.01:
        return (
            "that puts the largest weight on the last level: with few bits it pays to cut the few largest "
            "and to have a finer step for all the others"
        )
    if abs(step / (2 * np.abs(w).max() / 2**bits) - 1) < 0.01 or step > largest:
        return "no finer than a step that reaches the largest weight: cut the few largest"
    return (
        f"with {bits} bits your mean squared error is {error / best:.2f} times the best: "
        "try many steps, and keep the one with the least error"
    )


def _error(w: np.ndarray, bits: int, step: float) -> float:
    most = 2 ** (bits - 1) - 1
    return float(np.mean((np.clip(np.round(w / step), -most, most) * step - w) ** 2))
