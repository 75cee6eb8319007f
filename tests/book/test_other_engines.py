"""The rendered book in Firefox and WebKit, from the disk: what engines do differently, once in each.

What is true in every engine (links, weights, names) is asked in Chromium alone, of every page: test_pages.py.
"""

import pytest
from engines import MISSING, engine
from rendered import HTML, pages_with

pytestmark = pytest.mark.browser

HOW_TO = "front/how_to_use.html"
CHAPTER = "notebooks/05_convolutional_network.html"
DECODE = """
  const context = new OfflineAudioContext(1, 1, 44100), players = [];
  for (const player of document.querySelectorAll("audio-player")) {
    const seconds = [], peaks = [];
    for (const audio of player.querySelectorAll("audio")) {
      const bytes = Uint8Array.from(atob(audio.src.split(",")[1]), (c) => c.charCodeAt(0));
      const sound = await context.decodeAudioData(bytes.buffer);
      seconds.push(sound.duration);
      peaks.push(sound.getChannelData(0).reduce((most, v) => Math.max(most, Math.abs(v)), 0));
    }
    const said = Number(player.dataset.duration);
    players.push({ said, longest: Math.max(...seconds), softest: Math.min(...peaks) });
  }
  return players;
"""
SHOWN = "return [...document.querySelectorAll('.widget-stack :is(img, audio)')].map((e) => e.src)"


@pytest.fixture(scope="module", params=sorted(MISSING))
def reader(request, tmp_path_factory):
    """A browser that shows the book, or a word on why there is none."""
    if MISSING[request.param]:
        pytest.skip(MISSING[request.param])
    with engine(request.param, tmp_path_factory.mktemp(request.param)) as started:
        yield started


@pytest.fixture(scope="module")
def chapter(reader):
    reader.open((HTML / CHAPTER).as_uri())
    return reader


def test_the_menu_opens_and_closes_where_the_page_is_narrow(reader):
    reader.open((HTML / HOW_TO).as_uri(), size=(600, 900))
    assert reader.run("return innerWidth") < 900
    reader.click(".primary-toggle")
    reader.until("document.querySelector('#pst-primary-sidebar-modal[open] a')?.checkVisibility()")
    assert reader.run("return document.documentElement.scrollWidth <= innerWidth")
    reader.type("#pst-primary-sidebar-modal a", "\ue00c")
    reader.until("!document.querySelector('#pst-primary-sidebar-modal').open")


def test_the_dark_theme_leaves_pictures_on_their_axes(reader):
    reader.open((HTML / HOW_TO).as_uri())
    for _ in range(3):  # light, dark, as the system has it
        if reader.run("return document.documentElement.dataset.theme") == "dark":
            break
        reader.click("button.theme-switch-button")
    color = "return getComputedStyle(document.body).backgroundColor"
    assert sum(map(int, reader.run(color).strip("rgba()").split(",")[:3])) < 200
    framed = "return [...document.querySelectorAll('.ae-spec img')].map((e) => getComputedStyle(e).padding)"
    assert set(reader.run(framed)) == {"0px"}


def test_a_player_plays(reader):
    reader.open((HTML / HOW_TO).as_uri())
    reader.click("audio-player .ae-loop")  # or it ends before a busy machine sees it play
    reader.click("audio-player .ae-play")
    reader.until("document.querySelector('audio-player').playing")
    running = """
        const context = window.audioEdu.context;
        for (let n = 0; n < 100 && context.state !== "running"; n += 1)
            await new Promise((go) => setTimeout(go, 100));
        return context.state"""
    if reader.run(running) != "running":
        pytest.skip(
            "this browser plays nothing where there is no sound output (a null sink of PulseAudio does)"
        )
    reader.until("Number(document.querySelector('audio-player [role=slider]').ariaValueNow) > 0.3")
    reader.click("audio-player .ae-play")
    assert reader.run("return document.querySelector('audio-player').playing") is False


@pytest.mark.parametrize("question", ["reverb", "频谱"])
def test_search_finds_sections_in_both_languages(reader, question):
    reader.open(f"{(HTML / 'search.html').as_uri()}?q={question}")
    reader.until("document.querySelectorAll('.ae-results li').length > 0")
    assert question in reader.run("return document.querySelector('.ae-results').textContent.toLowerCase()")


def test_a_chapters_players_are_ready_and_its_formulas_set(chapter):
    count = "return all.map((selector) => document.querySelectorAll(selector).length)"
    players, ready, formulas, set_, wrong = chapter.run(
        count, "audio-player", "audio-player.ae-ready", ".math", "mjx-container", "mjx-merror"
    )
    assert players == ready > 5
    assert formulas == set_ > 20 and wrong == 0


def test_a_chapters_sounds_decode_to_their_length(chapter):
    players = chapter.run(DECODE)
    assert len(players) > 5
    for player in players:
        assert player["softest"] > 0.015
        assert player["longest"] == pytest.approx(player["said"], abs=0.06)


def test_a_slider_changes_picture_and_sound(chapter):
    chapter.until("document.querySelector('.widget-stack img') && document.querySelector('.noUi-handle')")
    before = chapter.run(SHOWN)
    chapter.type(".noUi-handle[role=slider]", "\ue014")
    after = chapter.until(f"(() => {{ const now = (() => {{ {SHOWN} }})();"
                          f" return String(now) === String(all[0]) ? null : now; }})()", before)  # fmt: skip
    for kind in ("data:image", "data:audio"):
        assert [s for s in before if s.startswith(kind)] != [s for s in after if s.startswith(kind)], kind


def test_an_exercise_is_checked_and_stays_solved(chapter):
    box = "audio-exercise[data-name='05-2']"
    for answer, said in [("3", "Not yet"), ("9248", "Right")]:
        chapter.run(f"document.querySelector({box!r} + ' input').value = ''")
        chapter.type(f"{box} input", answer + "\ue007")
        chapter.until(f"document.querySelector({box!r} + ' .ae-verdict').textContent.includes({said!r})")
    assert chapter.run("return localStorage.getItem('audio-edu:05-2')") == "right"


def test_a_drawing_is_read(reader):
    (path,) = pages_with("<digit-drawing")
    reader.open((HTML / path).as_uri())
    reader.click("digit-drawing .ae-answers button:last-of-type")
    reader.until(
        "document.querySelector('digit-drawing .ae-verdict').textContent.includes('Read in the test picture')"
    )
