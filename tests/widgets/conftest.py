"""Pages for the browser, with widgets in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import served
from widget_pages import page_html

ROOT = Path(__file__).resolve().parents[2]
EMBED_JS = ROOT / "book" / "vendor" / "widgets" / "widgets.min.js"
WIDGETS = ROOT / "audio_edu" / "widgets"


@pytest.fixture
def site(tmp_path):
    """A folder served on http://127.0.0.1, for one test."""
    if EMBED_JS.exists():
        (tmp_path / "embed.js").symlink_to(EMBED_JS)
    with served(tmp_path) as url:
        yield tmp_path, url


@pytest.fixture
def open_page(browser, site):
    """Return open_page(*objects, **options): write the page, open it, and watch for errors and requests."""
    folder, address = site
    opened = []

    def open_(*objects, over: str = "http", width: int = 1000, javascript: bool = True, **options):
        (folder / "page.html").write_text(page_html(*objects, **options), encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=javascript
        )
        page = context.new_page()
        page.troubles = []
        page.on("console", lambda m: m.type == "error" and page.troubles.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: page.troubles.append(f"error: {e}"))
        local = (address, "data:", "file:", "blob:")
        page.on("request", lambda r: r.url.startswith(local) or page.troubles.append(f"request: {r.url}"))
        page.goto(f"{address}/page.html" if over == "http" else (folder / "page.html").as_uri())
        opened.append((context, page))
        return page

    yield open_
    for context, page in opened:
        assert page.troubles == []
        context.close()
