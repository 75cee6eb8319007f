"""The search, as a reader meets it: by section, in both languages, from a server and from the disk."""

import base64
import json
import re
import sys
import urllib.parse
import zlib

import pytest
from rendered import HTML, ROOT, rendered_pages, watched

sys.path.insert(0, str(ROOT / "book" / "ext"))
from section_search import TEXTS, sections_of, texts_script

TEXTS_MOST_BYTES = 450_000  # the search page alone loads it


@pytest.fixture(params=["server", "disk"])
def start(request):
    return request.getfixturevalue("book_url") if request.param == "server" else HTML.as_uri()


def results(page):
    """The results that are shown: title, page, context and link of each."""
    return page.eval_on_selector_all(
        ".ae-results li",
        """all => all.map(e => ['.ae-found', '.ae-where', '.ae-context']
            .map(s => e.querySelector(s)?.textContent ?? '')
            .concat(e.querySelector('a').getAttribute('href')))""",
    )


@pytest.fixture
def asked(browser, start):
    """What a question finds; nothing may be asked of others or complained of."""
    opened_pages = []

    def ask(question, **options):
        context = watched(browser, f"{start}/search.html?q={urllib.parse.quote(question)}", **options)
        opened = context.__enter__()
        opened_pages.append((context, opened))
        opened.page.wait_for_function("document.querySelector('.ae-status')?.textContent")
        return opened.page

    yield ask
    for context, opened in opened_pages:
        assert opened.foreign() == [] and opened.complaints == []
        context.__exit__(None, None, None)


def unpacked() -> list:
    packed = re.search(r'"([^"]+)"', (HTML / "_static" / TEXTS).read_text("utf-8"))[1]
    return json.loads(zlib.decompress(base64.b64decode(packed)))


# --- What is kept ----------------------------------------------------------------------------------------


def page_of(inside: str) -> str:
    return f'<p>outside</p><article class="bd-article"><section id="s"><h1>S</h1>{inside}</section></article>'


@pytest.mark.parametrize(
    "silent",
    [
        '<div class="cell_input"><pre>code</pre></div>',
        '<div class="cell tag_solution"><p>the answer</p></div>',
        '<details class="hide"><summary>Open</summary></details>',
        "<details><summary>5 combinations</summary><ul><li>facts</li></ul></details>",
        '<span aria-hidden="true">0.5 s</span>',
        '<script type="x">state</script>',
        '<div class="math">\\[x\\]</div>',
        '<img src="data:image/webp;base64,AAAA">',
    ],
)
def test_code_solutions_and_marks_are_not_text(silent):
    (section,) = sections_of(page_of(f"<p>one</p>{silent}<p>two</p>"))
    assert section.text == "one two"


def test_sections_end_where_they_end_and_terms_are_sections():
    inside = (
        '<p>one<br>more</p><section id="t"><h2>T <code>x</code></h2><p>inner</p></section>'
        '<p>rest</p><dl class="simple myst"><dt><span id="term-a"><strong>a</strong></span> · 甲</dt>'
        '<dd><p>first</p></dd><dt><span id="term-b">b</span></dt><dd><p>second</p></dd></dl><p>end</p>'
    )
    assert [tuple(section) for section in sections_of(page_of(inside))] == [
        ("s", "S", "one more rest end"),
        ("t", "T x", "inner"),
        ("term-a", "a · 甲", "first"),
        ("term-b", "b", "second"),
    ]


def test_what_is_packed_can_be_unpacked():
    pages = [("a.html", sections_of(page_of("<p>频谱</p>")))]
    packed = re.search(r'"([^"]+)"', texts_script(pages))[1]
    assert json.loads(zlib.decompress(base64.b64decode(packed))) == [["a.html", [["s", "S", "频谱"]]]]


# --- The rendered book -----------------------------------------------------------------------------------


@pytest.mark.browser
def test_every_section_of_every_page_is_kept_and_has_its_anchor():
    kept = dict(unpacked())
    assert set(kept) == set(rendered_pages())
    for path, sections in kept.items():
        html = (HTML / path).read_text("utf-8")
        assert sections, path
        missing = [anchor for anchor, _, _ in sections if f'id="{anchor}"' not in html]
        assert missing == [], path


@pytest.mark.browser
def test_the_texts_are_small_and_sphinx_makes_no_index_beside_them():
    size = (HTML / "_static" / TEXTS).stat().st_size
    print(f"{size / 1000:.0f} kB")
    assert size <= TEXTS_MOST_BYTES
    others = [path for path in rendered_pages() if TEXTS in (HTML / path).read_text("utf-8")]
    assert others == []
    assert not (HTML / "searchindex.js").exists()


@pytest.mark.browser
def test_an_english_word_leads_to_its_section(asked):
    page = asked("reverb")
    found = results(page)
    hits = [entry for entry in found if "02_convolution_sum.html#" in entry[3]]
    assert hits, found
    assert all("reverb" in "".join(entry[:3]).lower() for entry in found)
    assert all(len(line) < 230 for _, _, line, _ in found), "more than a line of context"
    assert "The convolution sum" in hits[0][1]
    link = page.locator(".ae-results a[href*='02_convolution_sum.html#']").first
    anchor = link.get_attribute("href").partition("#")[2]
    link.click()
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    top = page.evaluate(
        "id => document.getElementById(decodeURIComponent(id)).getBoundingClientRect().top", anchor
    )
    assert -50 < top < 450, f"the section stands {top:.0f} px from the top"


@pytest.mark.browser
def test_a_chinese_word_leads_to_the_summaries_in_chinese(asked):
    found = results(asked("频谱"))
    assert any(title == "中文提要" for title, *_ in found), found
    assert any("glossary.html#term-spectrum" in href for *_, href in found)
    assert all("频谱" in "".join(entry[:3]) for entry in found)


@pytest.mark.browser
def test_all_words_have_to_be_there_in_any_form(asked):
    page = asked("filtering noises")
    assert any("2 · " in where for _, where, *_ in results(page))
    page.locator("#search-results").locator("xpath=..").locator("form input").fill('"vanishing gradient"')
    page.wait_for_function("document.querySelector('.ae-status').textContent.includes('vanishing')")
    assert all("vanish" in "".join(entry).lower() for entry in results(page))


@pytest.mark.browser
@pytest.mark.parametrize("question", ["zzyzx", "量子香蕉", "((", "reverb zzyzx"])
def test_nothing_found_is_said(asked, question):
    page = asked(question)
    assert results(page) == []
    said = page.locator(".ae-status").inner_text()
    assert said.startswith("No section has") or said.startswith("Type a word")


@pytest.mark.browser
def test_by_keyboard_from_another_page(browser, start):
    with watched(browser, f"{start}/back/bibliography.html") as opened:
        page = opened.page
        page.keyboard.press("Control+k")
        page.keyboard.type("aliasing")
        page.keyboard.press("Enter")
        page.wait_for_selector(".ae-results a")
        page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.className") == "ae-found"
        page.keyboard.press("ArrowUp")
        assert page.evaluate("document.activeElement.type") == "search"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_function("location.hash || !location.pathname.endsWith('search.html')")
        assert opened.foreign() == [] and opened.complaints == []


@pytest.mark.browser
def test_on_a_phone(asked):
    page = asked("gradient", size=(390, 844))
    assert len(results(page)) > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".ae-found").nth(1).bounding_box()["height"] >= 24
    field = page.locator(".bd-search-container form.bd-search")
    icon = field.locator("i").bounding_box()
    padding = field.locator("input").evaluate(
        "e => e.getBoundingClientRect().left + parseFloat(getComputedStyle(e).paddingLeft)"
    )
    assert icon["x"] + icon["width"] <= padding, "the magnifier covers what is typed"
