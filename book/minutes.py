"""How long a chapter takes in a workshop, by section and by exercise: an estimate, from what stands in it.

It was not measured with a class. Words are read at `WORDS_A_MINUTE`, a rate for technical prose in a second
language; open code at `LINES_A_MINUTE`; each sound is heard twice and talked about for a moment; figures and
explorers get a fixed time; an exercise takes what its entry in ``audio_edu/exercises/NN.toml`` says. The run
time beside it is measured: it is what executing the chapter took.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

WORDS_A_MINUTE = 130
LINES_A_MINUTE = 12
TIMES_HEARD = 2
SECONDS_A_SOUND = 10  # to find the button, and to say what one heard
MINUTES_A_FIGURE = 0.5
MINUTES_AN_EXPLORER = 2.0
FOLDED = {"hide-input", "hide-cell", "solution"}

CHECK = re.compile(r'check\("(\d\d-\d+)"')
HEADING = re.compile(r"^## (.+?)\s*$", re.M)
SOUND = re.compile(r"([\d.]+) s · \d+ Hz")


@dataclass(frozen=True)
class Section:
    """One section of a chapter (a heading of two ``#``), and what it takes, exercises left out."""

    title: str
    n_words: int
    n_lines: int
    n_sounds: int
    heard_s: float
    n_figures: int
    n_explorers: int

    @property
    def minutes(self) -> int:
        """Minutes to read, hear and look, rounded up."""
        return math.ceil(
            self.n_words / WORDS_A_MINUTE
            + self.n_lines / LINES_A_MINUTE
            + (TIMES_HEARD * self.heard_s + SECONDS_A_SOUND * self.n_sounds) / 60
            + MINUTES_A_FIGURE * self.n_figures
            + MINUTES_AN_EXPLORER * self.n_explorers
        )


def tags_of(cell) -> set[str]:
    """The tags of a cell."""
    return set(cell.metadata.get("tags", []))


def is_solution(cell) -> bool:
    """Whether a cell is the solution of an exercise."""
    return "solution" in tags_of(cell)


def exercise_asked(cell) -> str | None:
    """The name of the exercise that a cell asks, ``"05-1"``; None for every other cell."""
    found = CHECK.search(cell.source) if cell.cell_type == "code" and not is_solution(cell) else None
    return found[1] if found else None


def sections(notebook) -> list[Section]:
    """The sections of an executed chapter in their order; the first is what stands before any heading."""
    parts: list[tuple[str, list]] = [("", [])]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            parts[-1][1].append(cell)
            continue
        before, *rest = HEADING.split(cell.source)  # one cell of text may hold several headings
        parts[-1][1].append(before)
        for title, text in zip(rest[::2], rest[1::2], strict=True):
            parts.append((title, [text]))
    return [_section(title, group) for title, group in parts]


def _section(title: str, parts: list) -> Section:
    n_words = n_lines = n_sounds = n_figures = n_explorers = 0
    heard_s = 0.0
    for part in parts:
        if isinstance(part, str):
            n_words += len(re.sub(r"\$\$.*?\$\$|[|:`-]{3,}", " ", part, flags=re.S).split())
            continue
        if not tags_of(part) & FOLDED and not exercise_asked(part):
            n_lines += sum(1 for line in part.source.splitlines() if line.strip())
        if is_solution(part):
            continue
        for out in part.get("outputs", []):
            html, plain = (out.get("data", {}).get(f"text/{kind}", "") for kind in ("html", "plain"))
            if "ae-explorer" in html:
                n_explorers += 1
            elif "<audio-player" in html:
                seconds = [float(length) for length in SOUND.findall(plain)]
                n_sounds, heard_s = n_sounds + len(seconds), heard_s + sum(seconds)
            elif "ae-figure" in html:
                n_figures += 1
    return Section(title, n_words, n_lines, n_sounds, heard_s, n_figures, n_explorers)


def exercise_minutes(chapter: str) -> dict[str, int]:
    """Minutes of each exercise of a chapter (``"05"``), by its name (``"05-1"``)."""
    from audio_edu.exercises.check import exercises

    return {f"{chapter}-{number}": entry["minutes"] for number, entry in exercises(chapter).items()}
