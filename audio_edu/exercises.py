"""Checks for the exercises: a wrong answer is told which mistake it most likely is.

An exercise hands over the student's answer, the right one, and what the well-known mistakes would have
given:

>>> import numpy as np
>>> x, h = np.ones(4), np.ones(3)
>>> check(4 * 3, 4 + 3 - 1, mistakes={"lengths add up, they do not multiply": 12})
Not yet: lengths add up, they do not multiply.
>>> check(6, 4 + 3 - 1)
Right!
>>> check(..., 4 + 3 - 1)
Not answered yet: replace the ... by your answer and run the cell again.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np


def check(
    answer: Any,
    expected: Any,
    *,
    mistakes: Mapping[str, Any] | None = None,
    tolerance: float = 1e-6,
) -> None:
    """Print whether an answer is right and, if not, what the likely mistake is.

    Parameters
    ----------
    answer : number, str, array_like or ``...``
        The student's answer; ``...`` and None count as not answered.
    expected : number, str or array_like
        The right answer.
    mistakes : mapping of str to value, optional
        What each well-known mistake gives, under the words that name it.
    tolerance : float
        Largest difference from the right number, relative to the largest right number.
    """
    if answer is None or answer is ...:
        print("Not answered yet: replace the ... by your answer and run the cell again.")
        return
    if _same(answer, expected, tolerance):
        print("Right!")
        return
    for words, wrong in (mistakes or {}).items():
        if _same(answer, wrong, tolerance):
            print(f"Not yet: {words}.")
            return
    print(f"Not yet: {_difference(answer, expected)}.")


def _is_number(value: Any) -> bool:
    try:
        return np.asarray(value).dtype.kind in "biufc"
    except ValueError:  # a ragged list
        return False


def _same(answer: Any, expected: Any, tolerance: float) -> bool:
    if not (_is_number(answer) and _is_number(expected)):
        return isinstance(answer, str) and isinstance(expected, str) and answer.strip() == expected.strip()
    answer, expected = np.asarray(answer), np.asarray(expected)
    if answer.shape != expected.shape:
        return False
    scale = np.max(np.abs(expected), initial=0.0) or 1.0
    return bool(np.all(np.abs(answer - expected) <= tolerance * scale))


def _difference(answer: Any, expected: Any) -> str:
    if not (_is_number(answer) and _is_number(expected)):
        return f"{answer!r} is not it"
    answer, expected = np.asarray(answer), np.asarray(expected)
    if answer.shape != expected.shape:
        return f"your answer has the shape {answer.shape}; the right one has {expected.shape}"
    if answer.ndim == 0:
        return f"{answer} is too {'large' if answer > expected else 'small'}"
    where = np.unravel_index(np.argmax(np.abs(answer - expected)), answer.shape)
    position = ", ".join(str(int(i)) for i in where)
    return f"the shape is right, but [{position}] is {answer[where]:.4g} and should be {expected[where]:.4g}"
