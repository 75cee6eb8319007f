"""Watched pages, and the rendered book from a server and from the disk, with the network off."""

from __future__ import annotations

import pytest
from rendered import HTML
from serving import served


@pytest.fixture(scope="session")
def book_url():
    """The rendered book on a local server."""
    assert (HTML / "index.html").is_file(), "the book is not rendered: run `make book`"
    with served(HTML) as url:
        yield url


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
        allowed = ("http://127.0.0.1:", "file://", "data:", "blob:")
        return [url for url in self.requests if not url.startswith(allowed)]

    def open(self, url: str):
        self.page.goto(url, wait_until="load")
        self.page.wait_for_timeout(150)
        return self.page


@pytest.fixture
def watched(browser):
    """A desktop page with the network off; `watched.open(url)` goes there."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.route(
        lambda url: not url.startswith(("http://127.0.0.1:", "file://", "data:", "blob:")),
        lambda route: route.abort(),
    )
    yield Watched(context)
    context.close()
