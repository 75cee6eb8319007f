"""`digit_drawing`: a place to draw a digit, which the page reads and speaks."""

import json
from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from .._assets import is_static
from .._validate import checked
from ._element import with_own_assets
from ._sound import check_sound, data_uri, facts, matched_gains, mp3


class Drawing:
    """A place to draw, as a page shows it; see `digit_drawing`."""

    def __init__(self, html: str, text: str):
        self.html, self._text = html, text

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return self.html if is_static() else with_own_assets("drawing", self.html)


@checked
def digit_drawing(
    W: np.ndarray,
    b: np.ndarray,
    sounds: Sequence[ArrayLike],
    sample_rate: float,
    *,
    examples: np.ndarray,
    title: str,
    hint: str = "",
) -> Drawing:
    """Show a field to draw a digit in; the page reads it by softmax regression, and plays the digit's sound.

    What is drawn, by pointer, finger or keys, is cut out, brought to a height of 32 points, and its ink is
    counted in 8 × 8 blocks, as in scikit-learn's digits. All of it happens in the page.

    Parameters
    ----------
    W : np.ndarray [shape=(10, 64)]
        Weights, for pictures from 0 to 1.
    b : np.ndarray [shape=(10,)]
        Biases.
    sounds : sequence of np.ndarray [shape=(n_samples,)]
        The ten digits, spoken.
    sample_rate : float
        Samples a second (Hz).
    examples : np.ndarray [shape=(n, 8, 8)]
        Pictures from 0 to 1 that a button shows, one after the other.
    title, hint : str
        What it is, and what to do.

    Returns
    -------
    Drawing
        Shown when it is a cell's last value.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> tones = [np.sin(np.arange(4000) * f) for f in np.linspace(0.1, 0.9, 10)]
    >>> W, b = np.zeros((10, 64)), np.zeros(10)
    >>> digit_drawing(W, b, tones, 8000, examples=np.ones((1, 8, 8)), title="Draw")
    drawing: Draw · ten sounds, 0.500 s · 1 example
    """
    if W.shape != (10, 64) or b.shape != (10,) or len(sounds) != 10 or examples.shape[1:] != (8, 8):
        raise ValueError(
            f"W {W.shape}, b {b.shape}, {len(sounds)} sounds, examples {examples.shape}; expected (10, 64), "
            "(10,), ten sounds and (n, 8, 8)."
        )
    good = [check_sound(x, sample_rate, f"sounds[{i}]") for i, x in enumerate(sounds)]
    players = "".join(
        f'<div class="ae-sound"><p class="ae-name">{i}</p><audio controls preload="none" aria-label="{i}" '
        f'src="{data_uri(mp3(sound, gain), "audio/mpeg")}"></audio><p class="ae-facts">{escape(facts(sound))}'
        "</p></div>"
        for i, (sound, gain) in enumerate(zip(good, matched_gains(good), strict=True))
    )
    reader = json.dumps({"W": W.round(4).tolist(), "b": b.round(4).tolist()}, separators=(",", ":"))
    shown = json.dumps((16 * examples.reshape(len(examples), 64)).round().astype(int).tolist())
    note = f'<p class="ae-hint">{escape(hint)}</p>' if hint else ""
    html = (
        f'<digit-drawing class="ae-explorer" role="group" aria-label="{escape(title)}" '
        f'data-reader="{escape(reader)}" data-examples="{shown.replace(" ", "")}">'
        f'<p class="ae-title">{escape(title)}</p>{note}'
        '<p class="ae-plain">With scripts switched on, this is a place to draw a digit.</p>'
        f'<details class="ae-list"><summary>The ten sounds</summary>{players}</details></digit-drawing>'
    )
    n = f"{len(examples)} example{'s' * (len(examples) != 1)}"
    return Drawing(html, f"drawing: {title} · ten sounds, {good[0].duration:.3f} s · {n}")
