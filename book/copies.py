"""Copies of executed chapters for JupyterLab: for readers, for students, for instructors.

A stored notebook holds no script, since the book's pages link it, and its links and citations are those of
the book. A copy is alive and legible in JupyterLab before anything is run. A student's copy has no solutions
and no output of an exercise; an instructor's has everything, with notes and minutes. All of them follow from
the tags that a chapter has anyway.
"""

from __future__ import annotations

import copy
import re
from functools import cache
from html import escape
from pathlib import Path

import minutes
from minutes import HEADING, exercise_asked, is_solution

BOOK = Path(__file__).resolve().parent
FOLDED_IN = " The solutions are folded in."
INSTRUCTOR = "For the instructor"


# --- For everybody --------------------------------------------------------------------------------------


@cache
def _names() -> dict[str, str]:
    """``key -> Author & Author, year`` for each entry of the bibliography."""
    from pybtex.database import parse_file
    from pybtex.richtext import Text

    names = {}
    for key, entry in parse_file(BOOK / "references.bib", encoding="utf-8").entries.items():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        last = [str(Text.from_latex(" ".join(person.prelast_names + person.last_names))) for person in people]
        who = " & ".join(last) if len(last) <= 2 else f"{last[0]} et al."
        names[key] = f"{who or entry.fields.get('organization', key)}, {entry.fields.get('year', 'n. d.')}"
    return names


def _cited(match: re.Match) -> str:
    keys = [key.strip() for key in match[1].split(",")]
    return f"({'; '.join(_names().get(key, key) for key in keys)})"


def _quoted(text: str, head: str) -> str:
    """A note, as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in f"**{head}.** {text}".splitlines())


def _folded(match: re.Match) -> str:
    title = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(match[1], quote=False))
    title = re.sub(r"\*([^*]+)\*", r"<em>\1</em>", title)
    return f"<details><summary>{title}</summary>\n\n{match[2]}\n\n</details>\n"


def _included(match: re.Match) -> str:
    text = (BOOK / "notebooks" / match[1]).read_text("utf-8")
    return re.sub(r"^#", "#" * (1 + int(match[2] or 0)), text, flags=re.M)


def legible(text: str) -> str:
    """Text of the book as JupyterLab understands it: links to notebooks, citations in words, folds."""
    text = re.sub(r"^```\{include\} (\S+)\n(?::heading-offset: (\d)\n)?```$", _included, text, flags=re.M)
    text = re.sub(r"^\([\w-]+\)=\n", "", text, flags=re.M)
    text = re.sub(r"^:::\{dropdown\} (.+)\n((?s:.*?))\n:::$", _folded, text, flags=re.M)
    text = re.sub(r"^:::\{note\}\n((?s:.*?))\n:::$", lambda note: _quoted(note[1], "Note"), text, flags=re.M)
    text = re.sub(r"\{cite(?::\w+)?\}`([^`]+)`", _cited, text)
    text = re.sub(r"\{ref\}`([^`<]+?)\s*(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"\]\((\d\d_\w+)(#[\w-]+)?\)", r"](\1.ipynb\2)", text)
    text = re.sub(r"\]\(c\d\d\)", "](91_documents_corrected.ipynb)", text)
    return re.sub(
        r"\[([^\[\]]+)\]\((?:\.\./(?:front|back)/\w+|[a-z-]+)\)", r"\1", text
    )  # pages of the book alone


def for_lab(notebook):
    """A copy with its links mended and the players' script before its first player."""
    from audio_edu._assets import script_and_style

    made = copy.deepcopy(notebook)
    for cell in made.cells:
        if cell.cell_type == "markdown":
            cell.source = legible(cell.source)
    for out in (out for cell in made.cells for out in cell.get("outputs", [])):
        if "<audio-player" in (html := out.get("data", {}).get("text/html", "")):
            if not html.startswith(script_and_style()):  # a copy of a copy has it
                out["data"]["text/html"] = script_and_style() + html
            break
    return made


# --- For students ---------------------------------------------------------------------------------------


def for_student(notebook):
    """A copy without solutions; its exercises wait for an answer and show nothing yet."""
    made = copy.deepcopy(notebook)
    made.cells = [cell for cell in made.cells if not is_solution(cell)]
    for cell in made.cells:
        if exercise_asked(cell):
            cell.outputs, cell.execution_count = [], None
        elif cell.cell_type == "markdown":
            cell.source = cell.source.replace(FOLDED_IN, "")
    return for_lab(made)


# --- For instructors ------------------------------------------------------------------------------------


def said_of_mistakes(name: str) -> list[str]:
    """What is likely to be answered wrongly in an exercise, and what the check says then."""
    from audio_edu.exercises.check import exercise_of

    exercise = exercise_of(name)
    said = [f"**{wrong}**: {why}" for wrong, why in exercise.get("mistakes", [])]
    options = zip("abcdefgh", exercise.get("options", []), strict=False)
    return said + [f"**{letter}**: {why}" for letter, (_, why) in options if letter != exercise.get("right")]


def _on_exercise(name: str) -> str:
    from audio_edu.exercises.check import exercise_of

    exercise = exercise_of(name)
    text = f"{name}, {exercise['kind']}, {exercise['minutes']} min."
    if "right" in exercise:
        text += f" Right: **{exercise['right']}**. {exercise.get('because', '')}".rstrip()
    else:
        text += f" The answer is measured, in `audio_edu/exercises/measure_{name[:2]}.py`."
    said = "".join(f"\n* {line}" for line in said_of_mistakes(name))
    return f"{text}\n\nWhat students get wrong:\n{said}" if said else text


def _on_section(section: minutes.Section) -> str:
    facts = [
        (section.n_words, "words"),
        (section.n_lines, "lines of open code"),
        (section.n_sounds, "sounds"),
        (section.n_figures, "figures"),
        (section.n_explorers, "explorers"),
    ]
    listed = ", ".join(f"{count:,} {what}" for count, what in facts if count)
    return f"About {section.minutes} min, exercises not counted (estimated from {listed})."


def _annotated(cell, by_title: dict[str, minutes.Section]) -> None:
    """Say below each heading what its section takes; what a page includes has none."""

    def noted(found: re.Match) -> str:
        if found[1] not in by_title:
            return found[0]
        return f"{found[0].rstrip()}\n\n{_quoted(_on_section(by_title[found[1]]), INSTRUCTOR)}\n"

    cell.source = HEADING.sub(noted, cell.source)


def for_instructor(notebook):
    """A copy in full: below each heading its minutes, below each exercise what is right and wrong."""
    import nbformat

    by_title = {section.title: section for section in minutes.sections(notebook)}
    made = for_lab(notebook)
    cells = []
    for cell in made.cells:
        if is_solution(cell):  # unfolded
            cell.metadata.pop("jupyter", None)
        if cell.cell_type == "markdown":
            _annotated(cell, by_title)
        cells.append(cell)
        if name := exercise_asked(cell):
            note = nbformat.v4.new_markdown_cell(
                _quoted(_on_exercise(name), INSTRUCTOR), metadata={"tags": ["note"]}
            )
            note["id"] = f"note-{name}"
            cells.append(note)
    made.cells = cells
    return made
