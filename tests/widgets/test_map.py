"""The map: where its places lie, and what one hears there."""

import re

import numpy as np
import pytest
from test_in_browser import TAP, TIMES, is_playing
from widget_pages import RATE, four, ground, tones

from audio_edu.widgets import sound_map


def test_places_lie_where_the_axes_say():
    html = four().html
    x, y = (np.array(re.findall(rf'data-{axis}="([\d.]+)"', html), float).reshape(2, 2) for axis in "xy")
    assert (x[:, 1] > x[:, 0]).all() and (x[0] == x[1]).all(), "x grows to the right"
    assert (y[0] > y[1]).all() and (y[:, 0] == y[:, 1]).all(), "y grows upward"
    # a quarter and three quarters of the axes, which begin behind the labels and end close to the edge
    left = x[0, 0] - (x[0, 1] - x[0, 0]) / 2
    right = x[0, 1] + (x[0, 1] - x[0, 0]) / 2
    assert 3 < left < 15 and 95 < right <= 100


def test_text_names_the_places_and_is_short():
    assert repr(four()).splitlines()[:2] == [
        "map: Corners",
        "  300 Hz (0, 0) · 20.00 s · 16000 Hz · peak -20.0 dBFS · RMS -23.0 dBFS · centroid 300 Hz",
    ]
    t = np.arange(800) / RATE
    many = {(i / 40, j / 4): 0.1 * np.sin(2 * np.pi * 1000 * t) for i in range(10) for j in range(4)}
    lines = repr(sound_map(ground(), many, RATE, alt="Many.")).splitlines()
    assert len(lines) == 8 and lines[4] == "… 34 more …"


def test_relative_levels_stay_and_all_are_safe():
    sounds = tones(level=0.9)
    sounds[0.0, 0.0] *= 0.1
    gains = sound_map(ground(), sounds, RATE, alt="Four.").gains_db
    assert len(set(gains)) == 1 and gains[0] < -6


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sound_map(ground().figure, tones(), RATE, alt="x"), TypeError, "ax is a Figure"),
        (lambda: sound_map(ground(), [1], RATE, alt="x"), TypeError, "sounds is a list"),
        (
            lambda: sound_map(ground(), {(0, 0): np.ones(9)}, RATE, alt="x"),
            ValueError,
            "1 entries; .* 2 to 48",
        ),
        (lambda: sound_map(ground(), tones(), RATE, alt=" "), ValueError, "alt is empty"),
        (
            lambda: sound_map(ground(), {**tones(), (2, 0): np.ones(9)}, RATE, alt="x"),
            ValueError,
            r"position \(2, 0\) outside of the axes; widen xlim",
        ),
        (lambda: sound_map(ground(), tones(), RATE, alt="x", max_bytes=9000), ValueError, "max_bytes="),
    ],
)
def test_errors_name_the_argument_and_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


def pitch_heard(page, seconds=0.4):
    """What leaves the page's mixer, from now on."""
    page.evaluate("window.heard = []")
    page.wait_for_timeout(int(1000 * seconds))
    heard = np.array(page.evaluate("window.heard"))[-4096:]
    return np.argmax(np.abs(np.fft.rfft(heard * np.hanning(len(heard))))) * page.evaluate("rate") / len(heard)


@pytest.mark.browser
def test_a_touch_sounds_and_a_drag_goes_from_place_to_place(open_page):
    page = open_page(four())
    box = page.locator(".ae-map").bounding_box()
    spots = page.eval_on_selector_all(
        ".ae-place", "all => all.map(e => [parseFloat(e.style.left), parseFloat(e.style.top)])"
    )
    spots = [(box["x"] + x * box["width"] / 100, box["y"] + y * box["height"] / 100) for x, y in spots]
    page.mouse.move(spots[2][0] + 15, spots[2][1] - 10)  # beside the dot: the nearest counts
    page.mouse.down()
    page.mouse.up()
    page.get_by_role("button", name="Pause: Corners").wait_for()
    page.evaluate(TAP)
    assert pitch_heard(page) == pytest.approx(900, abs=15)
    assert page.locator(".ae-here").inner_text() == "900 Hz (0, 1)"
    before, then = page.evaluate(TIMES)
    page.mouse.down()
    page.mouse.move(*spots[3], steps=5)
    assert page.get_by_role("radio", name="1200 Hz (1, 1)").get_attribute("aria-checked") == "true"
    page.mouse.move(*spots[1], steps=5)
    page.mouse.up()
    assert pitch_heard(page) == pytest.approx(600, abs=15)
    after, later = page.evaluate(TIMES)
    assert after < before + (later - then) - 0.3, "the note began anew"


@pytest.mark.browser
def test_arrows_walk_and_one_waveform_is_seen(open_page):
    page = open_page(four())
    page.get_by_role("radio", name="300 Hz (0, 0)").focus()
    for key, name in [
        ("ArrowUp", "900 Hz (0, 1)"),
        ("ArrowUp", "900 Hz (0, 1)"),
        ("ArrowRight", "1200 Hz (1, 1)"),
        ("ArrowDown", "600 Hz (1, 0)"),
    ]:
        page.keyboard.press(key)
        place = page.get_by_role("radio", name=name)
        assert place.get_attribute("aria-checked") == "true"
        assert place.evaluate("e => e === document.activeElement")
    page.get_by_role("button", name="Pause: Corners").wait_for()
    assert is_playing(page)
    assert page.locator(".ae-plot:visible").count() == 1


@pytest.mark.browser
def test_without_scripts_the_picture_and_all_sounds_remain(open_page):
    page = open_page(four(), javascript=False)
    assert page.locator(".ae-map img").is_visible()
    assert not page.locator("audio").first.is_visible()
    page.locator("summary").click()
    assert page.locator("audio[controls]:visible").count() == 4
