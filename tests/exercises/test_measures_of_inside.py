"""What chapter 22 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda voices, words: words < 7, ""),
        (lambda voices, words: np.random.default_rng(0).random(len(voices)) < 0.7, "on both sides"),
        (lambda voices, words: np.isin(voices, np.unique(voices)[:18]), "never heard"),
        (lambda voices, words: words < 3, "asked for are 50"),
        (lambda voices, words: words, "booleans"),
        (lambda voices: [True], "True or False"),
        (3, "a function is asked for"),
    ],
)
def test_split(answer, said):
    found = mistake("22-5", answer)
    assert (found == "") if said == "" else said in found


def test_numbers():
    assert mistake("22-1", -3) == "" and "gradient" in mistake("22-1", 3)
    assert mistake("22-2", 3) == "" and "|m|/|g|" in mistake("22-2", 1.5)
    assert mistake("22-3", "cadb") == "" and mistake("22-4", "b") == ""
