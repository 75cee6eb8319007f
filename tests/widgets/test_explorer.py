"""Choices become controls, combinations become pages, and what is too heavy is refused."""

import ipywidgets as ipw
import numpy as np
import pytest
from widget_pages import RATE, voice

from audio_edu import plots
from audio_edu.widgets import explore, listen
from audio_edu.widgets.explorer import _choice, _control


def tone(f0_hz, level=0.1):
    return level * np.sin(2 * np.pi * f0_hz * np.arange(RATE // 4) / RATE), RATE


def pages(explorer):
    """Follow the stacks by their links: {indices of the controls: HTML}."""
    found, widget = {}, explorer.widget
    controls = [c for c in widget.children if not isinstance(c, ipw.Stack | ipw.HTML)]

    def go(node, path):
        if isinstance(node, ipw.HTML):
            found[tuple(path[c] for c in controls)] = node.value
            return
        (control,) = [link.source[0] for link in explorer.links if link.target[0] is node]
        for i, child in enumerate(node.children):
            go(child, {**path, control: i})

    go(widget.children[-1], {})
    return found


def test_every_combination_is_reached_by_its_own_controls():
    explorer = explore(tone, f0_hz=[200, 300, 400], level=[0.1, 0.2], static=True)
    found = pages(explorer)
    assert len(found) == explorer.n_combinations == 6
    for (i, j), html in found.items():
        assert f"f0 {[200, 300, 400][i]} Hz, level {[0.1, 0.2][j]}" in html
        assert f"centroid {[200, 300, 400][i]} Hz" in html
    assert explorer.n_bytes == sum(map(len, found.values()))


def test_the_first_page_is_the_one_asked_for():
    explorer = explore(tone, f0_hz=[200, 300, 400], static=True, start={"f0_hz": 300})
    assert explorer.widget.children[0].index == explorer.widget.children[-1].selected_index == 1
    assert "f0 300 Hz" in explorer.head_html()


def test_facts_change_with_the_sound_and_the_figure():
    def draw(k, *, scale=1.0):
        fig, ax = plots.figure(height=2)
        ax.plot([0, 1], [0, k * scale])
        return fig, tone(200 * k)

    first = repr(explore(draw, k=[1, 2], static=True))
    assert "line of 2 points, 0 to 2" in first and "centroid 400 Hz" in first
    assert first != repr(explore(lambda k: draw(k, scale=1.1), k=[1, 2], static=True))
    assert first.startswith("explore · 2 combinations, ")


def test_a_live_kernel_computes_only_what_is_asked_for():
    calls = []

    def draw(f0_hz):
        calls.append(f0_hz)
        return tone(f0_hz)

    explorer = explore(draw, f0_hz=[200, 300, 400], static=False)
    slider, page = explorer.widget.children
    assert calls == [200] and "about" in repr(explorer)
    slider.index = 2
    assert calls == [200, 400] and "f0 400 Hz" in page.value
    slider.index = 0
    slider.index = 2
    assert calls == [200, 400]  # remembered


def test_an_error_in_draw_is_shown_where_the_reader_looks():
    def draw(k):
        if k == 2:
            raise ValueError("no <2>")
        return tone(200)

    explorer = explore(draw, k=[1, 2], static=False)
    explorer.widget.children[0].index = 1
    assert "ValueError: no &lt;2&gt;" in explorer.widget.children[1].value
    with pytest.raises(ValueError, match="no <2>"):
        explore(draw, k=[1, 2], static=True)


@pytest.mark.parametrize(
    ("name", "values", "kind", "label", "texts"),
    [
        ("cutoff_hz", [100, 200.0], ipw.SelectionSlider, "cutoff (Hz)", ("100", "200")),
        ("n_bits", range(1, 4), ipw.SelectionSlider, "bits", ("1", "2", "3")),
        ("delay_ms", np.linspace(0, 1, 3), ipw.SelectionSlider, "delay (ms)", ("0", "0.5", "1")),
        ("kind", ["low", "high"], ipw.ToggleButtons, "kind", ("low", "high")),
        ("dither", [False, True], ipw.ToggleButtons, "dither", ("off", "on")),
        ("room", {"closet": 0.1, "cathedral": 4.0}, ipw.SelectionSlider, "room", ("closet", "cathedral")),
        ("instrument", [f"instrument {i}" for i in range(9)], ipw.Dropdown, "instrument", None),
    ],
)
def test_controls_fit_their_values(name, values, kind, label, texts):
    choice = _choice(name, values, {})
    control = _control(choice, 0)
    assert isinstance(control, kind)
    assert control.description == choice.label == label
    if texts:
        assert choice.texts == texts


def test_draw_gets_plain_python_values():
    seen = []
    explore(lambda k: (seen.append(type(k)), tone(200))[1], k=np.arange(2), static=True)
    assert set(seen) == {int}


def test_players_in_an_explorer_take_over_from_one_another():
    explorer = explore(lambda k: [listen(*tone(k)), listen(*tone(2 * k))], k=[200, 300], static=True)
    groups = [html.count('data-group="') for html in pages(explorer).values()]
    assert groups == [2, 2]
    other = explore(lambda k: tone(k), k=[200, 300], static=True)
    assert explorer._id != other._id
    assert "data-group=" not in explorer.head_html()


def test_figures_get_their_description():
    def draw(k):
        fig, _ = plots.figure(height=2)
        return fig

    explorer = explore(draw, k=[1, 2], static=True, alt=lambda k: f"An empty <box> {k}")
    assert 'alt="An empty &lt;box&gt; 2"' in pages(explorer)[(1,)]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: explore(tone), ValueError, "at least one choice"),
        (lambda: explore("tone", f0_hz=[1]), TypeError, "draw is a str"),
        (lambda: explore(tone, f0_hz=[]), ValueError, "f0_hz has no values"),
        (lambda: explore(tone, f0_hz="abc"), TypeError, "f0_hz is 'abc'"),
        (lambda: explore(tone, f0_hz=range(1, 300)), ValueError, "299 f0_hz = 299 combinations; at most 200"),
        (lambda: explore(tone, f0_hz=[1], start={"f0_hz": 2}), ValueError, r"start\['f0_hz'\] is 2"),
        (lambda: explore(tone, f0_hz=[1], labels={"f": "x"}), ValueError, r"labels or start name \['f'\]"),
        (lambda: explore(lambda k: 3, k=[1]), TypeError, "draw returned int for k 1"),
        (
            lambda: explore(lambda k: (voice(150 + k), RATE), k=range(5), static=True, max_bytes=60_000),
            ValueError,
            r"weighs \d+ kB \(5 k = 5 combinations of .* kB\); at most 60 kB.*about [1-4] combinations",
        ),
    ],
)
def test_errors_name_the_numbers_and_what_to_do(call, error, message):
    with pytest.raises(error, match=message):
        call()


# ---- plots ----


def test_a_figure_needs_a_description():
    fig, _ax = plots.figure()
    with pytest.raises(ValueError, match="alt is empty"):
        plots.show(fig, alt=" ")
    with pytest.raises(TypeError, match="expected a matplotlib Figure"):
        plots.show([1], alt="x")
    assert 'alt="A &lt;b&gt;"' in plots.show(fig, alt="A <b>").html


def test_figures_are_the_same_each_time_and_light():
    def draw():
        fig, axes = plots.figure(2)
        for ax, f0_hz in zip(axes, (110, 220), strict=True):
            plots.spectrogram(voice(f0_hz), RATE, ax=ax)
        return plots.show(fig, alt="Two voices")

    assert draw().html == draw().html
    assert draw().n_bytes < 150_000
