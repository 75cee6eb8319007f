"""The instructor's guide: its plans fit their time, and its tables follow from the chapters."""

import re
import sys
from pathlib import Path

import pipeline
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "book" / "ext"))
import guide  # noqa: E402

PLANS = guide.settings()["plan"]
NUMBERS = [source.stem[:2] for source in pipeline.chapter_sources() if int(source.stem[:2]) <= 22]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan["title"])
def test_a_plan_fits_its_time_and_names_what_exists(plan):
    spent = sum(minutes for _, minutes in guide.plan_rows(plan))
    assert 0.75 * plan["minutes"] <= spent <= plan["minutes"]


def test_every_chapter_says_what_it_is_for():
    assert set(NUMBERS) <= set(guide.settings()["purpose"])


def test_the_tables_have_a_row_for_each_chapter():
    for text in (guide.chapter_times(), guide.term_plan()):
        assert re.findall(r"\.\./notebooks/(\d\d)_\w+\) \|", text) == NUMBERS


def test_the_minutes_of_the_parts_are_those_of_the_whole():
    times = guide.chapter_times()
    for chapter in guide.chapters():
        assert set(chapter.titles) == set(chapter.exercises)
        text = times.partition(f"Chapter {int(chapter.number)}:")[2].partition(":::")[0]
        whole, *parts = map(int, re.findall(r"(?:^ |\| )(\d+)(?: min in parts| \|$)", text, re.M))
        assert whole == sum(parts)


def test_mistakes_are_listed_without_the_right_answer():
    text = guide.known_mistakes()
    assert "05-1, How many numbers" in text
    assert "**8000**: without padding" in text and "5888" not in text


@pytest.mark.parametrize(
    ("row", "shown"),
    [("10 min: Break", ("Break", 10)), ("05-1, 05-2", ("Exercises 05-1, 05-2", 6))],
)
def test_a_row_of_a_plan(row, shown):
    assert guide.parts_of(row, {chapter.number: chapter for chapter in guide.chapters()}) == shown
