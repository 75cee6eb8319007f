"""The drawing field: its probabilities are Python's; pointer, finger and keys; disk and server."""

from __future__ import annotations

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from audio_edu.widgets import digit_drawing
from conftest import WIDGETS

PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Draw</title>'
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
    '<link rel="stylesheet" href="player.css"><link rel="stylesheet" href="drawing.css">'
    '<script src="player.js" defer></script><script src="drawing.js" defer></script></head>'
    "<body><main><h1>Draw</h1>{}</main></body></html>"
)


@pytest.fixture(scope="module")
def reader():
    found, test = load_digits(), np.arange(1797) % 4 == 0
    model = LogisticRegression(max_iter=2000).fit(found.data[~test] / 16, found.target[~test])
    return model, (found.images[test] / 16).astype(np.float32)


def a_field(reader):
    model, pictures = reader
    sounds = [0.3 * np.sin(2 * np.pi * 100 * (i + 2) * np.arange(3000) / 8000) for i in range(10)]
    return digit_drawing(model.coef_, model.intercept_, sounds, 8000, examples=pictures[:3], title="Draw")


@pytest.fixture
def page_folder(site, monkeypatch, reader):
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    folder, address = site
    for name in ("player.js", "drawing.js", "drawing.css", "player.css"):
        (folder / name).write_text((WIDGETS / name).read_text("utf-8"), "utf-8")
    (folder / "page.html").write_text(PAGE.format(a_field(reader)._repr_html_()), "utf-8")
    return folder, address


@pytest.mark.browser
def test_probabilities_are_those_of_python(page_folder, browser, reader):
    model, pictures = reader
    page = browser.new_page()
    page.goto(f"{page_folder[1]}/page.html")
    rows = pictures[:100].reshape(100, 64)
    found = page.evaluate(
        "rows => { const d = document.querySelector('digit-drawing');"
        " return rows.map(row => digitDrawing.probabilities(d.reader, row)); }",
        rows.tolist(),
    )
    np.testing.assert_allclose(found, model.predict_proba(rows), atol=1e-3)
    page.close()


def read(page) -> str:
    page.wait_for_function("document.querySelector('.ae-verdict').textContent.startsWith('Read')")
    return page.locator(".ae-verdict").inner_text()


def draw(page, strokes):
    box = page.locator(".ae-field").bounding_box()
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
            if i == 0:
                page.mouse.down()
        page.mouse.up()


ZERO = [[(0.5 + 0.22 * np.sin(a), 0.5 - 0.35 * np.cos(a)) for a in np.linspace(0, 6.3, 25)]]
SEVEN = [[(0.3, 0.15), (0.7, 0.15), (0.5, 0.5), (0.42, 0.85)]]


@pytest.mark.browser
@pytest.mark.parametrize(("over", "width"), [("file", 390), ("http", 1000)])
def test_a_drawing_is_read_and_spoken(page_folder, browser, over, width):
    folder, address = page_folder
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, troubles = context.new_page(), []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(f"{address}/page.html" if over == "http" else (folder / "page.html").as_uri())
    for strokes, digit in ((ZERO, "0"), (SEVEN, "7")):
        draw(page, strokes)
        page.get_by_role("button", name="Read and speak").click()
        assert f": {digit} (" in read(page)
        page.wait_for_function(f"document.querySelectorAll('audio')[{digit}].played.length > 0")
        page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="A test picture").click()
    assert "test picture" in read(page)
    serious = [
        v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")
    ]
    assert serious == [] and troubles == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    context.close()


@pytest.mark.browser
def test_by_keys(page_folder, browser):
    page = browser.new_page()
    page.goto(f"{page_folder[1]}/page.html")
    page.locator(".ae-field").focus()
    page.keyboard.press("Enter")
    assert "no ink" in page.locator(".ae-verdict").inner_text()
    page.keyboard.press("Space")
    for _ in range(11):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert ": 1 (" in read(page)
    page.keyboard.press("Delete")
    assert "Draw" in page.locator(".ae-verdict").inner_text()
    page.close()


def test_as_text_and_in_a_notebook(monkeypatch, reader):
    assert repr(a_field(reader)) == "drawing: Draw · ten sounds, 0.375 s · 3 examples"
    monkeypatch.delenv("AUDIO_EDU_STATIC", raising=False)
    assert "customElements.define" in a_field(reader)._repr_html_()
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    assert "customElements.define" not in a_field(reader)._repr_html_()
    with pytest.raises(ValueError, match="ten sounds"):
        digit_drawing(
            np.zeros((10, 64)), np.zeros(10), [np.ones(9)], 8000, examples=np.ones((1, 8, 8)), title="T"
        )
