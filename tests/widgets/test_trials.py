"""The listening test: what it is as text, and a whole test in a real browser."""

import csv

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from widget_pages import RATE, voice

from audio_edu.metrics import accuracy_interval
from audio_edu.widgets import abx_test

SYSTEMS = {"clean": voice(150, 0.6), "high, shrill": voice(300, 0.6), "low": voice(80, 0.6)}
PAIRS = [("clean", "high, shrill"), ("clean", "low")]


def a_test(**options):
    sounds = {"one": SYSTEMS, "two": {name: x[::-1] for name, x in SYSTEMS.items()}}
    return abx_test(sounds, PAIRS, RATE, title="Who?", hint="Listen.", **options)


def test_as_text_it_is_its_pairs_and_its_sounds():
    text = repr(a_test())
    assert text.startswith("ABX test: Who? · 12 trials · clean | high, shrill; clean | low")
    assert "  low, two · 0.600 s · 16000 Hz" in text


def test_what_cannot_be_tested_is_named():
    sounds = {"one": SYSTEMS}
    with pytest.raises(ValueError, match="'nobody'"):
        abx_test(sounds, [("clean", "nobody")], RATE, title="T")
    with pytest.raises(ValueError, match="twice"):
        abx_test(sounds, [("clean", "clean")], RATE, title="T")
    with pytest.raises(ValueError, match="one of each"):
        abx_test(sounds, [], RATE, title="T")
    with pytest.raises(ValueError, match="title"):
        abx_test(sounds, PAIRS, RATE, title=" ")
    with pytest.raises(ValueError, match="weighs"):
        a_test(max_bytes=1000)


@pytest.mark.browser
@pytest.mark.parametrize(("over", "width", "theme"), [("file", 390, "dark"), ("http", 1000, "light")])
def test_a_whole_test_by_keyboard_ends_in_a_table_and_a_file(open_page, over, width, theme):
    page = open_page(a_test(), over=over, width=width, theme=theme)
    assert page.get_by_text("All 6 sounds, by name").count() == 0
    start = page.get_by_role("button", name="Start")
    start.focus()
    page.keyboard.press("Enter")
    truths, n_right = [], 0
    for i in range(12):
        assert page.get_by_text(f"Trial {i + 1} of 12").is_visible()
        assert page.get_by_role("radio").all_inner_texts() == ["A", "B", "X"]
        trial = page.evaluate(
            "(() => { const t = document.querySelector('audio-trials'); return t.trials[t.rows.length]; })()"
        )
        truths.append((trial["passage"], frozenset((trial["a"], trial["b"]))))
        assert trial["x"] in (trial["a"], trial["b"])
        right = "A" if trial["x"] == trial["a"] else "B"
        given = right if i % 4 else "AB"[right == "A"]  # every fourth answer is wrong
        n_right += given == right
        if i == 0:
            page.get_by_role("button", name="Play: Trial 1").click()
            page.get_by_role("button", name="Pause: Trial 1").wait_for()
            page.keyboard.press("3")  # to X
            assert page.get_by_role("radio", name="X").get_attribute("aria-checked") == "true"
            serious = [
                v["id"]
                for v in Axe().run(page).response["violations"]
                if v["impact"] in ("serious", "critical")
            ]
            assert serious == []
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        answer = page.get_by_role("button", name=f"X is {given}")
        answer.focus()
        page.keyboard.press("Enter")
    # each passage and pair equally often
    assert {truths.count(each) for each in truths} == {3}
    assert n_right == 9
    assert page.get_by_text("Done: 9 of 12 right.").is_visible()
    cells = page.get_by_role("row").last.get_by_role("cell").all_inner_texts()
    low, high = accuracy_interval(9, 12)
    assert cells == ["9 of 12", f"{low:.2f}–{high:.2f}", "0.073"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as CSV").click()
    rows = list(csv.DictReader(open(waiting.value.path(), encoding="utf-8")))
    assert len(rows) == 12
    assert sum(int(row["right"]) for row in rows) == 9
    assert {row["test"] for row in rows} == {"Who?"}
    assert all((row["answer"] == row["x"]) == (row["right"] == "1") for row in rows)
    assert np.all([float(row["seconds"]) >= 0 for row in rows])
    page.get_by_role("button", name="Once more").click()
    assert page.get_by_text("Trial 1 of 12").is_visible()


@pytest.mark.browser
def test_without_scripts_all_sounds_are_in_a_list(open_page):
    page = open_page(a_test(), javascript=False)
    page.get_by_text("All 6 sounds, by name").click()
    assert page.locator("audio").count() == 6
