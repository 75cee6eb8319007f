"""The script and the style that turn the markup into players, and when they travel with an output."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

_travelled = False


def is_static() -> bool:
    """Whether outputs are made for a page without a kernel (``AUDIO_EDU_STATIC=1``)."""
    return os.environ.get("AUDIO_EDU_STATIC", "") == "1"


@cache
def script_and_style() -> str:
    """Return ``<style data-audio-edu>`` and ``<script data-audio-edu>`` with indents and comments taken out.

    The rendered book strips both from its pages and loads ``player.js`` and ``player.css`` once.
    """
    folder = Path(__file__).parent
    style = (folder / "player.css").read_text(encoding="utf-8")
    script = (folder / "player.js").read_text(encoding="utf-8")
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.S)
    script = re.sub(r"/\*.*?\*/|(?m:(?:^|(?<=\s))// [^\n]*$)", "", script, flags=re.S)
    style, script = (re.sub(r"\s*\n\s*", "\n", text).strip() for text in (style, script))
    return f"<style data-audio-edu>{style}</style><script data-audio-edu>{script}</script>"


def with_assets(html: str) -> str:
    """Return the HTML of one output together with what it needs to come alive.

    In a live notebook every output carries the script, so that any cell can be run alone. An executed
    notebook that will be stored carries it once, in its first output: the script works for the whole page.
    """
    global _travelled
    if is_static() and _travelled:
        return html
    _travelled = True
    return script_and_style() + html
