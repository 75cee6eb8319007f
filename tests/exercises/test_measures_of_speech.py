"""What chapter 8 measures: a right answer passes, a likely mistake is named."""

import re

import numpy as np
import pytest

from audio_edu.exercises.check import mistake
from audio_edu.metrics import word_error_rate
from audio_edu.recognition import ctc


def clock(text, *, before=True, form="{}:{:02d}"):
    words = re.sub(r" (in the|at) \w+$", "", text).split()
    if words[-1] == "o'clock":
        return form.format(ctc.to_number(words[0]), 0)
    middle = next((i for i, word in enumerate(words) if word in ("past", "to")), None)
    if middle is None:
        minute = ctc.to_number(" ".join(word for word in words[1:] if word != "oh"))
        return form.format(ctc.to_number(words[0]), minute)
    said = " ".join(words[:middle])
    minute = {"quarter": 15, "half": 30}.get(said) or ctc.to_number(said)
    hour = ctc.to_number(words[-1])
    if words[middle] == "to":
        hour, minute = ((hour - 2) % 12 + 1 if before else hour), 60 - minute
    return form.format(hour, minute)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (clock, ""),
        (lambda text: clock(text, before=False), "before one is twelve"),
        (lambda text: clock(text, form="{}:{}"), "two figures"),
        (lambda text: clock(text.replace(" to ", " past ")), "backwards from the full hour"),
        (lambda text: "0:00", "another time"),
        (lambda text: 5, "in quotes"),
        (lambda text: ctc.to_number(text), "stops with ValueError"),
        ("9:05", "a function is asked for"),
    ],
)
def test_what_is_said(answer, said):
    found = mistake("08-5", answer)
    assert said in found and bool(found) == bool(said)


def test_the_numbers_asked_for_are_right():
    assert mistake("08-1", len(ctc.alignments(ctc.encode("see"), 5))) == ""
    p = np.tile([0.6, 0.4], (3, 1))
    assert mistake("08-2", ctc.probability_by_enumeration(p, [1])) == ""
    assert "the text aa" in mistake("08-2", 1 - 0.6**3)
    assert mistake("08-6", word_error_rate(["twenty to eight"], ["twenty two eight eight"])) == ""
