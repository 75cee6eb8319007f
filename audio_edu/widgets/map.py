"""`sound_map`: a picture whose places sound when one touches them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
from matplotlib.axes import Axes

from .._figure import image_uri
from ._sound import check_sound, safe_gain
from .player import Player

MAX_PLACES = 48


def sound_map(
    ax: Axes,
    sounds: Mapping[tuple[float, float], np.ndarray],
    sample_rate: float,
    *,
    alt: str,
    names: Mapping[tuple[float, float], str] | None = None,
    title: str = "",
    hint: str = "",
    max_bytes: int = 1_200_000,
) -> Player:
    """Make a map that sounds: click, drag across it, or walk with the arrow keys.

    Wherever one touches the picture, the sound of the nearest place starts, and its waveform appears below.
    All are turned down by the same factor, so their relative levels stay.

    Parameters
    ----------
    ax : matplotlib Axes
        The ground, drawn completely: alone in its figure or not.
    sounds : mapping of (x, y) to np.ndarray [shape=(n_samples,)]
        2 to 48 sounds, by the place in the units of `ax`.
    sample_rate : float
        Samples a second (Hz) of all of them.
    alt : str
        What there is to see. Required: not every reader sees it.
    names : mapping of (x, y) to str, optional
        What is said of a place beside its coordinates.
    title, hint : str
        What it is, and what to listen for.
    max_bytes : int
        Refuse what would make the page heavy.

    Returns
    -------
    Player
        Its text has a line of facts for each place, of many places for the first and last three.

    Raises
    ------
    TypeError, ValueError
        If a place lies outside of the axes, if there are too few or too many, if `alt` is empty, if a sound
        is not finite and mono, or all together are too heavy.

    Examples
    --------
    >>> import numpy as np
    >>> from audio_edu import plots
    >>> t = np.arange(4000) / 8000
    >>> fig, ax = plots.figure()
    >>> _ = ax.set(xlim=(0, 500), ylim=(0, 1))
    >>> sounds = {(f, a): 0.1 * a * np.sin(2 * np.pi * f * t) for f in (220, 440) for a in (0.5, 1)}
    >>> len(sound_map(ax, sounds, 8000, alt="Pitch to the right, level up.").names)
    4
    """
    if not isinstance(ax, Axes):
        raise TypeError(f"ax is a {type(ax).__name__}; expected matplotlib Axes, from plots.figure().")
    if not isinstance(sounds, Mapping):
        raise TypeError(f"sounds is a {type(sounds).__name__}; expected a dict of places (x, y) and sounds.")
    if not 2 <= len(sounds) <= MAX_PLACES:
        raise ValueError(f"sounds has {len(sounds)} places; a map takes 2 to {MAX_PLACES}.")
    if not str(alt).strip():
        raise ValueError("alt is empty; describe in a sentence what there is to see on the map.")
    figure = ax.figure
    # Drawing it settles the layout. In a dark page the book's theme would pad and dim it: places would move.
    ground = f'<img class="dark-light" style="padding:0" alt="{escape(str(alt))}" src="{image_uri(figure)}">'
    checked, places = {}, []
    for place, x in sounds.items():
        said = f"({place[0]:g}, {place[1]:g})".replace("-", "−")
        right, up = figure.transFigure.inverted().transform(ax.transData.transform(place))
        inside = ax.get_position()
        if not (inside.x0 <= right <= inside.x1 and inside.y0 <= up <= inside.y1):
            raise ValueError(f"sounds has a place {said} outside of the axes; widen xlim or ylim.")
        places.append((100 * float(right), 100 * (1 - float(up))))
        name = f"{(names or {}).get(place, '')} {said}".strip()
        checked[name] = check_sound(x, sample_rate, f"sounds[{place}]")
    return Player(
        checked,
        [min(map(safe_gain, checked.values()))] * len(checked),
        title=title,
        hint=hint,
        scale="mel",
        picture="waveform",
        blind=False,
        max_bytes=max_bytes,
        ground=ground,
        places=places,
    )
