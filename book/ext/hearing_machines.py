"""The book's own Sphinx extension: what the pages need beyond Jupyter Book.

* The scripts and the style of players and exercises come from the package, once for all pages: stored outputs
  hold neither.
* Third-party files come from ``book/vendor``. They stay out of ``_static``, whose scripts Jupyter Book puts
  into the head of every page.
* Each chapter says what executing it cost, as measured when it was executed.
* Chinese is marked as Chinese, for fonts and for screen readers.
* The digit recogniser's script is loaded by the pages that have one; its weights lie beside it and are
  fetched when a reader speaks.
* What the download button gives is the student's copy: alive in JupyterLab, without solutions.
* ``{progress}`` is where a reader sees what is read and solved.
* ``{sound}`` puts a player on a page that is not a notebook.
"""

from __future__ import annotations

import json
import re
import sys
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

BOOK = Path(__file__).resolve().parent.parent
CHINESE = "\u3001-\u303f\u4e00-\u9fff\uff01-\uffee“”"
sys.path.insert(0, str(BOOK))  # copies.py, minutes.py
WIDGETS = BOOK.parent / "audio_edu" / "widgets"


def files_and_templates(app: Sphinx, config) -> None:
    """Ship the vendored files and the widgets' scripts and style; prefer the book's own templates."""
    config.templates_path = [str(BOOK / "ext" / "templates"), *config.templates_path]
    config.html_static_path += [str(BOOK / "vendor" / name) for name in ("mathjax", "widgets")]
    scripts = ["player.js", "exercise.js", "trials.js", "player.css"]
    scripts += [f"{name}.{kind}" for name in ("recognizer", "drawing") for kind in ("js", "css")]
    config.html_static_path += [str(WIDGETS / name) for name in scripts]
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


def mend_buttons(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Let a page's Binder button open the reader's copy (``work/``), which `binder/postBuild` makes.

    The forge's own sign would bring a font of 118 kB to every page for one sign; a branch says it as well.
    """
    for group in context.get("header_buttons", []):
        for button in [group, *group.get("buttons", [])]:
            if "mybinder" in button.get("url", ""):
                button["url"] = button["url"].replace("lab/tree/book/notebooks/", "lab/tree/work/")
            if "fa-github" in button.get("icon", ""):
                button["icon"] = "fas fa-code-branch"


def mark_chinese(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Say which paragraphs and cells are Chinese; close the gaps that line breaks leave in them."""
    body = re.sub(f"([{CHINESE}])\n(?=[{CHINESE}])", r"\1", context.get("body", ""))
    context["body"] = re.sub(
        rf"<(p|h[1-4]|td|th|li)((?: [^>]*)?)>(?=[{CHINESE}])", r'<\1 lang="zh-Hans"\2>', body
    )


def rare_widgets(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Load the recogniser's script, and the drawing field's, in the pages that have one."""
    for name in ("recognizer", "drawing"):
        if f"<digit-{name}" in context.get("body", ""):
            app.add_css_file(f"{name}.css")
            app.add_js_file(f"{name}.js", loading_method="defer")


def recognizer_weights(app: Sphinx, exception: Exception | None) -> None:
    """Write the recogniser's weights beside its script."""
    if exception is None and app.builder.format == "html":
        from audio_edu.widgets.recognizer import weights_script

        (Path(app.outdir) / "_static" / "digit_weights.js").write_text(weights_script(), "utf-8")


def student_copies(app: Sphinx, error: Exception | None) -> None:
    """Put a chapter's student copy where the download button finds the page's source."""
    import nbformat
    from copies import for_student

    if error is None and app.builder.format == "html":
        for path in sorted(Path(app.outdir, "_sources", "notebooks").glob("*.ipynb")):
            nbformat.write(for_student(nbformat.read(path, as_version=4)), path)


class Sound(SphinxDirective):
    """``{sound} name``: the player that the function `name` of ``page_sounds.py`` returns."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the sound and place its player."""
        import page_sounds

        self.env.note_dependency(page_sounds.__file__)
        player = getattr(page_sounds, self.arguments[0])()
        return [nodes.raw("", player.html, format="html")]


class Progress(SphinxDirective):
    """``{progress}``: the place of a table of what the reader has read and solved (``_static/reader.js``)."""

    def run(self) -> list[nodes.Node]:
        """List the chapters with their titles and the number of their exercises."""
        from audio_edu.exercises.check import exercises

        chapters, up = [], "../" * self.env.docname.count("/")
        for path in sorted((BOOK / "notebooks").glob("[0-2][0-9]_*.ipynb")):
            title = re.search(r"# (.+)", "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"]))[
                1
            ]
            number, href = path.stem[:2], f"{up}notebooks/{path.stem}.html"
            entry = {"number": number, "title": title, "href": href, "exercises": len(exercises(number))}
            chapters.append(entry)
        told = escape(json.dumps(chapters, ensure_ascii=False))
        ask = "Scripts are off: what you have read and solved cannot be kept."
        html = f'<div class="ae-progress" data-chapters="{told}"><p>{ask}</p></div>'
        return [nodes.raw("", html, format="html")]


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.connect("config-inited", files_and_templates)
    app.connect("doctree-read", measured_line)
    app.connect("html-page-context", trim_scripts, priority=950)
    app.connect("html-page-context", mend_buttons, priority=950)
    app.connect("html-page-context", mark_chinese)
    app.connect("html-page-context", rare_widgets)
    app.connect("build-finished", recognizer_weights)
    app.connect("build-finished", student_copies)
    app.add_directive("sound", Sound)
    app.add_directive("progress", Progress)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
