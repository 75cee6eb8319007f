"""Where the rendered book lies, and which pages it has."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"


def rendered_pages() -> list[str]:
    """Every page of the book that `_toc.yml` lists, as a path below the rendered book."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [f"{name}.html" for name in [toc["root"], *chapters]]


def pages_with(text: str) -> list[str]:
    """The pages whose HTML holds `text`."""
    files = {path: HTML / path for path in rendered_pages()}
    return [path for path, file in files.items() if file.is_file() and text in file.read_text("utf-8")]
