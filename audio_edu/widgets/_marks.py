"""What is written under a player: words that light up as they are spoken, and tags along the time axis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

#: When something begins and ends (seconds), and what it is.
Event = tuple[float, float, str]


@dataclass(frozen=True)
class Marks:
    """Words, and the times of tags, of one sound."""

    words: tuple[Event, ...] = ()
    tags: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    @classmethod
    def checked(cls, words: Sequence[Event], tags: Mapping[str, Any], duration: float) -> "Marks":
        """Return the marks of a sound of `duration` seconds; raise ValueError where one does not fit it."""
        spoken = tuple(
            (*_span(each[:2], f"words[{i}]", duration), str(each[2])) for i, each in enumerate(words)
        )
        starts = [start for start, _, _ in spoken]
        if starts != sorted(starts):
            raise ValueError("words are not in the order in which they begin; sort them.")
        heard = {
            str(name): tuple(_span(each, f"tags[{name!r}][{i}]", duration) for i, each in enumerate(times))
            for name, times in tags.items()
        }
        return cls(spoken, heard)

    def lines(self) -> list[str]:
        """The marks as text: times to a hundredth of a second."""
        words = " · ".join(f"{start:.2f} {text}" for start, _, text in self.words)
        times = {name: ", ".join(f"{a:.2f}-{b:.2f}" for a, b in each) for name, each in self.tags.items()}
        return [f"  words: {words}"] * bool(words) + [
            f"  {name}: {each or '-'}" for name, each in times.items()
        ]

    def html(self, duration: float) -> str:
        """The marks as HTML; the player's script brings them to life."""
        words = " ".join(
            f'<span class="ae-word" data-start="{start:.3f}" data-end="{end:.3f}">{escape(text)}</span>'
            for start, end, text in self.words
        )
        lanes = "".join(
            f'<div class="ae-tag"><span class="ae-tag-name">{escape(name)}</span>'
            f'<span class="ae-lane" role="img" aria-label="{_spoken(times)}">{_bars(times, duration)}</span>'
            "</div>"
            for name, times in self.tags.items()
        )
        return (f'<div class="ae-tags">{lanes}</div>' if lanes else "") + (
            f'<p class="ae-words">{words}</p>' if words else ""
        )


def _span(times: Any, name: str, duration: float) -> tuple[float, float]:
    start, end = (float(t) for t in times)
    if not (np.isfinite([start, end]).all() and -0.05 <= start <= end <= duration + 0.05):
        raise ValueError(
            f"{name} is from {start} to {end} s; expected times within the {duration:.2f} s of x."
        )
    return max(start, 0.0), min(end, duration)


def _bars(times: Sequence[tuple[float, float]], duration: float) -> str:
    return "".join(
        f'<span class="ae-event" style="left:{at:.2f}%;width:{width:.2f}%"></span>'
        for at, width in ((100 * a / duration, 100 * (b - a) / duration) for a, b in times)
    )


def _spoken(times: Sequence[tuple[float, float]]) -> str:
    return ", ".join(f"from {a:.1f} to {b:.1f} seconds" for a, b in times) or "not heard"
