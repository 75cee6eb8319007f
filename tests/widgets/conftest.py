"""Pages made of the widgets' own HTML, opened in a real Chromium that may not leave this machine."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
EMBED_JS = ROOT / "book" / "vendor" / "html-manager" / "embed.js"
RATE = 16000


def voice(f0_hz: float = 150.0, duration: float = 2.0, sample_rate: int = RATE) -> np.ndarray:
    """A buzz with a gliding formant: something that has a picture worth looking at."""
    t = np.arange(int(duration * sample_rate)) / sample_rate
    x = np.zeros_like(t)
    for k in range(1, int(0.45 * sample_rate / f0_hz)):
        f = k * f0_hz
        x += np.exp(-((f - 700 - 900 * np.sin(2 * np.pi * t / duration)) ** 2) / 3e5) * np.sin(2 * np.pi * f * t)
    return 0.3 * x / np.abs(x).max() * np.minimum(1, 20 * np.minimum(t, duration - t))


def page_html(*objects, theme: str = "light", script: bool = True) -> str:
    """Write a page from the objects' own output, as a notebook renderer would: assets once, widgets by embed.js."""
    from ipywidgets.embed import embed_data

    from audio_edu.widgets._assets import script_and_style
    from audio_edu.widgets.explorer import Explorer

    parts, views = [], []
    for item in objects:
        if isinstance(item, Explorer):
            views.append(item.widget)
            parts.append(("widget", item))
        else:
            parts.append(("html", item.html))
    body, state = [], None
    if views:
        data = embed_data(views=views)
        state = json.dumps(data["manager_state"]).replace("</", "<\\/")
        specs = iter(data["view_specs"])
    for kind, item in parts:
        if kind == "html":
            body.append(item)
        else:
            spec = json.dumps(next(specs))
            body.append(f'{item.head_html()}<script type="application/vnd.jupyter.widget-view+json">{spec}</script>')
    if state:
        body.append(f'<script type="application/vnd.jupyter.widget-state+json">{state}</script>')
        body.append('<script src="embed.js"></script>')
    dark = "background:#121417;color:#ddd" if theme == "dark" else "background:#fff;color:#222"
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Widgets</title>'
        f'<link rel="icon" href="data:,"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{script_and_style() if script else ''}</head>"
        f'<body style="{dark};font-family:system-ui,sans-serif;margin:16px"><main><h1>Widgets</h1>{"".join(body)}</main></body></html>'
    )


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests; skipped where neither a system one nor Playwright's own is there."""
    sync_api = pytest.importorskip("playwright.sync_api")
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_api.sync_playwright() as p:
        try:
            launched = p.chromium.launch(
                executable_path=found,
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--autoplay-policy=no-user-gesture-required",
                ],
            )
        except sync_api.Error as error:
            pytest.skip(f"no Chromium: {error}")
        yield launched
        launched.close()


@pytest.fixture
def site(tmp_path):
    """A folder served on http://127.0.0.1, for one test."""
    if EMBED_JS.exists():
        (tmp_path / "embed.js").symlink_to(EMBED_JS)
    handler = functools.partial(_Quiet, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield tmp_path, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def open_page(browser, site):
    """Return open_page(*objects, **options): write the page, open it, and watch for errors and requests."""
    folder, address = site
    opened = []

    def open_(*objects, over: str = "http", width: int = 1000, javascript: bool = True, **options):
        (folder / "page.html").write_text(page_html(*objects, **options), encoding="utf-8")
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=javascript)
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
