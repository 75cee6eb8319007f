"""What is wrong with an answer to an exercise of chapter 15 that has to be measured."""

from itertools import pairwise
from typing import Any

import numpy as np

SOPRANO = (72, 74, 76, 74, 72)
CONSONANCES = (0, 3, 4, 7, 8, 9)  # semitones above the bass, less whole octaves


def exercise_5(answer: Any) -> str:
    """A bass below `SOPRANO`."""
    if answer is None or np.ndim(answer) != 1 or np.asarray(answer).dtype.kind not in "iu":
        return "a list of whole numbers is asked for, a MIDI number for each note"
    bass = [int(note) for note in answer]
    if len(bass) != len(SOPRANO):
        return f"{len(SOPRANO)} notes are asked for"
    if not all(36 <= note <= 64 for note in bass):
        return "a note is below 36 or above 64, where a bass does not sing"
    for i, (low, high) in enumerate(zip(bass, SOPRANO, strict=True)):
        if (high - low) % 12 not in CONSONANCES:
            return f"note {i + 1} is {high - low} semitones below the soprano: a dissonance"
    if bass[-1] % 12:
        return "the last note is no C"
    for i, ((a, s), (b, t)) in enumerate(pairwise(zip(bass, SOPRANO, strict=True))):
        if abs(b - a) > 12:
            return f"from note {i + 1} to note {i + 2} it leaps by more than an octave"
        if (t - s) * (b - a) > 0 and (s - a) % 12 == (t - b) % 12 in (0, 7):
            kind = "octaves" if (s - a) % 12 == 0 else "fifths"
            return f"notes {i + 1} and {i + 2} make parallel {kind} with the soprano"
    return ""
