"""A deck of slides: nothing is given away, and players and explorers work in it with the network off."""

import minutes
import nbformat
import pipeline
import pytest
import slides
from rendered import watched

SOURCES = pipeline.chapter_sources()
CHAPTER = next(source for source in SOURCES if source.stem.startswith("05"))


def executed(source):
    return nbformat.read(pipeline.notebook_of(source), as_version=4)


def html_of(notebook, cells=None):
    outputs = (out for cell in cells or notebook.cells for out in cell.get("outputs", []))
    return {out.get("data", {}).get("text/html", "") for out in outputs}


def kinds(notebook):
    return [cell.metadata.slideshow.slide_type for cell in notebook.cells]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_what_sounds_or_moves_is_on_a_slide_and_no_solution_is(source):
    notebook = executed(source)
    deck = slides.slide_notebook(notebook)
    shown = nbformat.writes(deck)
    kept = html_of(deck)
    open_cells = [cell for cell in notebook.cells if not minutes.is_solution(cell)]
    summary = "## 中文提要"
    before = next((k for k, cell in enumerate(open_cells) if summary in cell.source), len(open_cells))
    players = {html for html in html_of(notebook, open_cells[:before]) if "<audio-player" in html}
    assert players <= kept
    for cell in notebook.cells:
        if minutes.is_solution(cell):
            assert cell.source not in [each.source for each in deck.cells]
    assert "Right!" not in shown and "{cite" not in shown and "## 中文提要" not in shown
    assert kinds(deck)[0] == "slide" and set(kinds(deck)) <= {"slide", "subslide", "notes", "-"}


def test_prose_is_in_the_notes_of_the_slide_where_it_is_said():
    text = "# T\n\nLead.\n\n## A\n\n" + "word " * 80 + "\n\n$$\nx\n$$\n\n* one"
    code = nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output("stream", text="1\n")])
    cells = [nbformat.v4.new_markdown_cell(text), code, nbformat.v4.new_markdown_cell("Said " * 70)]
    deck = slides.slide_notebook(nbformat.v4.new_notebook(cells=cells))
    assert [(kind, cell.source[:6].strip()) for kind, cell in zip(kinds(deck), deck.cells, strict=True)] == [
        ("slide", "# T"), ("-", "Lead."), ("slide", "## A"), ("-", "$$\nx\n$"), ("-", "* one"), ("-", "x"),
        ("notes", "word w"),
    ]  # fmt: skip


@pytest.fixture(scope="module")
def deck(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("deck")
    slides.write_slides([pipeline.notebook_of(CHAPTER)], folder)
    with watched(browser, (folder / f"{CHAPTER.stem}.html").as_uri()) as opened:
        opened.page.wait_for_function("document.documentElement.dataset.deck === 'ready'")
        yield opened


PLACE = "[...document.querySelectorAll('section')].map((s) => s.classList.contains('present')).join()"


def go_to(page, selector):
    """Go to the slide that holds the first element of this kind."""
    page.evaluate(
        """selector => {
            const slide = document.querySelector(selector).closest('section'), stack = slide.parentElement;
            const at = (element) => [...element.parentElement.children].indexOf(element);
            location.hash = `#/${at(stack)}/${at(slide)}`;
        }""",
        selector,
    )
    page.wait_for_function("s => document.querySelector('section.present:not(.stack) ' + s)", arg=selector)


@pytest.mark.browser
def test_every_slide_can_be_reached_by_the_space_bar(deck):
    page = deck.page
    page.evaluate("location.hash = '#/0'")
    n_slides = page.locator(".slides section section").count()
    assert n_slides > 20
    for _ in range(n_slides - 1):
        page.keyboard.press("Space")
    last = page.locator(".slides section section").last
    assert "present" in last.get_attribute("class")


@pytest.mark.browser
def test_a_player_plays_on_its_slide_and_keeps_its_keys(deck):
    page = deck.page
    go_to(page, "audio-player")
    place = page.evaluate(PLACE)
    handle = page.locator("section.present audio-player [role=slider]").first
    handle.focus()
    page.keyboard.press("Space")
    page.wait_for_function("handle => Number(handle.ariaValueNow) > 0.05", arg=handle.element_handle())
    page.keyboard.press("Home")
    assert page.evaluate(PLACE) == place


@pytest.mark.browser
def test_an_explorer_moves_picture_and_sound(deck):
    page = deck.page
    go_to(page, ".noUi-handle")
    slide = page.locator("section.present:not(.stack)")
    shown = "slide => [...slide.querySelectorAll('.widget-stack img, audio')].map((e) => e.src).join()"
    before, place = slide.evaluate(shown), page.evaluate(PLACE)
    slide.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert slide.evaluate(shown) != before
    assert page.evaluate(PLACE) == place


@pytest.mark.browser
def test_notes_and_formulas_show_and_no_other_host_is_asked(deck):
    page = deck.page
    go_to(page, "aside.notes")
    notes = page.locator("section.present:not(.stack) > aside.notes")
    assert not notes.is_visible()
    page.keyboard.press("s")
    assert notes.is_visible()
    assert page.locator("mjx-container").count() > 20
    assert page.locator("mjx-merror").count() == 0
    assert deck.foreign() == [] and deck.complaints == []
