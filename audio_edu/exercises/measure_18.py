"""What is wrong with an answer to an exercise of chapter 18 that has to be measured."""

from typing import Any

import numpy as np

from ..datasets import load_digits


def exercise_5(split: Any) -> str:
    """A function that splits clips by the speaker behind their voice."""
    if not callable(split):
        return "a function is asked for: split(voices), which returns True for each clip that is for testing"
    digits = load_digits()
    for rows in (np.arange(len(digits)), np.flatnonzero(digits.split == "train")[::3]):
        voices, speakers = digits.voices[rows], digits.info["speaker"][rows]
        try:
            found = np.asarray(split(voices.copy()))
        except (TypeError, ValueError, KeyError, IndexError) as error:
            return f"split(voices) has to return a True or False for each clip ({error})"
        if found.shape != voices.shape or found.dtype != bool:
            return f"split(voices) returned {found.dtype} {found.shape}; expected {voices.shape} booleans"
        if _both(found, voices):
            return "a voice is on both sides: decide for each voice, not for each clip"
        if names := _both(found, speakers):
            return f"no voice is on both sides, but a person is: voices made of {names[0]} are in both"
        if not 0.2 <= found.mean() <= 0.4:
            return f"{found.mean():.0%} of the clips are for testing; asked for are 20 to 40 %"
    return ""


def _both(chosen: np.ndarray, names: np.ndarray) -> list[str]:
    """Return the names that are on both sides."""
    return sorted(set(names[chosen].tolist()) & set(names[~chosen].tolist()))
