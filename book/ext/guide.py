"""The tables of the instructor's guide: minutes, plans, mistakes. They follow from the chapters.

``{chapter-times}``, ``{workshop-plans}``, ``{term-plan}`` and ``{known-mistakes}`` take no arguments;
``back/workshop.toml`` holds what each chapter is for, and the plans.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(BOOK)]
import minutes  # noqa: E402

NOT_IN_CLASS = ("中文提要", "Further reading")
AT_HOME = ("Before you start", "The formula", "The literal code", "The library's code", "On real sound")


@dataclass(frozen=True)
class Chapter:
    """An executed chapter, as the guide sees it."""

    path: Path

    @property
    def number(self) -> str:
        """Two digits."""
        return self.path.stem[:2]

    @property
    def link(self) -> str:
        """Markdown that leads to the chapter, for a page below ``book/back``."""
        return f"[{int(self.number)}](../notebooks/{self.path.stem})"

    @cached_property
    def notebook(self):
        """The notebook."""
        import nbformat

        return nbformat.read(self.path, as_version=4)

    @cached_property
    def sections(self) -> dict[str, int]:
        """Minutes by the title of the section; what stands before the first has the title ``""``."""
        counted = (s for s in minutes.sections(self.notebook) if s.title not in NOT_IN_CLASS)
        return {section.title: section.minutes for section in counted}

    @cached_property
    def exercises(self) -> dict[str, int]:
        """Minutes by the name of the exercise."""
        return minutes.exercise_minutes(self.number)

    @cached_property
    def titles(self) -> dict[str, str]:
        """What each exercise is called in the text."""
        text = "\n".join(cell.source for cell in self.notebook.cells if cell.cell_type == "markdown")
        found = re.findall(r"^\*\*(\d)\. ([^*]+?)\.?\*\*", text.partition("## Exercises")[2], re.M)
        return {f"{self.number}-{number}": title for number, title in found}


@cache
def chapters() -> list[Chapter]:
    """The numbered chapters that are written, in their order."""
    paths = sorted((BOOK / "notebooks").glob("[0-2][0-9]_*.ipynb"))
    return [Chapter(path) for path in paths]


def settings() -> dict:
    """What ``back/workshop.toml`` says."""
    return tomllib.loads((BOOK / "back" / "workshop.toml").read_text("utf-8"))


def table(head: list[str], rows: list[list]) -> str:
    """A table in markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines) + "\n"


# --- What the directives show ----------------------------------------------------------------------------


def chapter_times() -> str:
    """What each chapter is for and takes; its sections and exercises one by one, folded in."""
    rows, folded, purpose = [], [], settings()["purpose"]
    for chapter in chapters():
        reading, asked = sum(chapter.sections.values()), sum(chapter.exercises.values())
        measured = chapter.notebook.metadata["audio_edu"]["wall_seconds"]
        rows.append([chapter.link, purpose[chapter.number], reading, asked, f"{measured:.0f} s"])
        parts = [[title or "(opening)", spent] for title, spent in chapter.sections.items()]
        parts += [[f"{n} {chapter.titles.get(n, '')}", spent] for n, spent in chapter.exercises.items()]
        folded += [f":::{{dropdown}} Chapter {int(chapter.number)}: {reading + asked} min in parts", ""]
        folded += [table(["section or exercise", "min"], parts), ":::", ""]
    head = ["chapter", "what it is for", "read, hear (min)", "exercises (min)", "run time"]
    return table(head, rows) + "\n" + "\n".join(folded)


def parts_of(row: str, known: dict[str, Chapter]) -> tuple[str, int]:
    """What a row of a plan shows and takes: ``"10 min: …"``, ``"01: section, section"``, ``"01-2, 01-5"``."""
    if own := re.fullmatch(r"(\d+) min: (.+)", row):
        return own[2], int(own[1])
    if named := re.fullmatch(r"(\d\d): (.+)", row):
        chapter = known[named[1]]
        titles = named[2].split(", ")
        return f"{chapter.link}: *{', '.join(titles)}*", sum(chapter.sections[title] for title in titles)
    names = row.split(", ")
    return f"Exercises {row}", sum(known[name[:2]].exercises[name] for name in names)


def plan_rows(plan: dict) -> list[tuple[str, int]]:
    """The rows of a plan and their minutes."""
    known = {chapter.number: chapter for chapter in chapters()}
    return [parts_of(row, known) for row in plan["rows"]]


def workshop_plans() -> str:
    """The plans of ``workshop.toml``, with the minute at which each part begins."""
    shown = []
    for plan in settings()["plan"]:
        at, rows = 0, []
        for what, spent in plan_rows(plan):
            rows.append([f"{at // 60}:{at % 60:02d}", what, spent])
            at += spent
        left = plan["minutes"] - at
        rows.append([f"{at // 60}:{at % 60:02d}", "in reserve", left])
        shown += [f"### {plan['title']}", "", plan["for"], "", table(["at", "what", "min"], rows)]
    return "\n".join(shown)


def term_plan() -> str:
    """A chapter a week: what is done in class and what at home, with minutes."""
    from audio_edu.exercises.check import exercise_of

    rows = []
    for week, chapter in enumerate(chapters(), start=1):
        in_class = [name for name in chapter.exercises if exercise_of(name)["kind"] in ("listen", "design")]
        home = [name for name in chapter.exercises if name not in in_class]
        at_home = sum(chapter.sections.get(title, 0) for title in AT_HOME)
        together = sum(chapter.sections.values()) - at_home
        rows.append([
            week, chapter.link,
            at_home + sum(chapter.exercises[name] for name in home), ", ".join(home),
            together + sum(chapter.exercises[name] for name in in_class), ", ".join(in_class),
        ])  # fmt: skip
    head = ["week", "chapter", "at home (min)", "exercises at home", "in class (min)", "exercises in class"]
    return table(head, rows)


def known_mistakes() -> str:
    """For each exercise the wrong answers that its check knows, and what it says of them."""
    from copies import said_of_mistakes

    lines = []
    for chapter in chapters():
        said = {name: said_of_mistakes(name) for name in chapter.exercises}
        lines += [f":::{{dropdown}} Chapter {int(chapter.number)}", ""]
        for name, mistakes in said.items():
            if mistakes:
                lines += [
                    f"{name}, {chapter.titles.get(name, '')}",
                    "",
                    *(f"* {one}" for one in mistakes),
                    "",
                ]
        lines += [":::", ""]
    return "\n".join(lines)


def directive(render: Callable[[], str]) -> type[SphinxDirective]:
    """A directive that shows what a function writes."""

    class Shown(SphinxDirective):
        def run(self) -> list[nodes.Node]:
            """Write the markdown and set it."""
            for path in [*(BOOK / "notebooks").glob("*.ipynb"), BOOK / "back" / "workshop.toml"]:
                self.env.note_dependency(str(path))
            box = nodes.container()
            self.state.nested_parse(
                StringList(render().splitlines(), render.__name__),
                self.content_offset,
                box,
                match_titles=True,
            )
            return box.children

    return Shown


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    for render in (chapter_times, workshop_plans, term_plan, known_mistakes):
        app.add_directive(render.__name__.replace("_", "-"), directive(render))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
