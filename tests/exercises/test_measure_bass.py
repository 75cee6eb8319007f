"""The bass of chapter 15's last exercise: what is wrong with it is said."""

import pytest

from audio_edu.exercises.measure_15 import exercise_5


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ([48, 47, 48, 43, 48], ""),
        ("C", "a list of whole numbers"),
        ([48, 47], "5 notes"),
        ([30, 47, 48, 43, 48], "below 36"),
        ([47, 47, 48, 43, 48], "note 1 is 25 semitones below the soprano: a dissonance"),
        ([48, 47, 48, 43, 45], "no C"),
        ([36, 50, 48, 43, 48], "more than an octave"),
        ([48, 50, 48, 43, 48], "notes 1 and 2 make parallel octaves"),
        ([53, 55, 48, 43, 48], "notes 1 and 2 make parallel fifths"),
    ],
)
def test_what_is_wrong_with_a_bass_is_said(answer, complaint):
    said = exercise_5(answer)
    assert complaint in said and bool(said) == bool(complaint)
