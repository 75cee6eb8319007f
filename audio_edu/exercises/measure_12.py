"""What is wrong with an answer to an exercise of chapter 12 that has to be measured."""

from typing import Any

import numpy as np

N_SAMPLES, MOST_LAYERS = 800, 10


def exercise_5(answer: Any) -> str:
    """Dilations of a stack that sees all of the last 800 samples."""
    if answer is None or np.ndim(answer) != 1 or np.asarray(answer).dtype.kind not in "iu":
        return "a list of whole numbers is asked for, a dilation for each layer"
    if not 1 <= len(answer) <= MOST_LAYERS or min(answer) < 1:
        return f"one to {MOST_LAYERS} dilations are asked for, each 1 or more"
    seen = {0}  # how many samples ago
    for dilation in answer:
        seen |= {ago + int(dilation) for ago in seen if ago < N_SAMPLES}
    gaps = sorted(set(range(N_SAMPLES)) - seen)
    if not gaps:
        return ""
    reach = 1 + int(sum(answer))
    if reach < N_SAMPLES:
        return f"a table depends on {reach} samples at most; {N_SAMPLES} are asked for"
    return f"there is a gap: the sample {gaps[0]} before the newest is not seen, though older ones are"
