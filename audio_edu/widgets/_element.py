"""What elements of a page with a script and a style of their own have in common."""

from pathlib import Path

from .._assets import with_assets


def with_own_assets(name: str, html: str) -> str:
    """Return an element for a live notebook, which loads no ``name.js`` and ``name.css`` as a page does."""
    script, style = ((Path(__file__).parent / f"{name}.{kind}").read_text("utf-8") for kind in ("js", "css"))
    return with_assets(f"<style>{style}</style><script>{script}</script>{html}")
