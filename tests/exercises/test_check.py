"""What `check` says in a notebook, and that every exercise of the book can be asked and answered."""

from pathlib import Path

import numpy as np
import pytest

import audio_edu.exercises
from audio_edu.exercises import check
from audio_edu.exercises.check import exercise_of, exercises, mistake

FOLDER = Path(audio_edu.exercises.__file__).parent
CHAPTERS = sorted(path.stem for path in FOLDER.glob("*.toml"))
ALL = [f"{chapter}-{number}" for chapter in CHAPTERS for number in exercises(chapter)]
KINDS = ("compute", "derive", "listen", "design")


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("02-1", 7199, "Right! The last output"),
        ("02-1", np.int64(7199), "Right!"),
        ("02-1", 7200, "Not yet: that is N + M"),
        ("02-1", 7198, "Not yet: you are off by one"),
        ("02-1", -7199, "the sign is not"),
        ("02-1", 7201.5, "do not round"),
        ("02-1", 9000, "too large"),
        ("02-1", 1, "too small"),
        ("02-1", "7199", "take the quotes off"),
        ("02-1", np.nan, "NaN"),
        ("02-1", np.inf, "infinite"),
        ("02-1", [7199], "a number is asked for"),
        ("02-1", True, "a number is asked for"),
        ("02-1", np.array(7199), "Right!"),
        ("02-1", 10**400, "too large"),
        ("02-1", -(10**400), "too small"),
    ],
)
def test_what_is_said_of_a_number(name, answer, said, capsys):
    assert check(name, answer) is None
    assert said in capsys.readouterr().out


CHOICE = {"options": [["one", "why not one"], ["two", ""], ["three", "why not three"]], "right": "b"}
STEPS = {"steps": ["x", "y", "z"], "right": "cab", "mistakes": [["bac", "y comes last"]]}


@pytest.mark.parametrize(
    ("exercise", "answer", "said"),
    [
        (CHOICE, "b", ""),
        (CHOICE, " B ", ""),
        (CHOICE, "a", "why not one"),
        (CHOICE, "d", "answer with these letters: a, b, c"),
        (CHOICE, 2, "answer with these letters: a, b, c"),
        (STEPS, "c a b", ""),
        (STEPS, "cba", "so many steps from the start are right: 1"),
        (STEPS, "bac", "y comes last"),
        (STEPS, "cab a", "answer with these letters: a, b, c, each once"),
    ],
)
def test_options_and_steps(exercise, answer, said):
    from audio_edu.exercises.check import _wrong_letters

    assert _wrong_letters(exercise, answer) == said


def test_an_open_exercise_shows_a_form_and_no_answer(monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    form = check("02-1", ...)
    assert "Not answered yet" in repr(form) and "02-1 · compute" in repr(form)
    assert "7199" not in form._repr_html_() and 'data-how="number"' in form._repr_html_()


def test_an_unknown_exercise():
    with pytest.raises(ValueError, match="name is '02-99'"):
        check("02-99", 1)
    with pytest.raises(ValueError, match="name is '77-1'"):
        check("77-1", 1)


@pytest.mark.parametrize("name", ALL)
def test_every_exercise_is_whole(name):
    exercise = exercise_of(name)
    known = "kind level minutes right tolerance options steps mistakes because".split()
    assert set(exercise) <= set(known)
    assert exercise["kind"] in KINDS and exercise["level"] in (1, 2, 3) and exercise["minutes"] > 0
    if "right" not in exercise:
        assert mistake(name, None), "nothing is no answer"
        return
    assert mistake(name, exercise["right"]) == ""
    for wrong, said in exercise.get("mistakes", []):
        assert mistake(name, wrong) == said and not said.endswith(".")
    for letter, (_, said) in zip("abcdefgh", exercise.get("options", []), strict=False):
        assert mistake(name, letter) == ("" if letter == exercise["right"] else said)
        assert letter == exercise["right"] or (said and not said.endswith("."))


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_has_each_kind(chapter):
    assert {exercise["kind"] for exercise in exercises(chapter).values()} == set(KINDS)
