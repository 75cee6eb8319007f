"""What chapter 5's design task measures."""

from typing import Any

import numpy as np

from ..layers import relu
from ..recognition.cnn import conv2d

N_FRAMES, N_BANDS = 12, 40
#: How many bands a tone moves from a frame to the next.
GLIDES = {
    "falls by two bands a frame": -2,
    "falls by one": -1,
    "stays": 0,
    "rises by one": 1,
    "rises by two": 2,
}


def exercise_6(kernel: Any) -> str:
    """A kernel of 3 frames × 5 bands for a tone that falls by two bands a frame."""
    if np.shape(kernel) != (3, 5) or not np.isfinite(np.asarray(kernel, float)).all():
        return f"an array of numbers of shape (3, 5) is asked for; this has shape {np.shape(kernel)}"
    kernel = np.asarray(kernel, float)
    if abs(kernel.sum()) > 1e-6:
        return "a picture that is the same everywhere is answered, too: let the 15 numbers sum to 0"
    answers = {name: _loudest(kernel, step) for name, step in GLIDES.items()}
    wanted = answers.pop("falls by two bands a frame")
    if wanted <= 0:
        return "it does not answer to the tone at all; lay the tone's path over the kernel: rows are frames"
    name = max(answers, key=answers.__getitem__)
    if wanted < 2 * answers[name]:
        share = answers[name] / wanted
        return f"a tone that {name} is answered {share:.2f} times as strongly; at most 0.50 is asked for"
    return ""


def _loudest(kernel: np.ndarray, step: int) -> float:
    """The largest answer to a tone that starts in the middle and moves by `step` bands a frame."""
    picture = np.zeros((N_FRAMES, N_BANDS))
    band = N_BANDS // 2 + step * (np.arange(N_FRAMES) - N_FRAMES // 2)
    picture[np.arange(N_FRAMES), band] = 1
    return float(relu(conv2d(picture, kernel)).max())
