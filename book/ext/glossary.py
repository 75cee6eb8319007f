"""The back matter: the glossary, and a bibliography that screen readers can read.

The glossary page is made from ``back/glossary.csv``: one source for English, Chinese and pinyin.

``{book-glossary} glossary.csv`` sets every row as ``**term** · 中文 · pinyin`` with its definition below:
a phone can show that as well as a wide screen. Each term has an anchor, such as ``#term-aliasing``, and
each chapter that exists is linked.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

COLUMNS = ["en", "zh", "pinyin", "definition", "chapter"]


def anchor(term: str) -> str:
    """The anchor of a term: lower case letters and digits, joined by hyphens.

    >>> anchor("µ-law"), anchor("KL divergence")
    ('term-mu-law', 'term-kl-divergence')
    """
    return "term-" + re.sub(r"[^a-z0-9]+", "-", term.lower().replace("µ", "mu")).strip("-")


def read_terms(csv_path: str | Path) -> list[dict[str, str]]:
    """The rows of the table, sorted by their English terms.

    Raises
    ------
    ValueError
        If a column is missing, a cell is empty that must not be, or a term stands twice.
    """
    with open(csv_path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, start=2):
        if list(row) != COLUMNS:
            raise ValueError(f"{csv_path}, line {number}: the columns are {list(row)}; expected {COLUMNS}.")
        empty = [name for name in ("en", "zh", "definition", "chapter") if not (row[name] or "").strip()]
        if empty:
            raise ValueError(f"{csv_path}, line {number}: {', '.join(empty)} is empty.")
    anchors = [anchor(row["en"]) for row in rows]
    twice = {name for name in anchors if anchors.count(name) > 1}
    if twice:
        raise ValueError(f"{csv_path}: there more than once: {', '.join(sorted(twice))}.")
    return sorted(rows, key=lambda row: anchor(row["en"]))


def render_glossary(csv_path: str | Path, pages: Mapping[int, str] | None = None) -> str:
    """The glossary as MyST markdown: a definition list for each letter.

    Parameters
    ----------
    csv_path : str or Path
        A table with the columns `COLUMNS`.
    pages : mapping of int to str, optional
        Where the chapters are, by number; a chapter that is not in it is named and not linked.

    Returns
    -------
    str
        Markdown for MyST-Parser with ``deflist`` and ``attrs_inline``.
    """
    pages = pages or {}
    lines = []
    for letter, rows in groupby(read_terms(csv_path), key=lambda row: anchor(row["en"])[5].upper()):
        lines += [f":::{{rubric}} {letter}", ":::", ""]
        for row in rows:
            chinese = [row["zh"]] * (row["zh"] != row["en"]) + [f"*{row['pinyin']}*"] * bool(row["pinyin"])
            number = int(row["chapter"])
            where = f"[chapter {number}]({pages[number]})" if number in pages else f"chapter {number}"
            head = " · ".join([f"[**{row['en']}**]{{#{anchor(row['en'])}}}", *chinese])
            lines += [head, f": {row['definition']} ({where})", ""]
    return "\n".join(lines)


class BookGlossary(SphinxDirective):
    """``{book-glossary} glossary.csv``: the glossary in this place."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Read the table beside the page and set it."""
        relative, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(relative)
        pages = {
            int(name.rpartition("/")[2][:2]): f"/{name}.ipynb"
            for name in self.env.found_docs
            if re.match(r"notebooks/\d\d_", name)
        }
        box = nodes.container(classes=["glossary"])
        self.state.nested_parse(
            StringList(render_glossary(path, pages).splitlines(), path), self.content_offset, box
        )
        return [box]


def plain_citations(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Take the list's role from the bibliography: docutils writes it around what are no list items."""
    if "citation-list" in context.get("body", ""):
        context["body"] = context["body"].replace(
            '<div role="list" class="citation-list">', '<div class="citation-list">'
        )


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("html-page-context", plain_citations)
    app.add_directive("book-glossary", BookGlossary)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
