"""What is wrong with an answer to an exercise of chapter 11 that has to be measured."""

from functools import cache
from typing import Any

import numpy as np

PITCH, FARTHEST, FALL_DB, SOFTEST_DB = 60, 4.5, 12.0, -40.0


def exercise_6(answer: Any) -> str:
    """A place near the trombone whose note dies away."""
    from ..signal import note_pitch, rms_db

    if answer is None or np.shape(answer) != (16,) or np.asarray(answer).dtype.kind not in "iuf":
        return "an array of 16 numbers is asked for"
    z = np.asarray(answer, np.float32)
    if not np.all(np.isfinite(z)):
        return "some of the 16 numbers are not finite"
    model, trombone = _trombone()
    away = float(np.linalg.norm(z - trombone))
    if away > FARTHEST + 1e-3:
        return f"that is {away:.1f} away from the trombone; at most {FARTHEST} is allowed"
    x = model.to_audio(z, PITCH)
    fall, level = rms_db(x[1600:3200]) - rms_db(x[9600:11200]), rms_db(x)
    if fall < FALL_DB:
        hint = "it grows" if fall < 0 else f"it falls by {fall:.1f} dB"
        return f"{hint}; {FALL_DB:.0f} dB are asked for: which direction in z goes with it in training"
    if level < SOFTEST_DB:
        return f"it is too soft, {level:.0f} dBFS"
    cents = 100 * abs(note_pitch(x, model.sample_rate, near=PITCH) - PITCH)
    return f"it is {cents:.0f} cents out of tune" if cents > 20 else ""


@cache
def _trombone() -> tuple[Any, np.ndarray]:
    from ..datasets import load_notes
    from ..generation import load_vae
    from ..generation.vae import note_features

    notes, model = load_notes(), load_vae()
    is_it = (notes.voices == "brass-057") & (notes.info["pitch"] == PITCH) & (notes.info["velocity"] == 80)
    i = int(np.flatnonzero(is_it)[0])
    return model, model.encode(note_features([notes.audio[i]], [PITCH]), [PITCH])[0][0]
