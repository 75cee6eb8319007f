"""Where the rendered book lies, which pages it has, and how a page is opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
HTML = ROOT / "_build" / "html"
LOCAL = ("http://127.0.0.1:", "file://", "data:", "blob:")


def rendered_pages() -> list[str]:
    """Every page of the book that `_toc.yml` lists, as a path below the rendered book."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    chapters = [entry["file"] for part in toc["parts"] for entry in part["chapters"]]
    return [f"{name}.html" for name in [toc["root"], *chapters]]


def pages_with(text: str) -> list[str]:
    """The pages whose HTML holds `text`."""
    files = {path: HTML / path for path in rendered_pages()}
    return [path for path, file in files.items() if file.is_file() and text in file.read_text("utf-8")]


class Watched:
    """A page that keeps what it asked for and what it complained of."""

    def __init__(self, context):
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _console(self, message):
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def foreign(self) -> list[str]:
        """Requests to anything but the local server, the disk and data inside the page."""
        return [url for url in self.requests if not url.startswith(LOCAL)]


@contextmanager
def watched(browser, url: str, *, size=(1280, 900), scripts=True) -> Iterator[Watched]:
    """Open a page with the network off, and wait until its formulas are set and their fonts are there."""
    viewport = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=viewport, java_script_enabled=scripts)
    context.route(lambda asked: not asked.startswith(LOCAL), lambda route: route.abort())
    opened = Watched(context)
    opened.page.goto(url, wait_until="load")
    if scripts:
        opened.page.wait_for_function("document.fonts.status === 'loaded'")
        opened.page.wait_for_timeout(500)
    yield opened
    context.close()
