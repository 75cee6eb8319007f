"""A table of scores: read by the eye, by a screen reader, by nbval."""

import pytest

from audio_edu.widgets import table

ROWS = {"guess": {"accuracy": 0.1, "clips": 3}, "net <b>": {"accuracy": -0.96251, "seed": "2026"}}


def test_text_and_html_hold_the_same_numbers(monkeypatch):
    monkeypatch.setenv("AUDIO_EDU_STATIC", "1")
    shown = table(ROWS, caption="Ten digits", digits=2)
    assert repr(shown).splitlines() == [
        "Ten digits",
        "         accuracy  clips  seed",
        "guess        0.10      3",
        "net <b>     −0.96         2026",
    ]
    html = shown._repr_html_()
    assert "<caption>Ten digits</caption>" in html and '<th scope="row">net &lt;b&gt;</th>' in html
    assert (
        html.count("<td") == 6 and 'class="ae-number">−0.96<' in html and '<th scope="col">clips</th>' in html
    )


def test_rows_with_no_name_of_their_own():
    rows = [{"taps": 8, "error": 0.25}, {"taps": 16, "error": 0.125}]
    assert repr(table(rows, caption="Errors")).splitlines()[1:] == [
        "taps  error",
        "8     0.250",
        "16    0.125",
    ]


def test_no_rows():
    with pytest.raises(ValueError, match="rows is empty"):
        table({}, caption="Nothing")
