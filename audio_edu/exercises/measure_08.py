"""What is wrong with an answer to an exercise of chapter 8 that has to be measured."""

from collections.abc import Iterator
from typing import Any

from ..datasets.spoken_numbers import PARTS_OF_DAY, cardinal


def exercise_5(clock: Any) -> str:
    """A function that turns every time of day of the sentences into figures."""
    if not callable(clock):
        return "a function is asked for: clock(text), which returns a text such as '9:05'"
    for text, right in _times():
        try:
            answer = clock(text)
        except Exception as error:  # whatever a reader's function may raise
            return f"clock({text!r}) stops with {type(error).__name__}: {error}"
        if answer != right:
            return _mistake(text, answer, right)
    return ""


def _mistake(text: str, answer: Any, right: str) -> str:
    if not isinstance(answer, str):
        return f"clock({text!r}) returns {answer!r}; a text is asked for, in quotes"
    hour, _, minute = right.partition(":")
    says = f"clock({text!r}) returns {answer!r}"
    if answer == f"{hour}:{int(minute)}":
        return f"{says}: minutes have two figures"
    if " to " in text and answer.endswith(f":{minute}"):
        return (
            f"{says}: so many minutes *to* the hour are minutes of the hour before, and before one is twelve"
        )
    if " to " in text and answer.endswith(f":{60 - int(minute):02d}"):
        return f"{says}: *to* counts backwards from the full hour"
    return f"{says}, and that is another time"


def _times() -> Iterator[tuple[str, str]]:
    """Yield all forms of a time, and its figures."""
    yield from (("quarter past eleven", "11:15"), ("nine oh five", "9:05"), ("quarter to one", "12:45"))
    for number, hour in enumerate(range(1, 13)):
        said, before = cardinal(hour), (hour - 2) % 12 + 1
        part = f" {PARTS_OF_DAY[number % 4]}"
        yield f"{said} o'clock", f"{hour}:00"
        yield f"{said} o'clock{part}", f"{hour}:00"
        for minute in range(1, 60):
            oh = "oh " if minute < 10 else ""
            yield f"{said} {oh}{cardinal(minute)}{part if minute % 2 else ''}", f"{hour}:{minute:02d}"
        for minute in range(5, 31, 5):
            name = {15: "quarter", 30: "half"}.get(minute, cardinal(minute))
            yield f"{name} past {said}{part if minute % 2 else ''}", f"{hour}:{minute:02d}"
            if minute < 30:
                yield f"{name} to {said}{part}", f"{before}:{60 - minute}"
