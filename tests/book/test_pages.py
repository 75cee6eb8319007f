"""The rendered pages, as a reader meets them: in a real browser, with the network off."""

import re
import urllib.parse

import pytest
from rendered import HTML, pages_with, rendered_pages

pytestmark = pytest.mark.browser
every_page = pytest.mark.parametrize("path", rendered_pages())

MAX_PAGE_BYTES = 4_000_000
# What the theme and the widgets cannot do otherwise; everything else has to be clean.
ALLOWED_AXE = {"label-content-name-mismatch"}

PLAYERS = "audio-player"

DECODE = """async () => {
  const context = new OfflineAudioContext(1, 1, 44100);
  const heard = [];
  for (const audio of document.querySelectorAll('audio')) {
    const bytes = await (await fetch(audio.currentSrc || audio.src)).arrayBuffer();
    const sound = await context.decodeAudioData(bytes);
    let power = 0;
    const samples = sound.getChannelData(0);
    for (const sample of samples) power += sample * sample;
    heard.push({seconds: sound.duration, rms: Math.sqrt(power / samples.length),
                label: audio.closest('[aria-label]')?.getAttribute('aria-label')});
  }
  return heard;
}"""


def settle(page):
    """Wait until formulas are set and their fonts are there."""
    page.wait_for_function("document.fonts.status === 'loaded'")
    page.wait_for_timeout(500)


@every_page
def test_page_asks_no_other_host_and_complains_of_nothing(path, watched, book_url):
    watched.open(f"{book_url}/{path}")
    settle(watched.page)
    assert watched.foreign() == []
    assert watched.complaints == []


@every_page
def test_page_works_from_the_disk(path, watched):
    watched.open((HTML / path).as_uri())
    watched.page.wait_for_timeout(300)
    assert watched.foreign() == []
    assert watched.complaints == []
    assert watched.page.locator(PLAYERS).count() >= 1
    assert watched.page.locator("mjx-container").count() == watched.page.locator(".math").count()
    assert watched.page.locator("mjx-merror").count() == 0, "a formula that MathJax cannot read"


@every_page
def test_a_sound_stands_in_the_first_screen(path, watched, book_url):
    page = watched.open(f"{book_url}/{path}")
    first = page.locator(PLAYERS).first.bounding_box()
    assert first["y"] < 900 - 100, f"the first player begins at {first['y']:.0f} px"


@every_page
def test_every_player_decodes_to_sound(path, watched, book_url):
    page = watched.open(f"{book_url}/{path}")
    heard = page.evaluate(DECODE)
    assert heard
    for sound in heard:
        assert sound["seconds"] > 0.05, sound
        assert sound["rms"] > 1e-3, sound
        assert sound["label"], "a player without a name"


@every_page
def test_page_weight(path, watched, book_url, record_property):
    sizes = []
    watched.page.on("response", lambda response: sizes.append((response.url, len(response.body()))))
    watched.open(f"{book_url}/{path}")
    settle(watched.page)
    weight = sum(size for url, size in sizes if url.startswith("http"))
    record_property("bytes", weight)
    print(f"{path}: {weight / 1e6:.2f} MB in {len(sizes)} files")
    assert weight <= MAX_PAGE_BYTES, sorted(sizes, key=lambda pair: -pair[1])[:6]


@every_page
def test_internal_links_resolve(path, watched, book_url):
    page = watched.open(f"{book_url}/{path}")
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    for link in sorted({link for link in links if link.startswith(book_url)}):
        target = urllib.parse.urlsplit(link)
        file = HTML / urllib.parse.unquote(target.path).lstrip("/")
        file = file / "index.html" if file.is_dir() else file
        assert file.is_file(), f"{path} links to {target.path}, which is not there"
        if target.fragment and file.suffix == ".html":
            anchor = re.escape(urllib.parse.unquote(target.fragment))
            assert re.search(rf'\b(id|name)="{anchor}"', file.read_text("utf-8")), f"{path}: no {link}"


@every_page
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_accessible(path, mode, watched, book_url):
    from axe_playwright_python.sync_playwright import Axe

    page = watched.open(f"{book_url}/{path}")
    page.evaluate("mode => { document.documentElement.dataset.theme = mode; }", mode)
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    serious = [
        f"{v['id']}: {node['html'][:160]}"
        for v in found
        if v["impact"] in ("serious", "critical") and v["id"] not in ALLOWED_AXE
        for node in v["nodes"][:3]
    ]
    assert serious == []


@every_page
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_readable_on_a_phone(path, mode, watched, book_url):
    watched.page.set_viewport_size({"width": 390, "height": 844})
    page = watched.open(f"{book_url}/{path}")
    page.evaluate("mode => { document.documentElement.dataset.theme = mode; }", mode)
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "the page scrolls sideways"
    size = "getComputedStyle(document.querySelector('article section > p')).fontSize"
    assert page.evaluate(f"parseFloat({size})") >= 15
    overflowing = page.evaluate(
        """() => [...document.querySelectorAll('article figure, article img, audio-player, .widget-box')]
            .filter(e => e.getBoundingClientRect().right > 391 && e.getBoundingClientRect().width > 0)
            .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert overflowing == []


@every_page
def test_without_scripts_a_plain_player_and_its_picture_remain(path, browser, book_url):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{book_url}/{path}")
    assert page.locator("audio[controls]").first.is_visible()
    context.close()


def handle_over_sound(page, slider):
    """Whether the explorer that a slider belongs to holds a player."""
    return slider.evaluate("h => !!h.closest('.widget-vbox').querySelector('audio-player')")


@pytest.mark.parametrize("path", pages_with("widget-view+json"))
def test_every_explorer_moves_picture_and_sound(path, watched, book_url):
    page = watched.open(f"{book_url}/{path}")
    page.wait_for_selector(".widget-stack")
    sliders = page.locator(".noUi-handle[role=slider]")
    assert sliders.count() >= 1
    stacks = page.evaluate("document.querySelectorAll('.widget-stack').length")
    assert stacks >= 1
    shown = """tag => [...document.querySelectorAll(`.widget-stack ${tag}`)]
            .map(e => e.src || e.getAttribute('d')).join(' ')"""
    for number in range(sliders.count()):
        slider = sliders.nth(number)
        slider.scroll_into_view_if_needed()
        slider.focus()
        before = [page.evaluate(shown, tag) for tag in ("img, .widget-stack path", "audio")]
        key = "ArrowRight"
        at_end = slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax")
        if at_end:
            key = "ArrowLeft"
        took = page.evaluate(
            """async ([handle, key]) => {
                const start = performance.now();
                handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
                await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
                return performance.now() - start;
            }""",
            [slider.element_handle(), key],
        )
        after = [page.evaluate(shown, tag) for tag in ("img, .widget-stack path", "audio")]
        assert after[0] != before[0], f"slider {number} of {path} does not change the picture"
        in_sound = handle_over_sound(page, slider)
        assert not in_sound or after[1] != before[1], f"slider {number} of {path} does not change the sound"
        print(f"{path}: slider {number}: {took:.0f} ms")
        assert slider.get_attribute("aria-label"), f"slider {number} of {path} has no name"
    assert watched.complaints == []


@pytest.mark.parametrize("path", pages_with('class="ae-map"'))
def test_a_map_sounds_where_it_is_touched(path, watched, book_url):
    page = watched.open(f"{book_url}/{path}")
    player = page.locator("audio-player:has(.ae-map)")
    ground = player.locator(".ae-map")
    ground.scroll_into_view_if_needed()
    box, said = ground.bounding_box(), []
    for x, y in [(0.3, 0.4), (0.8, 0.7)]:
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        page.wait_for_function("player => player.playing", arg=player.element_handle())
        said.append(player.locator(".ae-here").inner_text())
    assert said[0] != said[1]
    assert watched.complaints == []


def test_players_play_by_keyboard(watched, book_url):
    path = pages_with("<audio-player")[0]
    page = watched.open(f"{book_url}/{path}")
    player = page.locator(PLAYERS).first
    slider = player.locator("[role=slider]").first
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


@pytest.mark.parametrize("place", ["server", "disk"])
def test_search_finds_a_chapter_offline(place, watched, book_url):
    start = book_url if place == "server" else HTML.as_uri()
    page = watched.open(f"{start}/search.html?q=convolution")
    page.wait_for_selector("#search-results li a")
    found = page.eval_on_selector_all("#search-results li a", "all => all.map(a => a.href)")
    assert any("02_convolution_sum" in link for link in found)
    assert watched.foreign() == []
