"""From an executed chapter to a deck of slides that needs no network (reveal.js, through nbconvert).

What a slide shows follows from what the chapter has: headings, formulas, tables, lists, short open code, and
all that sounds or moves. The prose is in the speaker's notes, below the slide on which it is said (key S).
Solutions, the self-test, the Chinese summary and further reading are left out.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from copies import legible
from minutes import FOLDED, exercise_asked, is_solution, tags_of

BOOK = Path(__file__).resolve().parent
LEFT_OUT = ("中文提要", "Further reading")
MOST_LINES = 16
MOST_WORDS = 60
ASSETS = (
    *(BOOK.parent / "audio_edu" / "widgets" / name for name in ("player.css", "player.js", "exercise.js")),
    *(
        BOOK / "vendor" / name
        for name in ("reveal/reveal.js", "reveal/reveal.css", "reveal/reveal.LICENSES.txt")
    ),
    *(BOOK / "vendor" / "mathjax" / name for name in ("mathjax.min.js", "mathjax.LICENSES.txt")),
    *(BOOK / "vendor" / "widgets" / name for name in ("widgets.min.js", "widgets.LICENSES.txt")),
    BOOK / "_static" / "accessible-widgets.js",
    *(BOOK / "slides" / name for name in ("slides.css", "slides.js")),
)


def blocks(text: str) -> list[str]:
    """Paragraphs, formulas, tables, lists, fences and directives of a text, one by one."""
    found, fence = [[]], ""
    for line in text.splitlines():
        opens = re.match(r"(`{3,}|:{3,})|\$\$", line)
        if fence:
            found[-1].append(line)
            closes = line.startswith(fence) and not line.rstrip().strip(fence[0])
            if closes or (fence == "$$" and line.endswith("$$")):
                fence = ""
        elif opens and not (line.startswith("$$") and line.count("$$") > 1):
            found.append([line])
            fence = opens[0]
        elif line.startswith("#"):
            found += [[line], []]
        elif line.strip():
            found[-1].append(line)
        else:
            found.append([])
    return ["\n".join(lines) for lines in found if lines]


class Deck:
    """Collects cells slide by slide, with what is said to each as its notes."""

    def __init__(self):
        self.cells, self.notes, self.later = [], [], []
        self.open = False  # whether more may be put on the last slide

    def _cell(self, cell, kind: str) -> None:
        cell.metadata["slideshow"] = {"slide_type": kind}
        self.cells.append(cell)

    def text(self, source: str, kind: str = "-") -> None:
        """Put a text on the slide."""
        import nbformat

        self._cell(nbformat.v4.new_markdown_cell(source), kind)

    def begin(self, kind: str) -> None:
        """End the slide, notes last, and say how the next one begins."""
        import nbformat

        if self.cells and self.notes:
            self._cell(nbformat.v4.new_markdown_cell("\n\n".join(self.notes)), "notes")
        self.notes, self.later, self.open = self.later, [], True
        self.kind = kind

    def add(self, source: str) -> None:
        """Put a text on the slide, or on a new one where the last holds an output."""
        if not self.open:
            self.begin("subslide")
        self.text(source, self._next_kind())

    def _next_kind(self) -> str:
        kind, self.kind = self.kind, "-"
        return kind

    def say(self, text: str) -> None:
        """What is said and not shown: to this slide, or to the one that follows an output."""
        (self.notes if self.open else self.later).append(text)

    def show(self, cell) -> None:
        """A cell with what it puts out."""
        if not self.open or any(c.cell_type == "code" for c in self.cells[-1:]):
            self.begin("subslide")
        self._cell(cell, self._next_kind())
        self.open = False


def _is_shown(block: str) -> bool:
    return bool(re.match(r"\$\$|\||[*-] |\d+\. |\*\*\d\. ", block))


def _put_text(deck: Deck, block: str, seen: dict) -> None:
    if heading := re.match(r"(#{1,3}) (.+)", block):
        deck.begin("slide" if len(heading[1]) < 3 else "subslide")
        deck.add(block)
        seen["lead"] = True
    elif re.match(r"\*\*\d\. ", block):
        deck.begin("subslide")
        deck.add(block)
    elif _is_shown(block) or (seen.pop("lead", False) and len(block.split()) <= MOST_WORDS):
        deck.add(block)
    else:
        deck.say(block)


def slide_notebook(notebook):
    """The chapter as nbconvert wants it for slides: cells with a ``slide_type`` each."""
    import copy

    import nbformat

    deck, seen, section = Deck(), {}, ""
    for cell in copy.deepcopy(notebook).cells:
        if cell.cell_type == "code":
            if section in LEFT_OUT or is_solution(cell):
                continue
            lines = cell.source.splitlines()
            folded = bool(tags_of(cell) & FOLDED) or len(lines) > MOST_LINES or bool(exercise_asked(cell))
            cell.outputs = [out for out in cell.outputs if out.output_type != "error"]
            if folded and not cell.outputs:
                continue
            cell.metadata["hide_input"] = folded
            deck.show(cell)
            continue
        for block in blocks(legible(re.sub(r"(?ms)^:::\{.*?^:::$", "", cell.source))):
            if heading := re.match(r"## (.+)", block):
                section = heading[1].strip()
            if section in LEFT_OUT or block.startswith("```") or block == "### Test yourself":
                continue
            if section == "Exercises" and "?**" in block and not re.match(r"\*\*\d\. ", block):
                continue  # a question of the self-test
            _put_text(deck, block, seen)
    deck.begin("slide")
    made = nbformat.v4.new_notebook(cells=deck.cells, metadata=copy.deepcopy(notebook.metadata))
    made.metadata["title"] = re.search(r"^# (.+)", notebook.cells[0].source, re.M)[1]
    return made


def write_slides(paths: list[Path], folder: Path) -> None:
    """Write a deck for each executed chapter to `folder`, and what they load to ``assets`` in it."""
    import nbformat
    from nbconvert import SlidesExporter
    from pygments.formatters import HtmlFormatter

    from audio_edu._files import replacing

    assets = folder / "assets"
    shutil.rmtree(assets, ignore_errors=True)
    assets.mkdir(parents=True)
    for path in ASSETS:
        shutil.copy(path, assets)
    shutil.copytree(BOOK / "vendor" / "mathjax" / "mathjax-fonts", assets / "mathjax-fonts")
    (assets / "pygments.css").write_text(HtmlFormatter(style="default").get_style_defs(".highlight"), "utf-8")
    exporter = SlidesExporter(template_name="slides", extra_template_basedirs=[str(BOOK)])
    exporter.exclude_input_prompt = exporter.exclude_output_prompt = True
    for path in paths:
        html, _ = exporter.from_notebook_node(slide_notebook(nbformat.read(path, as_version=4)))
        target = folder / f"{path.stem}.html"
        with replacing(target) as partial:
            partial.write_text(html, "utf-8")
        print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
