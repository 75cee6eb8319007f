"""The scripts and the style of players and exercises, which travel with every output of a live notebook."""

import os
import re
from functools import cache
from pathlib import Path


def is_static() -> bool:
    """Whether outputs are made for a page without a kernel (``AUDIO_EDU_STATIC=1``)."""
    return os.environ.get("AUDIO_EDU_STATIC", "") == "1"


SCRIPTS = ("player.js", "exercise.js", "trials.js")


@cache
def script_and_style() -> str:
    """Return ``<style data-audio-edu>`` and ``<script data-audio-edu>``, without indents and comments."""
    folder = Path(__file__).parent / "widgets"
    style = (folder / "player.css").read_text(encoding="utf-8")
    script = "\n".join((folder / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    script = re.sub(r"/\*.*?\*/|(?m:(?:^|(?<=\s))// [^\n]*$)", "", script, flags=re.S)
    style, script = (re.sub(r"\s*\n\s*", "\n", text).strip() for text in (style, script))
    return f"<style data-audio-edu>{style}</style><script data-audio-edu>{script}</script>"


def with_assets(html: str) -> str:
    """Return the HTML of one output together with what it needs to come alive.

    In a live notebook every output carries script and style, so that any cell can be run alone. Static
    outputs carry neither: the pages of the book load scripts and style once, and a change of these files
    leaves the stored notebooks as they are.
    """
    return html if is_static() else script_and_style() + html
