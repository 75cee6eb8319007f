"""The rendered pages, as a reader meets them: in a real browser, with the network off.

The checks of a page are asked of one open page, in the order of this file: `desktop`, `phone` and
`scriptless` (see conftest.py) are the three ways in which a page is opened.
"""

import json
import re
import urllib.parse

import numpy as np
import pytest
import soundfile
from axe_playwright_python.base import AXE_SCRIPT
from rendered import HTML, pages_with, rendered_pages, watched

from audio_edu.datasets import load_digits

pytestmark = pytest.mark.browser

# The budget of a page with all that it loads; scripts, styles and fonts take 2.4 MB of it.
MAX_PAGE_BYTES = 4_000_000
# What the theme and the widgets cannot do otherwise; everything else has to be clean.
ALLOWED_AXE = {"label-content-name-mismatch"}

PAGES = rendered_pages()
PLAYERS = "audio-player"

DECODE = """async () => {
  const context = new OfflineAudioContext(1, 1, 44100);
  const sounds = [];
  for (const audio of document.querySelectorAll('audio')) {
    const bytes = await (await fetch(audio.currentSrc || audio.src)).arrayBuffer();
    const sound = await context.decodeAudioData(bytes);
    const peak = sound.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
    const facts = audio.closest('.ae-sound').querySelector('.ae-facts').textContent;
    sounds.push({seconds: sound.duration, silent: facts.includes('silent'), peak,
                 label: audio.closest('[aria-label]')?.getAttribute('aria-label')});
  }
  return sounds;
}"""


# Marks the elements with text, three of each look: the contrast of text is that of its colours and its size
# on all that lies behind it, so of thousands of tokens of code a few tell all. What is placed freely may lie
# on anything, and looks like nothing else.
MARK_LOOKS = """() => {
  const grounds = new Map([[null, '']]), counts = {};
  const ground = (element) => {
    if (!grounds.has(element)) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(element);
      const own = [backgroundColor, backgroundImage, opacity].join();
      const placed = /absolute|fixed|sticky/.test(position) ? grounds.size : '';
      const shown = own === 'rgba(0, 0, 0, 0),none,1' ? '' : own;
      grounds.set(element, ground(element.parentElement) + shown + placed);
    }
    return grounds.get(element);
  };
  for (const element of document.querySelectorAll('body *')) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const hasText = texts.some((text) => text.data.trim()) && element.checkVisibility();
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const look = [ground(element), color, fontSize, fontWeight].join();
    if (hasText) counts[look] = (counts[look] ?? 0) + 1;
    const isOne = (hasText && counts[look] <= 3) || element.matches('input, select, textarea');
    element.toggleAttribute('data-look', isOne);
  }
}"""
AXE = """async (mode) => {
  axe.configure({ rules: [{ id: 'color-contrast', selector: '[data-look]' }] });
  const options = { resultTypes: ['violations'], preload: { assets: ['media'] } };
  if (mode === 'dark') options.runOnly = ['color-contrast', 'link-in-text-block'];  // all else is as it was
  return (await axe.run(options)).violations;
}"""


def opened(way, pages=PAGES):
    """Ask a check of each page, opened in one way."""
    return pytest.mark.parametrize(way, pages, indirect=True)


in_both_modes = pytest.mark.parametrize("mode", ["light", "dark"])
# Nothing fades: a transition that is waited for may never end where the browser draws no frames.
SET_MODE = """(mode) => {
  if (!document.getElementById('still')) {
    const still = Object.assign(document.createElement('style'), { id: 'still' });
    still.textContent = '*, *::before, *::after { transition: none !important; animation: none !important; }';
    document.head.append(still);
  }
  document.documentElement.dataset.theme = mode;
}"""


# --- On a wide screen ------------------------------------------------------------------------------------


@opened("desktop")
def test_page_weight(desktop, record_property):
    paths = {urllib.parse.urlsplit(url).path for url in desktop.requests if url.startswith("http")}
    files = [HTML / urllib.parse.unquote(path).lstrip("/") for path in paths]
    sizes = {file: file.stat().st_size for file in files if file.is_file()}
    weight = sum(sizes.values())
    record_property("bytes", weight)
    print(f"{weight / 1e6:.2f} MB in {len(sizes)} files")
    assert weight <= MAX_PAGE_BYTES, sorted(sizes.items(), key=lambda pair: -pair[1])[:6]


@opened("desktop")
def test_a_sound_stands_in_the_first_screen(desktop):
    first = desktop.page.locator(PLAYERS).first.bounding_box()
    assert first["y"] < 900 - 100, f"the first player begins at {first['y']:.0f} px"


@opened("desktop")
def test_every_player_decodes_to_sound(desktop):
    sounds = desktop.page.evaluate(DECODE)
    assert sounds
    for sound in sounds:
        assert sound["seconds"] > 0.05, sound
        assert sound["silent"] or sound["peak"] > 0.015, sound  # silent, and it says so
        assert sound["label"], "a player without a name"


@opened("desktop")
def test_internal_links_resolve(desktop, book_url):
    links = desktop.page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    for link in sorted({link for link in links if link.startswith(book_url)}):
        target = urllib.parse.urlsplit(link)
        file = HTML / urllib.parse.unquote(target.path).lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        assert file.is_file(), f"a link to {target.path}, which is not there"
        if target.fragment and file.suffix == ".html":
            anchor = re.escape(urllib.parse.unquote(target.fragment))
            assert re.search(rf'\b(id|name)="{anchor}"', file.read_text("utf-8")), f"no {link}"


@opened("desktop", [path for path in PAGES if path.startswith("notebooks/")])
def test_the_download_button_gives_the_students_copy(desktop):
    """Its name is `.ipynb`, and it has no cell of a solution."""
    links = desktop.page.eval_on_selector_all(
        ".btn-download-source-button[href$='.ipynb']", "all => all.map((a) => a.href)"
    )
    (file,) = {HTML / urllib.parse.urlsplit(link).path.lstrip("/") for link in links}
    cells = json.loads(file.read_text("utf-8"))["cells"]
    assert len(cells) > 10
    assert not [cell for cell in cells if "solution" in cell["metadata"].get("tags", [])]
    assert "Right!" not in file.read_text("utf-8")


@in_both_modes
@opened("desktop")
def test_accessible(desktop, mode):
    desktop.page.evaluate(SET_MODE, mode)
    desktop.page.evaluate(AXE_SCRIPT)
    desktop.page.evaluate(MARK_LOOKS)
    serious = [
        f"{v['id']}: {node['html'][:160]}"
        for v in desktop.page.evaluate(AXE, mode)
        if v["impact"] in ("serious", "critical") and v["id"] not in ALLOWED_AXE
        for node in v["nodes"][:3]
    ]
    assert serious == []


@opened("desktop", pages_with("widget-view+json"))
def test_every_explorer_moves_picture_and_sound(desktop):
    page = desktop.page
    page.wait_for_selector(".widget-stack")
    sliders = page.locator(".noUi-handle[role=slider]")
    assert sliders.count() >= 1
    shown = """tag => [...document.querySelectorAll(`.widget-stack ${tag}`)]
            .map(e => e.src || e.getAttribute('d')).join(' ')"""
    for number in range(sliders.count()):
        slider = sliders.nth(number)
        slider.scroll_into_view_if_needed()
        slider.focus()
        before = [page.evaluate(shown, tag) for tag in ("img, .widget-stack path", "audio")]
        at_end = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
        took = slider.evaluate(
            """async (handle, key) => {
                const start = performance.now();
                handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
                await new Promise(done => {
                    requestAnimationFrame(() => setTimeout(done));
                    setTimeout(done, 5000);  // where no frame is drawn
                });
                return performance.now() - start;
            }""",
            "ArrowLeft" if at_end else "ArrowRight",
        )
        print(f"slider {number}: {took:.0f} ms")
        after = [page.evaluate(shown, tag) for tag in ("img, .widget-stack path", "audio")]
        assert after[0] != before[0], f"slider {number} does not change the picture"
        has_player = slider.evaluate("h => !!h.closest('.widget-vbox').querySelector('audio-player')")
        assert not has_player or after[1] != before[1], f"slider {number} does not change the sound"
        assert slider.get_attribute("aria-label"), f"slider {number} has no name"


@opened("desktop", pages_with('class="ae-map"'))
def test_a_map_sounds_where_it_is_touched(desktop):
    page = desktop.page
    player = page.locator("audio-player:has(.ae-map)")
    ground = player.locator(".ae-map")
    ground.scroll_into_view_if_needed()
    player.evaluate("player => player.setLoop(true)")  # or it ends before a busy machine sees it play
    box, said = ground.bounding_box(), []
    for x, y in [(0.3, 0.4), (0.8, 0.7)]:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_function("player => player.playing", arg=player.element_handle())
        said.append(player.locator(".ae-here").inner_text())
    assert said[0] != said[1]


@opened("desktop", pages_with("<audio-player")[:1])
def test_players_play_by_keyboard(desktop):
    page = desktop.page
    slider = page.locator(PLAYERS).first.locator("[role=slider]").first
    slider.focus()
    page.keyboard.press("Space")
    page.wait_for_function("handle => Number(handle.ariaValueNow) > 0.05", arg=slider.element_handle())
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.wait_for_timeout(50)
    assert float(slider.get_attribute("aria-valuenow")) == pytest.approx(0, abs=0.05)
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(50)
    assert float(slider.get_attribute("aria-valuenow")) > 0


@in_both_modes
@opened("desktop")
def test_spectrograms_fill_their_axes(desktop, mode):
    """A theme's frame around pictures would move them away from the labels and the playhead."""
    desktop.page.evaluate(SET_MODE, mode)
    framed = desktop.page.eval_on_selector_all(
        ".ae-spec img", "all => all.map((e) => getComputedStyle(e).padding).filter((p) => p !== '0px')"
    )
    assert framed == []


@opened("desktop")
def test_page_asks_no_other_host_and_complains_of_nothing(desktop):
    """The last question to the open page: its sliders have been moved and its sounds played."""
    assert desktop.foreign() == []
    assert desktop.complaints == []


# --- From the disk of a phone, and without scripts -------------------------------------------------------


@opened("phone")
def test_page_works_from_the_disk(phone):
    assert phone.foreign() == []
    assert phone.complaints == []
    assert phone.page.locator(PLAYERS).count() >= 1
    assert phone.page.locator("mjx-container").count() == phone.page.locator(".math").count()
    assert phone.page.locator("mjx-merror").count() == 0, "a formula that MathJax cannot read"


@in_both_modes
@opened("phone")
def test_readable_on_a_phone(phone, mode):
    page = phone.page
    page.evaluate(SET_MODE, mode)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    size = "getComputedStyle(document.querySelector('article section > p')).fontSize"
    assert page.evaluate(f"parseFloat({size})") >= 15
    overflowing = page.evaluate(
        """() => [...document.querySelectorAll('article figure, article img, audio-player, .widget-box')]
            .filter(e => e.getBoundingClientRect().right > 391 && e.getBoundingClientRect().width > 0)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert overflowing == []


@opened("phone")
def test_menus_open_and_close_on_a_phone(phone):
    page = phone.page
    for which in ("primary", "secondary"):
        button = page.locator(f".{which}-toggle:visible")
        if not button.count():  # a page without headings has no contents
            continue
        menu = page.locator(f"#pst-{which}-sidebar-modal")
        button.click()
        menu.locator("a").first.wait_for()
        page.keyboard.press("Escape")
        menu.wait_for(state="hidden")


@opened("scriptless")
def test_without_scripts_a_plain_player_and_its_picture_remain(scriptless):
    assert scriptless.page.locator("audio[controls]").first.is_visible()


@pytest.mark.parametrize("place", ["server", "disk"])
def test_the_recogniser_answers_and_is_loaded_only_when_asked(place, browser, book_url, tmp_path):
    (path,) = pages_with("<digit-recognizer")
    test = load_digits().test
    word = int(np.flatnonzero(test.labels == 7)[0])
    soundfile.write(tmp_path / "seven.wav", test.audio[word], test.sample_rate, subtype="FLOAT")
    with watched(browser, f"{book_url if place == 'server' else HTML.as_uri()}/{path}") as opened:
        assert not any("digit_weights" in url for url in opened.requests)
        opened.page.set_input_files("digit-recognizer input[type=file]", tmp_path / "seven.wav")
        opened.page.get_by_text("“seven”").wait_for()
        assert opened.foreign() == [] and opened.complaints == []


@pytest.mark.parametrize("place", ["server", "disk"])
def test_a_test_picture_is_read_and_spoken(place, browser, book_url):
    (path,) = pages_with("<digit-drawing")
    with watched(browser, f"{book_url if place == 'server' else HTML.as_uri()}/{path}") as opened:
        opened.page.locator("digit-drawing").get_by_role("button", name="A test picture").click()
        opened.page.get_by_text("Read in the test picture").wait_for()
        opened.page.wait_for_function(
            "[...document.querySelectorAll('digit-drawing audio')].some((sound) => sound.played.length > 0)"
        )
        assert opened.foreign() == [] and opened.complaints == []
