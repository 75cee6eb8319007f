"""Search by section, in English and Chinese, without a server: what the page ``search.html`` looks through.

Sphinx's own search opens pages at the top, splits Chinese nowhere, and fetches what it shows, which a page
from the disk may not. Here the text of every section, as the reader sees it, is kept whole, compressed into
one script that the search page alone loads; ``section_search.js`` looks through it. There is no index of
words: a scan of all sections takes some milliseconds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx

TEXTS = "section_texts.js"
SCRIPT = Path(__file__).with_suffix(".js")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
BLOCKS = {"p", "li", "dt", "dd", "td", "th", "tr", "div", "pre", "figcaption", "caption", "figure", "details"}
HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
# What is no text, what stands there twice, and what a search must not give away.
SILENT_TAGS = {"script", "noscript", "style", "svg", "button", "summary", "audio"}
SILENT_CLASSES = {
    *("headerlink", "cell_input", "stream", "tag_solution", "sd-dropdown", "measured"),
    *("ae-facts", "ae-spec", "ae-ask", "ae-progress"),
}
DATA_URI = re.compile(r'"data:[^"]*"')
TEX = re.compile(r"\\([a-zA-Z]+|.)|[{}$]")
LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho varsigma sigma "
    "tau upsilon phi chi psi omega"
)
GREEK = {name: chr(0x3B1 + k) for k, name in enumerate(LETTERS.split())}
GREEK |= {name.capitalize(): letter.upper() for name, letter in GREEK.items()}
SIGNS = GREEK | {
    "sum": "∑",
    "cdot": "·",
    "times": "×",
    "le": "≤",
    "ge": "≥",
    "approx": "≈",
    "to": "→",
    "infty": "∞",
}


class Section(NamedTuple):
    """A section of a page: where it is, what it is called, and its text without that of its subsections."""

    anchor: str
    title: str
    text: str


class Sections(HTMLParser):
    """Reads a rendered page into its sections. A term of the glossary counts as one."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found: list[dict] = []
        self.around: list[dict] = []  # the sections that are open, the innermost last
        self.open: list[str] = []  # tags
        self.silent_from = 0  # how many tags were open where silence began
        self.in_article = False
        self.into = "text"

    def begin(self, anchor: str, *, is_term: bool = False) -> None:
        """Open a section inside those that are open."""
        self.around.append({"anchor": anchor, "title": "", "text": "", "is_term": is_term})
        self.found.append(self.around[-1])

    def end_term(self) -> None:
        """Close a term of the glossary, if one is open: it has no element of its own around it."""
        if self.around and self.around[-1]["is_term"]:
            self.around.pop()

    def add(self, text: str) -> None:
        """Take in what a reader sees."""
        if self.in_article and self.around and not self.silent_from:
            self.around[-1][self.into] += text

    def handle_starttag(self, tag, attrs):
        """An element begins."""
        given = dict(attrs)
        classes = set((given.get("class") or "").split())
        if tag == "article" and "bd-article" in classes:
            self.in_article = True
        if tag == "img" and given.get("alt"):
            self.add(f" {given['alt']} ")
        if tag in VOID:
            return self.add(" ")
        self.open.append(tag)
        if self.silent_from:
            return
        is_formula = tag == "div" and "math" in classes
        is_list_of_facts = tag == "details" and not classes  # of an explorer; folded cells have classes
        is_hidden = given.get("aria-hidden") == "true"
        if tag in SILENT_TAGS or classes & SILENT_CLASSES or is_formula or is_list_of_facts or is_hidden:
            self.silent_from = len(self.open)
        elif self.in_article and tag == "section":
            self.begin(given.get("id", ""))
        elif tag == "span" and self.around and (given.get("id") or "").startswith("term-"):
            self.end_term()
            self.begin(given["id"], is_term=True)
            self.into = "title"
        elif tag in HEADINGS:
            self.into = "title"
        if tag in BLOCKS:
            self.add(" ")

    def handle_endtag(self, tag):
        """An element ends, and those in it that nobody closed."""
        if tag in VOID or tag not in self.open:
            return
        while self.open:
            last = self.open.pop()
            if self.silent_from and len(self.open) < self.silent_from:
                self.silent_from = 0
            elif not self.silent_from:
                self.leave(last)
            if last == tag:
                break

    def leave(self, tag: str) -> None:
        """An element ends whose text was heard."""
        if tag in HEADINGS or tag == "dt":
            self.into = "text"
        elif tag == "dl":
            self.end_term()
        elif tag == "section" and self.around:
            self.end_term()
            self.around.pop()
        elif tag == "article":
            self.in_article = False
        if tag in BLOCKS:
            self.add(" ")

    def handle_data(self, data):
        """Text."""
        self.add(data)


def plain(text: str) -> str:
    r"""Text on one line, formulas without the marks of TeX.

    >>> plain("one \n  value of \\(\\hat{y}_\\tau\\), as 3 < 4")
    'one value of y_τ, as 3 < 4'
    """
    return " ".join(TEX.sub(lambda found: SIGNS.get(found[1], ""), text).split())


def sections_of(html: str) -> list[Section]:
    """The sections of a rendered page that have text.

    >>> page = '<article class="bd-article"><section id="a"><h2>One<a class="headerlink">#</a></h2><p>Two</p>'
    >>> sections_of(page + '<section id="b"><h3>频谱</h3><p>三</p></section></section></article>')
    [Section(anchor='a', title='One', text='Two'), Section(anchor='b', title='频谱', text='三')]
    """
    reader = Sections()
    reader.feed(DATA_URI.sub('""', html))
    reader.close()
    kept = (Section(one["anchor"], plain(one["title"]), plain(one["text"])) for one in reader.found)
    return [section for section in kept if section.text or section.title]


def texts_script(pages: list[tuple[str, list[Section]]]) -> str:
    """The script that holds ``[[path, [[anchor, title, text], ...]], ...]``: JSON, compressed, in base 64."""
    packed = zlib.compress(json.dumps(pages, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return f'window.sectionTexts = "{base64.b64encode(packed).decode()}";\n'


def without_index_of_words(app: Sphinx) -> None:
    """Sphinx is not to build its own index, nor its search page."""
    if app.builder.format == "html":
        app.builder.search = False
        Path(app.outdir, "searchindex.js").unlink(missing_ok=True)  # of a book rendered earlier


def search_page(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """When all pages are written: pack their sections, and ask for the page that looks through them."""
    if app.builder.format != "html":
        return
    pages, out = [], Path(app.outdir)
    for name in sorted(app.env.found_docs, key=page_order(app)):
        path = out / f"{name}.html"
        if path.is_file():
            pages.append((f"{name}.html", sections_of(path.read_text("utf-8"))))
    script = texts_script(pages)
    (out / "_static").mkdir(exist_ok=True)
    (out / "_static" / TEXTS).write_text(script, "utf-8")
    versions = {
        "section_texts": f"_static/{TEXTS}?v={hashlib.sha256(script.encode()).hexdigest()[:8]}",
        "section_search": f"_static/{SCRIPT.name}?v={hashlib.sha256(SCRIPT.read_bytes()).hexdigest()[:8]}",
    }
    yield "search", versions, "search.html"


def page_order(app: Sphinx):
    """Pages in the book's order: that of the table of contents."""
    toctree = app.env.toctree_includes.get(app.config.root_doc, [])
    return lambda name: (toctree.index(name) + 1 if name in toctree else 0, name)


def link_from_all_pages(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Let Sphinx's templates know that there is a search page."""
    hasdoc = context["hasdoc"]
    context["hasdoc"] = lambda name: name == "search" or hasdoc(name)


def files(app: Sphinx, config) -> None:
    """Ship the script of the search page, which no other page loads."""
    config.html_static_path += [str(SCRIPT)]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("config-inited", files)
    app.connect("builder-inited", without_index_of_words)
    app.connect("html-collect-pages", search_page)
    app.connect("html-page-context", link_from_all_pages)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
