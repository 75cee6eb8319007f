"""What chapter 18 measures: a right answer passes, a likely mistake is named."""

import numpy as np
import pytest

from audio_edu.exercises.check import mistake


def speakers_of(voices):
    return np.array([v if v.startswith("espeak") else v.split("-")[0] for v in voices])


def by(names, share=0.3):
    """Take whole groups until the share is reached."""
    found, counts = np.unique(names, return_counts=True)
    order = np.argsort(counts, kind="stable")
    n = np.cumsum(counts[order]) <= share * len(names)
    return np.isin(names, found[order][n])


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda voices: by(speakers_of(voices)), ""),
        (lambda voices: np.random.default_rng(0).random(len(voices)) < 0.3, "a voice is on both sides"),
        (lambda voices: np.isin(voices, np.unique(voices)[::3]), "a person is"),
        (lambda voices: by(speakers_of(voices), 0.1), "asked for are 20"),
        (lambda voices: np.arange(len(voices)), "booleans"),
        (lambda voices: [True], "booleans"),
        (3, "a function is asked for"),
    ],
)
def test_split(answer, said):
    found = mistake("18-5", answer)
    assert (found == "") if said == "" else said in found


def test_numbers():
    assert mistake("18-1", np.exp(2) * 0.1 / (np.exp(2) * 0.1 + 0.9)) == ""
    assert "prior" in mistake("18-1", np.exp(2) / (np.exp(2) + 1))
    assert mistake("18-2", 0.35) == "" and "absolute" in mistake("18-2", 0.19)
    assert mistake("18-3", "bdac") == "" and mistake("18-4", "c") == ""
