"""What a reader keeps in the browser, and what comes out on paper."""

import json

import pytest
from rendered import HTML, watched

pytestmark = pytest.mark.browser

CHAPTER = "notebooks/05_convolutional_network.html"
HOW_TO = "front/how_to_use.html"


@pytest.fixture(params=["server", "disk"])
def start(request):
    return request.getfixturevalue("book_url") if request.param == "server" else HTML.as_uri()


def summary(page):
    return page.locator(".ae-kept").inner_text()


def test_what_is_read_and_solved_is_kept_saved_and_read_again(browser, start, tmp_path):
    with watched(browser, f"{start}/{CHAPTER}") as opened:
        page = opened.page
        assert page.locator(".ae-tick").count() == 0
        box = page.locator("audio-exercise[data-name='05-2']")
        box.scroll_into_view_if_needed()
        box.locator("input").fill("9248")
        box.locator("input").press("Enter")
        page.locator("article section > h2").last.scroll_into_view_if_needed()
        page.locator(".ae-tick").first.wait_for(state="attached")

        page.goto(f"{start}/{HOW_TO}")
        assert summary(page).startswith("1 of ") and ", 1 of " in summary(page)
        row = page.locator(".ae-progress tr", has_text="convolutional network")
        assert "✓ read" in row.inner_text() and "1 of 6" in row.inner_text()
        with page.expect_download() as saving:
            page.get_by_role("button", name="Save to a file").click()
        saved = tmp_path / "progress.json"
        saving.value.save_as(saved)
        assert set(json.loads(saved.read_text("utf-8"))["kept"]) == {"05-2", "read:05"}

        page.get_by_role("button", name="Forget all").click()
        assert summary(page).startswith("0 of ")
        page.locator(".ae-progress input[type=file]").set_input_files(saved)
        page.wait_for_function("document.querySelector('.ae-kept').textContent.startsWith('1 of ')")
        bad = tmp_path / "bad.json"
        bad.write_text("no", "utf-8")
        page.locator(".ae-progress input[type=file]").set_input_files(bad)
        page.wait_for_function("document.querySelector('.ae-kept').textContent.includes('no progress')")
        assert opened.foreign() == [] and opened.complaints == []


def test_a_file_brings_in_nothing_but_progress(browser, book_url, tmp_path):
    strange = tmp_path / "strange.json"
    kept = {"01-1": "right", "theme": "dark", "read:<b>": "x", "02-1": ["x"], "03-1": "x" * 99}
    strange.write_text(json.dumps({"kept": kept}), "utf-8")
    with watched(browser, f"{book_url}/{HOW_TO}") as opened:
        opened.page.locator(".ae-progress input[type=file]").set_input_files(strange)
        opened.page.wait_for_function("document.querySelector('.ae-kept').textContent.includes(', 1 of ')")
        keys = opened.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('audio-edu:'))")
        assert keys == ["audio-edu:01-1"]


@pytest.mark.parametrize("path", [HOW_TO, CHAPTER])
def test_on_paper_pictures_stand_for_players(browser, book_url, path):
    with watched(browser, f"{book_url}/{path}") as opened:
        page = opened.page
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("button:visible, .ae-controls:visible, audio:visible").count() == 0
        assert page.locator(".bd-sidebar-primary").is_hidden()
        pictures = page.locator("audio-player .ae-plot img:visible, audio-player .ae-plot svg:visible")
        assert pictures.count() >= 1
        page.set_viewport_size({"width": 720, "height": 1020})  # A4 with its margins
        assert page.evaluate("document.documentElement.scrollWidth") <= 720, "cut off on paper"
        line = "e => getComputedStyle(e, '::after').content"
        assert path.rpartition("/")[2] in page.locator("audio-player").first.evaluate(line)


def test_what_can_be_copied_says_so_where_nothing_hovers(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    try:
        page = context.new_page()
        page.goto((HTML / CHAPTER).as_uri())
        button = page.locator("button.copybtn").first
        button.wait_for(state="attached")
        assert float(button.evaluate("e => getComputedStyle(e).opacity")) > 0.5
    finally:
        context.close()


FRAMES = """() => [...document.querySelectorAll('.bd-article *')]
  .filter((e) => e.matches('table, .ae-table, pre, div.math, mjx-container'))
  .filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 3 && e.clientWidth)
  .filter((e) => /auto|scroll/.test(getComputedStyle(e).overflowX))"""


@pytest.mark.parametrize("path", [CHAPTER, "notebooks/12_wavenet.html", "front/notation.html"])
def test_what_goes_on_to_the_side_of_a_phone_fades_there(browser, path):
    with watched(browser, (HTML / path).as_uri(), size=(390, 844)) as opened:
        page = opened.page
        frames = page.evaluate_handle(FRAMES)
        count = page.evaluate("(all) => all.length", frames)
        assert count >= 1
        seen = page.evaluate(
            """async (all) => {
              const look = (e) => {
                const mask = getComputedStyle(e).maskImage !== 'none';
                return [e.matches('.ae-before'), e.matches('.ae-more'), mask, e.tabIndex].join();
              };
              const out = new Set();
              for (const e of all) {
                e.scrollIntoView({ block: 'center' });  // far away it is not laid out
                for (let n = 0; n < 40 && !e.matches('.ae-more'); n += 1) {
                  await new Promise((go) => setTimeout(go, 50));
                }
                const looks = [look(e)];
                for (const at of [Math.min(10, (e.scrollWidth - e.clientWidth) / 2), e.scrollWidth]) {
                  const scrolled = new Promise((done) => {
                    e.addEventListener('scroll', () => setTimeout(done), { once: true });
                  });
                  e.scrollLeft = at;
                  await scrolled;
                  looks.push(look(e));
                }
                out.add(looks.join(' '));
              }
              return [...out];
            }""",
            frames,
        )
        wide = "false,true,true,0 true,true,true,0 true,false,true,0"
        little = "false,true,true,0 false,true,true,0 true,false,true,0"  # it goes on by some pixels only
        assert wide in seen and set(seen) <= {wide, little}


FAR = """() => [...document.querySelectorAll('article > section > section')]
  .filter((section) => !section.firstElementChild.checkVisibility({ contentVisibilityAuto: true }))
  .map((section) => section.id)"""


def test_on_a_phone_what_is_far_away_is_not_laid_out_and_yet_found_reached_and_printed(browser):
    """Nor are its pictures decoded, which saves a quarter of a phone's work at the start of chapter 14."""
    with watched(browser, (HTML / CHAPTER).as_uri(), size=(390, 844)) as opened:
        page = opened.page
        far = page.evaluate(FAR)
        assert len(far) >= 6 and "further-reading" in far
        # the text of a far section is found, an address leads to it, and then it is laid out
        assert page.evaluate("window.find('Further reading', true)")
        page.evaluate("location.hash = '#further-reading'")
        page.wait_for_function(
            "Math.abs(document.getElementById('further-reading').getBoundingClientRect().top) < 400"
        )
        assert "further-reading" not in page.evaluate(FAR)
        # what is looked at again is laid out in the next frame
        page.emulate_media(media="print")
        page.wait_for_function(f"({FAR})().length === 0")
        page.emulate_media(media="screen")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.wait_for_function(f"({FAR})().length === 0")
        assert opened.complaints == []
