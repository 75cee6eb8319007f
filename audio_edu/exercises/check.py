"""Is an answer right and, if not, which mistake is it? In a notebook, and in a page that has no kernel.

An exercise is an entry of ``NN.toml``:

kind, level, minutes
    ``compute``, ``derive``, ``listen`` or ``design``; 1 (easy) to 3; how long it may take.
right
    A number, or the letters of the right option or of the steps in their right order. Without it, the
    function ``exercise_N`` of ``measure_NN.py`` is asked: it returns what is wrong with an answer, or "".
tolerance
    How far a number may be from the right one; by default a millionth of it.
options, steps
    What there is to choose from (``[text, what to say to who chooses it]``), or to put in order.
mistakes
    ``[answer, what to say]`` for each wrong answer that is known.
because
    Said together with "Right!".
"""

import base64
import json
import math
import tomllib
from functools import cache
from html import escape
from importlib import import_module
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np

from .._assets import with_assets
from .._validate import check_choice, checked

#: What is said, here and in the page (``widgets/exercise.js``).
SAID = {
    "right": "Right!",
    "not_yet": "Not yet:",
    "open": "Not answered yet: replace the ... by your answer and run the cell again.",
    "quotes": "a number is asked for; take the quotes off",
    "no_number": "a number is asked for",
    "nan": "your answer is not a number (NaN): somewhere 0/0 or ∞ − ∞ was computed",
    "infinite": "your answer is infinite: somewhere a number was divided by 0",
    "sign": "the size is right, the sign is not",
    "off_by_one": "you are off by one; count the first and the last once more",
    "rounded": "very close: do not round before the end",
    "large": "your answer is too large",
    "small": "your answer is too small",
    "letters": "answer with these letters:",
    "first": "so many steps from the start are right:",
}
CLOSE = 0.02  # a wrong number nearer than this, relative to the right one, was rounded


@checked
def check(name: str, answer: Any = ...) -> Any:
    """Say whether an answer is right and, if not, what the likely mistake is; never what is right.

    Parameters
    ----------
    name : str
        The exercise, for example ``"02-1"``.
    answer : number, str, array or ``...``
        The answer. ``...`` and None count as not answered: a form is shown then, in which exercises with a
        number or a choice can be answered in the page.

    Raises
    ------
    ValueError
        If there is no exercise of that name.

    Examples
    --------
    >>> check("02-1", 7200)
    Not yet: that is N + M; the last sample of one meets the first of the other, so it is one less.
    """
    exercise = exercise_of(name)
    if answer is None or answer is ...:
        return Form(name, exercise)
    wrong = mistake(name, answer)
    because = f" {exercise['because']}" if "because" in exercise else ""
    print(f"{SAID['not_yet']} {wrong}." if wrong else f"{SAID['right']}{because}")
    return None


@checked
def exercise_of(name: str) -> dict[str, Any]:
    """Return the entry of an exercise, by its name."""
    chapter, _, number = str(name).partition("-")
    known = exercises(chapter)
    check_choice(name, "name", [f"{chapter}-{n}" for n in known] or ["02-1, 02-2, …"])
    return known[number]


@checked
@cache
def exercises(chapter: str) -> dict[str, dict[str, Any]]:
    """Return all exercises of a chapter, by their numbers."""
    path = Path(__file__).with_name(f"{chapter}.toml")
    return tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}


@checked
def mistake(name: str, answer: Any) -> str:
    """Return what is wrong with an answer; empty where it is right."""
    exercise = exercise_of(name)
    if "right" not in exercise:
        chapter, _, number = name.partition("-")
        measure = import_module(f"audio_edu.exercises.measure_{chapter}")
        return getattr(measure, f"exercise_{number}")(answer)
    if isinstance(exercise["right"], str):
        return _wrong_letters(exercise, answer)
    return _wrong_number(exercise, answer)


def _wrong_number(exercise: dict[str, Any], answer: Any) -> str:
    if isinstance(answer, str):
        return SAID["quotes"]
    if hasattr(answer, "__array__") and not np.ndim(answer):
        answer = np.asarray(answer).item()
    if not isinstance(answer, Real) or isinstance(answer, bool):
        return SAID["no_number"]
    value, right = _as_float(answer), exercise["right"]
    if not math.isfinite(value):
        return SAID["nan"] if math.isnan(value) else SAID["infinite"]
    tolerance = exercise.get("tolerance", 1e-6 * abs(right))
    if abs(value - right) <= tolerance:
        return ""
    for wrong, said in exercise.get("mistakes", []):
        if abs(value - wrong) <= max(tolerance, 1e-6 * abs(wrong)):
            return said
    if right and abs(value + right) <= tolerance:
        return SAID["sign"]
    if isinstance(right, int) and abs(value - right) == 1:
        return SAID["off_by_one"]
    if abs(value - right) < CLOSE * abs(right):
        return SAID["rounded"]
    return SAID["large"] if value > right else SAID["small"]


def _as_float(number: Real) -> float:
    try:
        return float(number)
    except OverflowError:  # 10**400 is a number, and no float
        return math.copysign(1e308, number > 0 or -1)


def _wrong_letters(exercise: dict[str, Any], answer: Any) -> str:
    letters = "abcdefgh"[: len(exercise.get("options", exercise.get("steps")))]
    given = "".join(str(answer).lower().split())
    n = len(exercise["right"])
    if not isinstance(answer, str) or set(given) - set(letters) or len(given) != n or len(set(given)) != n:
        return f"{SAID['letters']} {', '.join(letters)}" + (", each once" if n > 1 else "")
    if given == exercise["right"]:
        return ""
    if "options" in exercise:
        return exercise["options"][letters.index(given)][1]
    n_first = next(i for i, (a, b) in enumerate(zip(given, exercise["right"], strict=True)) if a != b)
    return dict(exercise.get("mistakes", [])).get(given, f"{SAID['first']} {n_first}")


class Form:
    """An exercise that waits for its answer: text in a terminal, a form in a notebook and in a page.

    Parameters
    ----------
    name : str
        The exercise.
    exercise : dict
        Its entry.
    """

    def __init__(self, name: str, exercise: dict[str, Any]):
        self.name, self.exercise = name, exercise
        self.facts = (
            f"{name} · {exercise['kind']} · {'●' * exercise['level']}{'○' * (3 - exercise['level'])} · "
            f"{exercise['minutes']} min"
        )

    def __repr__(self) -> str:
        return f"{self.facts}. {SAID['open']}"

    def _repr_html_(self) -> str:
        exercise = self.exercise
        asked = [text for text, _ in exercise.get("options", [])] or exercise.get("steps", [])
        items = "".join(f"<li>{escape(text)}</li>" for text in asked)
        how, task = "", ""
        if "right" in exercise:
            how = "number" if not asked else "choice" if "options" in exercise else "order"
            # in base64, so that who looks at the page's source meets no answer
            known = {**exercise, "whole": isinstance(exercise["right"], int), "close": CLOSE, "said": SAID}
            task = base64.b64encode(json.dumps(known).encode()).decode()
        listed = f'<ol type="a">{items}</ol>' if items else ""
        ask = SAID["open"] if how else "Run this chapter in JupyterLab to answer it."
        return with_assets(
            f'<audio-exercise data-name="{self.name}" data-how="{how}" data-task="{task}">'
            f'<p class="ae-facts">{escape(self.facts)}</p>{listed}'
            f'<p class="ae-ask">{ask}</p></audio-exercise>'
        )
