"""Three ways to open a page of the rendered book. It stays open while its checks are asked of it."""

from __future__ import annotations

import pytest
from rendered import HTML, watched
from serving import served


@pytest.fixture(scope="session")
def book_url():
    """The rendered book on a local server."""
    assert (HTML / "index.html").is_file(), "the book is not rendered: run `make book`"
    with served(HTML) as url:
        yield url


@pytest.fixture(scope="module")
def desktop(request, browser, book_url):
    """A page from the server, on a wide screen."""
    with watched(browser, f"{book_url}/{request.param}") as opened:
        yield opened


@pytest.fixture(scope="module")
def phone(request, browser):
    """A page from the disk, on a narrow screen."""
    with watched(browser, (HTML / request.param).as_uri(), size=(390, 844)) as opened:
        yield opened


@pytest.fixture(scope="module")
def scriptless(request, browser, book_url):
    """A page in a browser that runs no scripts."""
    with watched(browser, f"{book_url}/{request.param}", scripts=False) as opened:
        yield opened
