"""What is wrong with an answer to an exercise of chapter 22 that has to be measured."""

from typing import Any

import numpy as np

from ..datasets import load_digits


def exercise_5(split: Any) -> str:
    """A function that splits clips by word, so that a probe of the speaker cannot use the word."""
    if not callable(split):
        return "a function is asked for: split(voices, words), True for each clip that is learned from"
    test = load_digits().test
    for rows in (np.arange(len(test)), np.arange(0, len(test), 3)):
        voices, words = test.voices[rows], test.labels[rows]
        try:
            found = np.asarray(split(voices.copy(), words.copy()))
        except (TypeError, ValueError, KeyError, IndexError) as error:
            return f"split(voices, words) has to return a True or False for each clip ({error})"
        if found.shape != voices.shape or found.dtype != bool:
            return (
                f"split(voices, words) returned {found.dtype} {found.shape}; expected {voices.shape} booleans"
            )
        unknown = sorted(set(voices[~found].tolist()) - set(voices[found].tolist()))
        if unknown:
            return f"the probe is asked for {unknown[0]}, a voice that it never heard: it cannot know it"
        both = sorted(set(words[found].tolist()) & set(words[~found].tolist()))
        if both:
            return f"the word {both[0]} is on both sides: a probe may know how this voice says this word"
        if not 0.5 <= found.mean() <= 0.8:
            return f"{found.mean():.0%} of the clips are for learning; asked for are 50 to 80 %"
    return ""
