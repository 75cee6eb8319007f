"""Exercises in a page without a kernel: the same messages as in a notebook, and progress that is kept."""

import re

import pytest
from rendered_exercise import opened

from audio_edu.exercises.check import SAID, Form, _wrong_letters, _wrong_number

pytestmark = pytest.mark.browser
NUMBER = {"kind": "compute", "level": 1, "minutes": 2, "right": 1200, "because": "So it is.",
          "mistakes": [[1500, "that is the tail"]]}  # fmt: skip
FRACTION = {"kind": "compute", "level": 2, "minutes": 2, "right": 0.5, "tolerance": 0.01}
CHOICE = {"kind": "listen", "level": 1, "minutes": 2, "right": "b", "options": [["one", "no"], ["two", ""]]}
STEPS = {"kind": "derive", "level": 3, "minutes": 5, "right": "cab", "steps": ["x", "y", "z"],
         "mistakes": [["bac", "y comes last"]]}  # fmt: skip


@pytest.fixture
def page(browser, tmp_path, monkeypatch):
    with opened(
        browser, tmp_path, monkeypatch, {"n": NUMBER, "f": FRACTION, "c": CHOICE, "s": STEPS}
    ) as page:
        yield page


def exercise(page, name):
    return page.locator(f"audio-exercise[data-name='{name}']")


def verdict(wrong, because=""):
    return f"{SAID['not_yet']} {wrong}." if wrong else f"{SAID['right']}{because}"


@pytest.mark.parametrize(
    ("typed", "same"),
    [("1200", 1200), ("1,200", 1200), ("1500", 1500), ("1199", 1199), ("-1200", -1200), ("1210", 1210),
     ("9000", 9000), ("3", 3), ("'1200'", "1200"), ("nan", float("nan")), ("inf", float("inf")), ("x", [1])],
)  # fmt: skip
def test_a_number(page, typed, same):
    box = exercise(page, "n")
    box.locator("input").fill(typed)
    box.get_by_role("button", name="Check").click()
    assert box.locator(".ae-verdict").inner_text() == verdict(_wrong_number(NUMBER, same), " So it is.")


def test_a_decimal_comma_and_a_tolerance(page):
    box = exercise(page, "f")
    for typed, wrong in [("0,505", ""), ("0.47", SAID["small"]), ("0.52", SAID["large"])]:
        box.locator("input").fill(typed)
        box.locator("input").press("Enter")
        assert box.locator(".ae-verdict").inner_text() == verdict(wrong)


def test_a_choice_and_steps(page):
    box = exercise(page, "c")
    for letter in "ab":
        box.get_by_role("radio", name=f"{letter}. ").check()
        box.get_by_role("button", name="Check").click()
        assert box.locator(".ae-verdict").inner_text() == verdict(_wrong_letters(CHOICE, letter))
    box = exercise(page, "s")
    given = "abc"
    for move, given in [(None, "abc"), ("Move up: y", "bac"), ("Move up: z", "bca"), ("Move up: z", "cba"),
                        ("Move up: x", "cab")]:  # fmt: skip
        if move:
            box.get_by_role("button", name=re.compile(f"^{move}$")).click()
        box.get_by_role("button", name="Check").click()
        assert box.locator(".ae-verdict").inner_text() == verdict(_wrong_letters(STEPS, given))


def test_what_is_solved_stays_solved(page):
    box = exercise(page, "n")
    box.locator("input").fill("1200")
    box.locator("input").press("Enter")
    page.reload()
    assert "solved" in exercise(page, "n").locator(".ae-facts").inner_text()
    assert "solved" not in exercise(page, "f").locator(".ae-facts").inner_text()


def test_accessible_and_no_wider_than_a_phone(page):
    from axe_playwright_python.sync_playwright import Axe

    page.set_viewport_size({"width": 390, "height": 844})
    found = [
        v["id"] for v in Axe().run(page).response["violations"] if v["impact"] in ("serious", "critical")
    ]
    assert found == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert Form("n", NUMBER).facts in exercise(page, "n").inner_text()
