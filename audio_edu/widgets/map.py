"""`sound_map`: a picture that plays the sound nearest to where one touches it."""

from collections.abc import Mapping
from html import escape

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .._figure import image_uri
from .._validate import checked
from ._sound import check_sound, safe_gain
from .player import Bytes, Player

MAX_SOUNDS = 48


@checked
def sound_map(
    ax: Axes,
    sounds: Mapping[tuple[float, float], ArrayLike],
    sample_rate: float,
    *,
    alt: str,
    names: Mapping[tuple[float, float], str] | None = None,
    title: str = "",
    hint: str = "",
    max_bytes: Bytes = 1_200_000,
) -> Player:
    """Play sounds from a picture: click, drag across it, or move with the arrow keys.

    Wherever one touches the picture, the nearest sound starts, and its waveform appears below. All are turned
    down by the same factor, so their relative levels stay.

    Parameters
    ----------
    ax : matplotlib Axes
        The picture, drawn completely. It may have other axes beside it.
    sounds : mapping of (x, y) to np.ndarray [shape=(n_samples,)]
        2 to 48 sounds, by their position in the units of `ax`.
    sample_rate : float
        Samples a second (Hz) of all of them.
    alt : str
        What there is to see. Required: not every reader sees it.
    names : mapping of (x, y) to str, optional
        The names of the sounds, by position; coordinates are added.
    title, hint : str
        What it is, and what to listen for.
    max_bytes : int
        A heavier map (bytes of HTML) is an error, so that pages stay light.

    Returns
    -------
    Player
        Its text has a line of facts for each sound; of many sounds, for the first and the last three.

    Raises
    ------
    TypeError, ValueError
        If a position lies outside of the axes, if there are too few or too many sounds, if `alt` is empty, if
        a sound is not finite and mono, or all together are too heavy.

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
    if not 2 <= len(sounds) <= MAX_SOUNDS:
        raise ValueError(f"sounds has {len(sounds)} entries; a map takes 2 to {MAX_SOUNDS}.")
    if not str(alt).strip():
        raise ValueError("alt is empty; describe in a sentence what there is to see on the map.")
    figure = ax.figure
    source = image_uri(figure)  # drawing it settles the layout
    # In a dark page the book's theme would pad and dim it: sounds would move.
    background = f'<img class="dark-light" style="padding:0" alt="{escape(str(alt))}" src="{source}">'
    by_name, positions = {}, []
    for position, x in sounds.items():
        if np.shape(position) != (2,) or np.asarray(position).dtype.kind not in "fiu":
            raise TypeError(f"sounds has a position {position!r}; expected two numbers, (x, y).")
        coordinates = "({:g}, {:g})".format(*position).replace("-", "−")
        right, up = figure.transFigure.inverted().transform(ax.transData.transform(position))
        inside = ax.get_position()
        if not (inside.x0 <= right <= inside.x1 and inside.y0 <= up <= inside.y1):
            raise ValueError(f"sounds has a position {coordinates} outside of the axes; widen xlim or ylim.")
        positions.append((100 * float(right), 100 * (1 - float(up))))
        name = f"{(names or {}).get(position, '')} {coordinates}".strip()
        if name in by_name:  # where six digits do not tell them apart
            name = f"{name} = ({position[0]!r}, {position[1]!r})"
        by_name[name] = check_sound(x, sample_rate, f"sounds[{position}]")
    return Player(
        by_name,
        [min(map(safe_gain, by_name.values()))] * len(by_name),
        title=title,
        hint=hint,
        max_bytes=max_bytes,
        picture="waveform",
        background=background,
        positions=positions,
    )
