"""The book's own Sphinx extension: what the pages need beyond Jupyter Book.

* The scripts and the style of players and exercises come from the package, once for all pages: stored outputs
  hold neither.
* Third-party files come from ``book/vendor``. They stay out of ``_static``, whose scripts Jupyter Book puts
  into the head of every page.
* Each chapter says what executing it cost, as measured when it was executed.
* Chinese is marked as Chinese, for fonts and for screen readers.
* ``{sound}`` puts a player on a page that is not a notebook.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parent.parent
CHINESE = "\u3001-\u303f\u4e00-\u9fff\uff01-\uffee“”"
WIDGETS = BOOK.parent / "audio_edu" / "widgets"


def files_and_templates(app: Sphinx, config) -> None:
    """Ship the vendored files and the widgets' scripts and style; prefer the book's own templates."""
    config.templates_path = [str(BOOK / "ext" / "templates"), *config.templates_path]
    config.html_static_path += [str(BOOK / "vendor" / name) for name in ("mathjax", "widgets")]
    config.html_static_path += [
        str(WIDGETS / name) for name in ("player.js", "exercise.js", "trials.js", "player.css")
    ]
    app.add_css_file("player.css")
    app.add_js_file("player.js", loading_method="defer")
    app.add_js_file("exercise.js", loading_method="defer")
    app.add_js_file("trials.js", loading_method="defer")


def measured_line(app: Sphinx, doctree: nodes.document) -> None:
    """Below a chapter's title, say what executing it took."""
    path = Path(app.env.doc2path(app.env.docname))
    if path.suffix != ".ipynb":
        return
    measured = json.loads(path.read_text("utf-8"))["metadata"].get("audio_edu")
    title = next(doctree.findall(nodes.title), None)
    if not measured or title is None:
        return
    text = (
        f"Runs from top to bottom in {measured['wall_seconds']:.0f} s on two CPU cores, "
        f"with {measured['peak_memory_mb']} MB of memory (measured)."
    )
    line = nodes.container("", nodes.paragraph("", text), classes=["measured"])
    title.parent.insert(title.parent.index(title) + 1, line)


def trim_scripts(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Drop what the theme and its extensions load and this book does not use."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if not str(getattr(script, "filename", script) or "").endswith("sphinx-thebe.js")
        and "THEBE_JS_URL" not in str(getattr(script, "attributes", {}).get("body", ""))
    ]


def mark_chinese(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Say which paragraphs and cells are Chinese; close the gaps that line breaks leave in them."""
    body = re.sub(f"([{CHINESE}])\n(?=[{CHINESE}])", r"\1", context.get("body", ""))
    context["body"] = re.sub(
        rf"<(p|h[1-4]|td|th|li)((?: [^>]*)?)>(?=[{CHINESE}])", r'<\1 lang="zh-Hans"\2>', body
    )


class Sound(SphinxDirective):
    """``{sound} name``: the player that the function `name` of ``page_sounds.py`` returns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the sound and place its player."""
        import page_sounds

        self.env.note_dependency(page_sounds.__file__)
        player = getattr(page_sounds, self.arguments[0])()
        return [nodes.raw("", player.html, format="html")]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("config-inited", files_and_templates)
    app.connect("doctree-read", measured_line)
    app.connect("html-page-context", trim_scripts, priority=950)
    app.connect("html-page-context", mark_chinese)
    app.add_directive("sound", Sound)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
