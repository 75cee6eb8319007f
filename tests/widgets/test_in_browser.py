"""The players and explorers in a real browser: playing, seeking, switching, guessing, sliding."""

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from widget_pages import RATE, four, voice

from audio_edu import plots
from audio_edu._assets import script_and_style
from audio_edu.widgets import compare, explore, listen
from conftest import EMBED_JS

pytestmark = pytest.mark.browser
needs_embed = pytest.mark.skipif(not EMBED_JS.exists(), reason="book/vendor/widgets is not there")

# What the reader hears: every sample that leaves the page's mixer, kept in window.heard. A worklet runs on
# the audio thread, so nothing is lost while the page's own thread is busy.
TAP = """async () => {
  const { context, output } = window.audioEdu;
  const code = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; } })`;
  await context.audioWorklet.addModule("data:text/javascript," + encodeURIComponent(code));
  window.tap = new AudioWorkletNode(context, "tap");
  window.heard = []; window.rate = context.sampleRate;
  window.tap.port.onmessage = ({ data }) => window.heard.push(...data);
  output.connect(window.tap); }"""


# Where the player is, and the clock that it plays by (both in seconds).
TIMES = "[document.querySelector('audio-player').now(), window.audioEdu.context.currentTime]"
LONG = 20.0  # seconds: no busy machine comes to the end of it


def tone(f0_hz=440.0, duration=2.0, level=0.1):
    return level * np.sin(2 * np.pi * f0_hz * np.arange(round(duration * RATE)) / RATE)


def position(page, i=0):
    return page.evaluate(f"document.querySelectorAll('audio-player')[{i}].now()")


def is_playing(page, i=0):
    return page.evaluate(f"document.querySelectorAll('audio-player')[{i}].playing")


@pytest.mark.parametrize("over", ["http", "file"])
def test_play_moves_the_playhead_and_sounds(open_page, over):
    page = open_page(listen(tone(duration=LONG), RATE, title="A4"), over=over)
    page.get_by_role("button", name="Play: A4").click()
    page.get_by_role("button", name="Pause: A4").wait_for()
    page.evaluate(TAP)
    page.wait_for_timeout(600)
    assert 0.3 < position(page) < LONG / 2
    heard = np.array(page.evaluate("window.heard"))
    assert np.abs(heard).max() == pytest.approx(0.1, rel=0.1)
    left = page.evaluate("getComputedStyle(document.querySelector('.ae-playhead')).left")
    assert float(left.removesuffix("px")) > 5
    page.get_by_role("button", name="Pause: A4").click()
    stopped = position(page)
    page.wait_for_timeout(150)
    assert position(page) == stopped


def test_decoded_sound_has_the_right_length_and_pitch(open_page):
    page = open_page(listen(tone(1000), RATE))
    length, rate, samples = page.evaluate(
        """async () => { const uri = document.querySelector('audio').src;
        const c = new OfflineAudioContext(1, 1, 16000);
        const bytes = Uint8Array.from(atob(uri.split(',')[1]), (x) => x.charCodeAt(0));
        const b = await c.decodeAudioData(bytes.buffer);
        return [b.length, b.sampleRate, [...b.getChannelData(0)]]; }"""
    )
    assert (length, rate) == (2 * RATE, RATE)
    # Not even the encoder's delay is left: one sample off would be an error of 0.39.
    error = np.array(samples)[800:-800] - tone(1000)[800:-800]
    assert np.sqrt(np.mean(error**2)) < 0.1 * 0.1 / np.sqrt(2)


def test_seek_by_click_and_by_key(open_page):
    page = open_page(listen(voice(), RATE, title="Voice"))
    slider = page.get_by_role("slider", name="Position in Voice")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 40)
    assert position(page) == pytest.approx(1.5, abs=0.02)
    for key, expected in [
        ("ArrowLeft", 1.4),
        ("Shift+ArrowLeft", 0.4),
        ("ArrowRight", 0.5),
        ("Home", 0),
        ("End", 2),
    ]:
        page.keyboard.press(key)
        assert position(page) == pytest.approx(expected, abs=0.02), key
        assert float(slider.get_attribute("aria-valuenow")) == pytest.approx(expected, abs=0.02)
    assert slider.get_attribute("aria-valuetext") == "2.00 of 2.00 seconds"
    page.keyboard.press("Home")
    page.keyboard.press(" ")
    page.wait_for_timeout(300)
    assert is_playing(page)
    page.keyboard.press(" ")
    assert not is_playing(page)


def test_dragging_goes_on_where_it_is_let_go(open_page):
    page = open_page(listen(voice(), RATE, title="Voice"))
    page.get_by_role("button", name="Play: Voice").click()
    page.get_by_role("button", name="Pause: Voice").wait_for()
    box = page.get_by_role("slider", name="Position in Voice").bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    assert position(page) == pytest.approx(1.0, abs=0.02)
    page.mouse.up()
    page.wait_for_timeout(250)
    assert is_playing(page) and 1.0 < position(page) < 1.8


def test_only_one_plays_and_the_end_stops(open_page):
    page = open_page(
        listen(tone(duration=1.5), RATE, title="one"), listen(tone(duration=LONG), RATE, title="two")
    )
    page.get_by_role("button", name="Play: two").click()
    page.get_by_role("button", name="Pause: two").wait_for()
    page.get_by_role("button", name="Play: one").click()
    page.get_by_role("button", name="Pause: one").wait_for()
    assert not is_playing(page, 1)
    page.get_by_role("button", name="Play: one").wait_for()  # it has come to its end
    page.get_by_role("button", name="Play: one").click()  # and starts again from the beginning
    page.wait_for_timeout(100)
    assert position(page) < 1.4


def test_repeat_goes_round(open_page):
    page = open_page(listen(tone(duration=0.3), RATE, title="short"))
    page.get_by_role("button", name="Repeat").click()
    page.get_by_role("button", name="Play: short").click()
    page.wait_for_timeout(900)
    assert is_playing(page)


def test_switching_leaves_no_gap_and_keeps_the_position(open_page):
    page = open_page(
        compare({"low": tone(300, LONG), "high": tone(900, LONG)}, RATE, title="Two", match=False)
    )
    page.get_by_role("button", name="Play: Two").click()
    page.get_by_role("button", name="Pause: Two").wait_for()
    page.evaluate(TAP)
    page.wait_for_timeout(400)
    before = position(page)
    page.get_by_role("radio", name="high").click()
    assert 0 <= position(page) - before < LONG / 2
    page.wait_for_timeout(400)
    heard, rate = np.array(page.evaluate("window.heard")), page.evaluate("window.rate")
    heard = heard[np.flatnonzero(heard)[0] + 20 :]
    frame = int(0.01 * rate)
    level = np.sqrt((heard[: len(heard) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1))
    # Halfway through the crossfade two unlike tones have 3 dB less power; a gap would have none.
    assert level.min() > 0.5 * np.median(level)
    ends = [np.abs(np.fft.rfft(part)) for part in (heard[: 10 * frame], heard[-10 * frame :])]
    pitch = [end.argmax() * rate / (10 * frame) for end in ends]
    assert pitch == pytest.approx([300, 900], abs=12)


def test_compare_by_keyboard(open_page):
    page = open_page(compare({"one": voice(), "two": voice(200), "three": voice(250)}, RATE, title="Three"))
    page.get_by_role("radio", name="one").focus()
    for key, name in [
        ("ArrowRight", "two"),
        ("ArrowRight", "three"),
        ("ArrowRight", "one"),
        ("3", "three"),
        ("1", "one"),
    ]:
        page.keyboard.press(key)
        assert page.get_by_role("radio", name=name).get_attribute("aria-checked") == "true"
        assert page.evaluate("document.activeElement.textContent") == name
    page.get_by_role("slider").focus()
    page.keyboard.press("2")
    assert page.get_by_role("img", name="Spectrogram of two").is_visible()
    assert not page.get_by_role("img", name="Spectrogram of one").is_visible()


def test_blind_test_hides_asks_and_keeps_score(open_page):
    page = open_page(compare({"clean": voice(), "noisy": voice(200)}, RATE, title="Guess", blind=True))
    assert page.get_by_role("radio").all_inner_texts() == ["A", "B"]
    assert not page.get_by_role("img").first.is_visible()
    right = 0
    for round_ in range(1, 7):
        truth = page.evaluate(
            "(() => { const p = document.querySelector('audio-player');"
            " return p.order.indexOf(p.target); })()"
        )
        asked = page.locator(".ae-question strong").inner_text()
        guess = 0 if round_ % 2 else truth
        right += guess == truth
        answer = page.locator(".ae-answers").get_by_role("button", name="AB"[guess], exact=True)
        answer.focus()
        page.keyboard.press("Enter")
        verdict = page.get_by_role("status").inner_text()
        assert f"{right} of {round_} right" in verdict
        assert verdict.startswith("Right" if guess == truth else "No")
        assert f"{'AB'[truth]} · {asked}" in page.get_by_role("radio").all_inner_texts()
        assert page.evaluate("document.activeElement.textContent") == "New round"
        page.keyboard.press("Enter")
        assert page.get_by_role("radio").all_inner_texts() == ["A", "B"]


SAID = [(0.2, 4.0, "four"), (4.5, 8.0, "hundred"), (9.0, 19.0, "& seven")]
TAGS = {"voice": [(0.5, 9.0), (15.0, 20.0)], "bell": []}


def test_a_word_lights_up_while_it_is_spoken_and_is_heard_when_clicked(open_page):
    page = open_page(listen(tone(duration=LONG), RATE, title="A4", words=SAID))
    words = page.locator("button.ae-word")
    assert words.all_inner_texts() == ["four", "hundred", "& seven"]
    lit = page.locator(".ae-word.ae-now")
    assert lit.count() == 0  # nothing has been played yet
    words.nth(2).click()
    page.get_by_role("button", name="Pause: A4").wait_for()
    assert 9.0 <= position(page) < 19.0
    assert lit.all_inner_texts() == ["& seven"]
    page.get_by_role("button", name="Pause: A4").click()
    for at, now in ((5.0, ["hundred"]), (8.5, [])):  # between two words none is lit
        page.evaluate(f"document.querySelector('audio-player').seek({at})")
        assert lit.all_inner_texts() == now


def test_tags_lie_under_the_time_axis_that_they_share(open_page):
    page = open_page(listen(tone(duration=LONG), RATE, title="A4", tags=TAGS))
    assert page.locator(".ae-tag-name").all_inner_texts() == ["voice", "bell"]
    told = page.locator(".ae-lane").evaluate_all("lanes => lanes.map((l) => l.getAttribute('aria-label'))")
    assert told == ["from 0.5 to 9.0 seconds, from 15.0 to 20.0 seconds", "not heard"]
    bars = page.locator(".ae-event").evaluate_all(
        "bars => bars.map((b) => b.getBoundingClientRect().toJSON())"
    )
    axis = page.get_by_role("slider", name="Position in A4").bounding_box()
    for bar, (start, end) in zip(bars, TAGS["voice"], strict=True):
        assert bar["left"] == pytest.approx(axis["x"] + axis["width"] * start / LONG, abs=4)
        assert bar["right"] == pytest.approx(axis["x"] + axis["width"] * end / LONG, abs=4)


def test_without_scripts_there_is_a_player_a_picture_and_a_hint(open_page):
    explorer = explore(lambda k: (tone(k), RATE), k=[300, 400], static=True, title="Slide")
    page = open_page(listen(voice(), RATE, hint="Listen for it."), explorer, javascript=False)
    assert page.locator("audio").count() == 2
    assert all(player.is_visible() for player in page.locator("audio").all())
    assert page.get_by_text("Listen for it.").is_visible()
    assert page.locator("noscript p").first.is_visible()


def filtered(cutoff_hz, kind):
    x = tone(cutoff_hz, duration=8)  # longer than a busy machine takes to move the slider
    x = x if kind == "sine" else np.sign(x) * 0.05
    fig, ax = plots.figure(height=2)
    plots.spectrogram(x, RATE, ax=ax)
    return fig, (x, RATE)


SLIDE = """async (step) => { const handle = document.querySelector('.noUi-handle');
  handle.focus();
  const old = document.querySelector('.widget-html audio-player');
  const start = performance.now();
  handle.dispatchEvent(new KeyboardEvent('keydown', { key: step, bubbles: true }));
  const changed = () => { const now = document.querySelector('.widget-html audio-player');
    return now && now !== old && now.built && (!old.wasPlaying || now.playing); };
  while (!changed() && performance.now() - start < 8000) await new Promise((done) => setTimeout(done, 1));
  const img = document.querySelector('.widget-html .ae-figure img'); await img.decode();
  return performance.now() - start; }"""


@needs_embed
@pytest.mark.parametrize("over", ["http", "file"])
def test_explorer_slides_to_a_new_picture_and_sound_without_a_kernel(open_page, over):
    explorer = explore(
        filtered, cutoff_hz=[200, 400, 800, 1600], kind=["sine", "square"], static=True, title="Slide"
    )
    page = open_page(explorer, over=over)
    page.locator(".widget-html audio-player.ae-ready").wait_for()
    what = "[...document.querySelectorAll('.widget-html img, .widget-html audio')].map((e) => e.src)"
    seen = [page.evaluate(what)]
    times = [page.evaluate(SLIDE, key) for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft")]
    seen.append(page.evaluate(what))
    page.get_by_role("button", name="square").click()
    page.get_by_text("cutoff 800 Hz, kind square", exact=True).wait_for()
    seen.append(page.evaluate(what))
    assert len(seen[0]) == 3
    for a, b in [(0, 1), (1, 2), (0, 2)]:
        assert all(x != y for x, y in zip(seen[a], seen[b], strict=True))
    print("slider to new picture and player, ms:", [round(t) for t in times])
    assert max(times) < 8000  # then SLIDE gave up; how fast it should be, and is, the budgets say


def test_an_explorer_whose_pictures_are_stored_is_wide_and_shows_no_broken_links_in_jupyterlab(browser):
    """JupyterLab's rule for widgets without a kernel, with the markup that it makes of an explorer."""
    widget = "jupyter-widgets jupyter-widgets-disconnected"
    page = browser.new_page()
    page.set_content(
        "<style>.jupyter-widgets-disconnected::before { content: 'broken'; } .widget-html { display: flex; }"
        ".widget-box { display: flex; } .widget-vbox { flex-direction: column; width: 500px; }</style>"
        f'{script_and_style()}<div class="{widget} widget-box widget-vbox">'
        f'<div class="{widget} widget-slider"></div><div class="{widget} widget-box">'
        f'<div class="{widget} widget-box"><div class="{widget} widget-html">'
        '<div class="widget-html-content">'
        "<audio-player></audio-player></div></div></div></div></div>"
        f'<div class="{widget} widget-box widget-vbox"><div class="{widget} widget-slider"></div></div>'
    )
    looks = "all => all.map((e) => getComputedStyle(e, '::before').content !== 'none')"
    shown = page.eval_on_selector_all(".jupyter-widgets", looks)
    width = page.locator("audio-player").evaluate("e => e.getBoundingClientRect().width")
    page.close()
    assert shown == [False] * 5 + [True] * 2
    assert width == 500


@needs_embed
def test_explorer_goes_on_playing_from_the_same_position(open_page):
    explorer = explore(filtered, cutoff_hz=[200, 400, 800, 1600], kind=["sine", "square"], static=True)
    page = open_page(explorer)
    page.locator(".widget-html audio-player.ae-ready").wait_for()
    page.get_by_role("button", name="Play: ").click()
    page.get_by_role("button", name="Pause: ").wait_for()
    page.evaluate(TAP)
    page.wait_for_timeout(300)
    before, then = page.evaluate(TIMES)
    page.evaluate("document.querySelector('.widget-html audio-player').wasPlaying = true")
    taken = page.evaluate(SLIDE, "ArrowRight")
    print(f"slider to new picture and sound: {taken:.0f} ms")
    after, later = page.evaluate(TIMES)
    assert is_playing(page) and after - before == pytest.approx(later - then, abs=0.1)
    page.wait_for_timeout(300)
    heard, rate = np.array(page.evaluate("window.heard")), page.evaluate("window.rate")
    frame = int(0.01 * rate)
    level = np.sqrt((heard[: len(heard) // frame * frame].reshape(-1, frame) ** 2).mean(axis=1))
    level = level[np.flatnonzero(level)[0] + 1 :]
    # one sound fades into the next: two unlike tones have less power halfway, a gap would have none
    assert level.min() > 0.5 * np.median(level)
    tail = np.abs(np.fft.rfft(heard[-10 * frame :]))
    assert tail.argmax() * rate / (10 * frame) == pytest.approx(400, abs=12)
    # Faster than the sounds can be decoded: the last one plays, and only that one.
    page.evaluate(
        """async () => { const handle = document.querySelector('.noUi-handle');
        for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowRight']) {
          handle.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
          await new Promise((done) => setTimeout(done, 8)); } }"""
    )
    page.wait_for_function(
        """() => { const shown = document.querySelector('.widget-html audio-player');
        return shown.playing && window.audioEdu.current === shown; }"""
    )
    page.wait_for_timeout(500)
    assert is_playing(page)
    heard = np.array(page.evaluate("window.heard"))[-10 * frame :]
    spectrum = np.abs(np.fft.rfft(heard))
    assert spectrum.argmax() * rate / (10 * frame) == pytest.approx(1600, abs=12)
    assert spectrum[: int(1000 * 10 * frame / rate)].max() < 0.05 * spectrum.max()


@needs_embed
@pytest.mark.parametrize(("theme", "width"), [("light", 1000), ("dark", 390)])
def test_axe_finds_nothing_serious_and_nothing_sticks_out(open_page, theme, width):
    page = open_page(
        listen(voice(), RATE, title="Voice", hint="Listen."),
        listen(
            voice(),
            RATE,
            title="Said",
            words=[(0.1, 0.9, "one"), (1.0, 1.9, "two")],
            tags={"voice": [(0, 2)]},
        ),
        compare({"one": voice(), "two": voice(200)}, RATE, title="Two"),
        compare({"one": voice(), "two": voice(200)}, RATE, title="Blind", blind=True),
        explore(filtered, cutoff_hz=[200, 400], kind=["sine", "square"], static=True, title="Slide"),
        plots.show(plots.spectrogram(voice(), RATE, ax=plots.figure()[1]), alt="A voice"),
        four(),
        theme=theme,
        width=width,
    )
    page.locator(".widget-html audio-player.ae-ready").wait_for()
    page.locator(".ae-answers").get_by_role("button", name="A", exact=True).click()
    # Names for the stock controls are the book page's business; here they are given as it gives them.
    page.evaluate(
        "document.querySelectorAll('.noUi-handle').forEach((h) => h.setAttribute('aria-label', 'cutoff'))"
    )
    results = Axe().run(page)
    serious = [
        (v["id"], [n["target"] for n in v["nodes"]])
        for v in results.response["violations"]
        if v["impact"] in ("serious", "critical")
        and not (v["id"] == "target-size" and "noUi" in str(v["nodes"]))
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    outside = page.evaluate(
        """() => [...document.querySelectorAll('audio-player *, .ae-figure *')].filter((e) => {
        const r = e.getBoundingClientRect();
        return r.width && (r.right > innerWidth + 1 || r.left < -1); }).length"""
    )
    assert outside == 0
