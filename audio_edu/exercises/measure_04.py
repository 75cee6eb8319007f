"""What is measured in the exercises of chapter 4."""

from typing import Any

import numpy as np

from ..datasets import load_digits
from ..learning import filter_loss
from ..reproducible import SEED
from ..signal import noise, rms, room_response

N_TAPS = 256
WANTED_DB = -30.0


def design_recordings() -> tuple[np.ndarray, np.ndarray]:
    """Return a voice [shape=(16000,)] and what a room made of it [shape=(16255,)], at 8 kHz."""
    digits = load_digits().test
    x = np.concatenate([clip for clip in digits.audio[60:90]]).astype(np.float64)[:16000]
    x /= rms(x)
    hiss = np.random.default_rng(SEED).standard_normal(len(x) + N_TAPS - 1)
    return x, np.convolve(x, _room()) + 0.001 * hiss


def exercise_5(answer: Any) -> str:
    """Judge a learned room on noise that was not used to learn it."""
    try:
        h = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        return "h must be an array of numbers"
    if h.shape != (N_TAPS,):
        return f"h has the shape {h.shape}; it must have {N_TAPS} taps"
    if not np.isfinite(h).all():
        return "h holds NaN or infinite numbers: the step was too large"
    x = noise(1, 8000, color="white", seed=SEED)
    y = np.convolve(x, _room())
    level = 10 * np.log10(filter_loss(h, x, y)[0] / np.mean(y**2))
    if level <= WANTED_DB:
        return ""
    if level > 0:
        return f"the error is {level:.0f} dB above the sound: the step was too large, or h is reversed"
    return f"the error is {level:.0f} dB; take more steps, or a rule that is quicker where the voice is weak"


def _room() -> np.ndarray:
    h = room_response(8000, 0.2, size_m=(5, 4, 3), damping=1.0)[:N_TAPS]
    return h / np.linalg.norm(h)
