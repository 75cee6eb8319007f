"""What is wrong with an answer to an exercise of chapter 13 that has to be measured."""

from typing import Any

import numpy as np

LEAST_SHARE, LARGEST_INVERSE = 0.3, 2.0


def exercise_5(answer: Any) -> str:
    """A matrix that mixes two channels, stretches nothing and can be undone without losing digits."""
    try:
        W = np.asarray(answer, float)
    except (TypeError, ValueError):
        return "two rows of two numbers are asked for"
    if W.shape != (2, 2) or not np.isfinite(W).all():
        return "two rows of two numbers are asked for"
    sign, log_abs_det = np.linalg.slogdet(W)
    if not sign:
        return "its determinant is 0: two different pairs become the same pair, and nothing brings them back"
    if abs(log_abs_det) > 1e-3:
        return f"log |det W| is {log_abs_det:.2f}, so it stretches; 0 is asked for"
    least, largest = np.abs(W).min(), np.abs(np.linalg.inv(W)).max()
    if least < LEAST_SHARE:
        return f"it hardly mixes: the smallest entry is {least:.2f}; {LEAST_SHARE} or more is asked for"
    if largest > LARGEST_INVERSE:
        return f"the way back multiplies errors by {largest:.1f}; at most {LARGEST_INVERSE} is asked for"
    return ""
