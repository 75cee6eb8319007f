"""What is wrong with an answer to an exercise of chapter 21 that has to be measured."""

from typing import Any

import numpy as np


def exercise_5(combined: Any) -> str:
    """A function that makes the mean gradient of a batch of those of its parts."""
    if not callable(combined):
        return "a function is asked for: combined(means, sizes), which returns one gradient"
    rng = np.random.default_rng(21)
    for sizes in ([4, 4], [64, 64, 64, 20], [1, 1000]):
        parts = [rng.normal(size=(n, 5)) + 3 * rng.normal(size=5) for n in sizes]
        means = np.array([part.mean(axis=0) for part in parts])
        try:
            found = np.asarray(combined(means.copy(), list(sizes)), float)
        except (TypeError, ValueError) as error:
            return f"combined(means, sizes) has to return 5 numbers for parts of {sizes} rows ({error})"
        if wrong := _compare(found, means, np.array(sizes), np.concatenate(parts).mean(axis=0)):
            return wrong
    return ""


def _compare(found: np.ndarray, means: np.ndarray, sizes: np.ndarray, right: np.ndarray) -> str:
    if found.shape != right.shape:
        return f"combined returned an array of shape {found.shape}; a gradient has shape {right.shape} here"
    if np.allclose(found, right):
        return ""
    if np.allclose(found, means.mean(axis=0)):
        return f"parts of {sizes.tolist()} rows count alike, though one has more rows than another"
    if np.allclose(found, means.sum(axis=0)):
        return "that is the sum of the parts' means; asked for is the mean of the whole batch"
    if np.allclose(found, sizes @ means):
        return "that is the sum over all rows: it still has to be divided by how many there are"
    return f"for parts of {sizes.tolist()} rows it is off by {np.abs(found - right).max():.3g}"
