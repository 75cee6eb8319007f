"""`listen` and `compare`: sounds with their picture, playing in any browser without a kernel or a network."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike

from .._assets import with_assets
from .._validate import Positive, check_choice, check_positive, checked
from ._marks import Event, Marks
from ._picture import frequency_ticks, power_image, row_edges, spectrogram_uri, time_ticks, waveform_svg
from ._roll import check_roll, count_notes, key_range, key_ticks, roll_svg
from ._sound import Sound, check_sound, data_uri, facts, matched_gains, mp3, safe_gain

SCALES = ("mel", "linear")
PICTURES = ("both", "waveform", "spectrogram")
MAX_SOUNDS = 9
MOST_LINES = 12
#: Annotation: how heavy a player may be.
Bytes = Annotated[int, (1, 10**9)]


@checked
def shorten(lines: Sequence[str]) -> list[str]:
    """Return the lines, or, where there are very many, the first and the last three."""
    lines = list(lines)
    return lines if len(lines) <= MOST_LINES else [*lines[:3], f"… {len(lines) - 6} more …", *lines[-3:]]


@checked
class Player:
    """One or several sounds, ready to be shown as the output of a notebook cell.

    Made by :func:`listen`, :func:`compare` and :func:`sound_map`. As text it is its facts, so that a notebook
    that is executed again can be compared; as HTML it is a player.

    Attributes
    ----------
    title, hint : str
        What it is, and what to listen for.
    names : tuple of str
        The names of the sounds; one empty name for `listen`.
    facts : tuple of str
        One line for each sound: duration, sample rate, peak and RMS level, spectral centroid, as given
        (before any change of level).
    gains_db : tuple of float
        By how much each sound was turned down, in dB; 0 means it plays as given.
    n_bytes : int
        The size of :attr:`html`.
    """

    def __init__(
        self,
        sounds: Mapping[str, Sound],
        gains: list[float],
        *,
        title: str,
        hint: str,
        max_bytes: int,
        scale: str = "mel",
        picture: str = "both",
        blind: bool = False,
        background: str = "",
        positions: Sequence[tuple[float, float]] = (),
        marks: Marks | None = None,
        rolls: Mapping[str, np.ndarray] | None = None,
        files: Mapping[str, bytes] | None = None,
    ):
        self._background, self._positions, self._marks = background, tuple(positions), marks or Marks()
        self._rolls, self._files = dict(rolls or {}), dict(files or {})
        self.title, self.hint, self.blind = str(title), str(hint), blind
        self.names = tuple(sounds)
        self.facts = tuple(facts(sound) for sound in sounds.values())
        self.gains_db = tuple(round(20 * float(np.log10(g)), 1) + 0.0 for g in gains)
        self._sounds, self._gains = tuple(sounds.values()), tuple(gains)
        self._scale, self._picture = scale, picture
        self.html = self._render()
        self.n_bytes = len(self.html)
        if self.n_bytes > max_bytes:
            piece = int(10 * self._sounds[0].sample_rate)
            raise ValueError(
                f"this player weighs {self.n_bytes / 1000:.0f} kB; at most {max_bytes / 1000:.0f} kB keeps a "
                f"page light. Play a shorter piece (10 s are x[:{piece}]), lower the sample rate, or pass "
                f"max_bytes={-(-self.n_bytes // 10000) * 10000}."
            )

    def __repr__(self) -> str:
        """Return the facts: one line, or one for each sound."""
        kind = "listen" if self.names == ("",) else "blind test" if self.blind else "compare"
        kind = "map" if self._positions else kind
        head = f"{kind}: {self.title}" if self.title else kind
        if self.names == ("",):
            return "\n".join([f"{head} · {self._facts_line(0)}", *shorten(self._marks.lines())])
        lines = [f"  {name} · {self._facts_line(i)}" for i, name in enumerate(self.names)]
        return "\n".join([head, *shorten(lines)])

    def _facts_line(self, i: int) -> str:
        gain, roll = self.gains_db[i], self._rolls.get(self.names[i])
        notes = f" · {count_notes(roll)}" if roll is not None else ""
        return self.facts[i] + notes + (f" · played {-gain:.1f} dB softer" if gain else "")

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": with_assets(self.html)}

    def _render(self) -> str:
        duration = max(sound.duration for sound in self._sounds)
        label = escape(self.title or "Sound")
        title = f'<p class="ae-title">{escape(self.title)}</p>' if self.title else ""
        hint = f'<p class="ae-hint">{escape(self.hint)}</p>' if self.hint else ""
        caption = f"<figcaption>{title}{hint}</figcaption>" if title or hint else ""
        plots = self._plots(duration)
        boxes = []
        for i, (name, sound) in enumerate(zip(self.names, self._sounds, strict=True)):
            spoken = escape(f"{self.title or 'Sound'}: {name}" if name else self.title or "Sound")
            source = data_uri(mp3(sound, self._gains[i]), "audio/mpeg")
            heading = f'<p class="ae-name">{escape(name)}</p>' if name else ""
            line = f'<p class="ae-facts">{escape(self._facts_line(i)).replace(" -", " −")}</p>'
            place = 'data-x="{:.2f}" data-y="{:.2f}"'.format(*self._positions[i]) if self._positions else ""
            boxes.append(
                f'<div class="ae-sound" data-name="{escape(name)}" {place}>{heading}{plots[i]}'
                f'<audio controls preload="none" aria-label="{spoken}" src="{source}"></audio>{line}</div>'
            )
        body = "".join(boxes)
        if self._positions:  # without scripts: the picture, and the sounds in a list
            body = (
                f'<div class="ae-map">{self._background}</div><details class="ae-list"><summary>All '
                f"{len(boxes)} sounds in a list</summary>{body}</details>"
            )
        body += self._marks.html(duration)
        uris = {
            escape(name): data_uri(data, "application/octet-stream") for name, data in self._files.items()
        }
        links = " · ".join(
            f'<a class="ae-file" download="{name}" href="{uri}">{name}</a>' for name, uri in uris.items()
        )
        body += f'<p class="ae-facts">To keep: {links}</p>' if links else ""
        attributes = f'data-duration="{duration:.6g}"'
        attributes += " data-blind" if self.blind else ""
        return (
            f'<audio-player role="group" aria-label="{label}" {attributes}><figure>{caption}'
            f"{body}</figure></audio-player>"
        )

    def _plots(self, duration: float) -> list[str]:
        """Return the picture of each sound, all drawn to the same scales."""
        f_max = max(sound.sample_rate for sound in self._sounds) / 2
        # what lies beyond full scale is drawn at full scale, or the others would be black beside it
        peaks = [float(np.abs(sound.x).max()) for sound in self._sounds]
        excess = [max(1.0, peak) for peak in peaks]
        peak = max(p / over for p, over in zip(peaks, excess, strict=True))
        edges = row_edges(f_max, self._scale)
        if self._rolls:
            return self._roll_plots(duration)
        show_wave, show_spectrogram = self._picture != "spectrogram", self._picture != "waveform"
        images = []
        if show_spectrogram:
            images = [
                power_image(sound, duration, edges) / over**2
                for sound, over in zip(self._sounds, excess, strict=True)
            ]
        reference = max((float(image.max()) for image in images), default=1.0)
        y_axis = _marks("ae-y", "bottom", frequency_ticks(f_max, self._scale))
        x_axis = _marks("ae-x", "left", time_ticks(duration))
        plots = []
        for i, (name, sound) in enumerate(zip(self.names, self._sounds, strict=True)):
            wave = waveform_svg(sound, duration, max(peak, 1e-6) * excess[i]) if show_wave else ""
            parts = []
            if show_wave:
                parts.append(f'<div class="ae-wave">{wave}{"" if show_spectrogram else x_axis}</div>')
            if show_spectrogram:
                what = f"Spectrogram of {name or self.title or 'the sound'}"
                alt = f"{what}: time to the right, frequency up to {f_max:g} Hz, brighter is stronger."
                image = f'<img alt="{escape(alt)}" src="{spectrogram_uri(images[i], reference)}">'
                parts.append(f'<div class="ae-spec">{image}{y_axis}{x_axis}</div>')
            plots.append(f'<div class="ae-plot">{"".join(parts)}</div>')
        return plots

    def _roll_plots(self, duration: float) -> list[str]:
        """Return the notes of each sound, all on the same keys."""
        low, high = key_range(self._rolls.values())
        axes = _marks("ae-y", "bottom", key_ticks(low, high)) + _marks("ae-x", "left", time_ticks(duration))
        return [
            f'<div class="ae-plot"><div class="ae-wave ae-roll">{roll_svg(roll, duration, low, high)}{axes}'
            "</div></div>"
            for roll in self._rolls.values()
        ]


def _marks(kind: str, side: str, ticks: list[tuple[float, str]]) -> str:
    """Return the labels of an axis; the outermost ones are moved inward, so that none is cut off."""
    marks = []
    for at, text in ticks:
        end = " ae-first" if at < 0.03 else " ae-last" if at > 0.94 else ""
        marks.append(f'<span class="{kind}{end}" style="{side}:{100 * at:.1f}%">{text}</span>')
    return f'<div aria-hidden="true">{"".join(marks)}</div>'


@checked
def listen(
    x: ArrayLike,
    sample_rate: float,
    *,
    title: str = "",
    hint: str = "",
    scale: str = "mel",
    picture: str = "both",
    words: Sequence[Event] = (),
    tags: Mapping[str, Sequence[tuple[float, float]]] | None = None,
    notes: ArrayLike | None = None,
    files: Mapping[str, bytes] | None = None,
    max_seconds: Positive = 30.0,
    max_bytes: Bytes = 400_000,
) -> Player:
    """Play one sound: waveform above spectrogram, a moving playhead, seeking by mouse, touch and keyboard.

    The sound is never turned up, and turned down until it is safe: loudness at most −18 LUFS, peak at most
    −1 dBFS. The facts that are printed with it describe `x` as given.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A mono sound; full scale is ±1, more is allowed.
    sample_rate : float
        Samples a second (Hz).
    title : str
        What it is.
    hint : str
        What to listen for, one sentence.
    scale : {"mel", "linear"}
        The spectrogram's frequency axis.
    picture : {"both", "waveform", "spectrogram"}
        What to draw.
    words : sequence of (start_s, end_s, text), optional
        What is said and when (seconds), in order: each word lights up while it sounds, and is heard when it
        is clicked.
    tags : mapping of str to sequence of (start_s, end_s), optional
        What sounds and when (seconds): a line each under the picture. A tag without times is an empty line.
    notes : array [shape=(n_notes, 4)], optional
        The notes that are played: start and duration (seconds), MIDI number, voice. They are drawn as a piano
        roll, in place of `picture`.
    files : mapping of str to bytes, optional
        What the reader can keep, by file name: a link each. They weigh on the page, so keep them small.
    max_seconds, max_bytes
        A longer sound (seconds) or a heavier player (bytes of HTML) is an error, so that pages stay light.

    Returns
    -------
    Player
        Shown when it is a cell's last value; otherwise pass it to ``display``.

    Raises
    ------
    TypeError, ValueError
        If `x` is not a finite mono sound, an option is unknown, or the sound is too long.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(8000) / 8000
    >>> listen(0.5 * np.sin(2 * np.pi * 440 * t), 8000, title="A4")
    listen: A4 · 1.00 s · 8000 Hz · peak -6.0 dBFS · RMS -9.0 dBFS · centroid 440 Hz · played 8.5 dB softer
    """
    sound = check_sound(x, sample_rate)
    _check_options(scale, picture, max_seconds, {"x": sound})
    rolls = {} if notes is None else {"": check_roll(notes, "notes", sound.duration)}
    return Player(
        {"": sound},
        [safe_gain(sound)],
        title=title,
        hint=hint,
        max_bytes=max_bytes,
        scale=scale,
        picture=picture,
        marks=Marks.checked(words, tags or {}, sound.duration),
        rolls=rolls,
        files=files,
    )


@checked
def compare(
    sounds: Mapping[str, Any],
    sample_rate: float | None = None,
    *,
    title: str = "",
    hint: str = "",
    blind: bool = False,
    match: bool = True,
    scale: str = "mel",
    picture: str = "both",
    notes: Mapping[str, ArrayLike] | None = None,
    max_seconds: Positive = 30.0,
    max_bytes: Bytes = 400_000,
) -> Player:
    """Play several sounds at one position and switch between them without a gap.

    All run together; a button, or its number on the keyboard, brings one to the front. They are made
    equally loud (the louder ones are turned down), because the louder one is otherwise taken for the better.

    Parameters
    ----------
    sounds : mapping of str to array [shape=(n_samples,)] or (array, sample_rate)
        Two to nine sounds by name.
    sample_rate : float, optional
        Samples a second (Hz) of those that come without their own.
    title, hint : str
        What they are, and what to listen for.
    blind : bool
        Hide names and pictures behind A, B, C in a new order each round and ask which is which; keep a score.
    match : bool
        False keeps the relative levels: one common gain, set by what is safe for the loudest.
    notes : mapping of str to array [shape=(n_notes, 4)], optional
        The notes of each sound, by its name, as in :func:`listen`.
    scale, picture, max_seconds, max_bytes
        As in :func:`listen`; all pictures share the same axes.

    Returns
    -------
    Player
        Its text has one line of facts for each sound.

    Raises
    ------
    TypeError, ValueError
        If there are fewer than two or more than nine sounds, one of them is not a finite mono sound, or all
        together are too heavy for a page.

    Examples
    --------
    >>> import numpy as np
    >>> t = np.arange(8000) / 8000
    >>> tone = 0.1 * np.sin(2 * np.pi * 440 * t)
    >>> compare({"sine": tone, "square": np.sign(tone) * 0.1}, 8000, title="Same pitch")
    compare: Same pitch
      sine · 1.00 s · 8000 Hz · peak -20.0 dBFS · RMS -23.0 dBFS · centroid 440 Hz
      square · 1.00 s · 8000 Hz · peak -20.0 dBFS · RMS -20.0 dBFS · centroid 719 Hz · played 3.6 dB softer
    """
    if not 2 <= len(sounds) <= MAX_SOUNDS:
        raise ValueError(
            f"sounds has {len(sounds)} entries; compare takes 2 to {MAX_SOUNDS}. For one sound use listen."
        )
    if len(set(map(str, sounds))) < len(sounds):
        raise ValueError(f"sounds has two of the same name among {list(sounds)}; expected names that differ.")
    good = {}
    for name, value in sounds.items():
        has_rate = isinstance(value, tuple) and len(value) == 2 and np.ndim(value[0]) > np.ndim(value[1])
        samples, rate = value if has_rate else (value, sample_rate)
        if rate is None:
            raise ValueError(
                f"sounds[{name!r}] has no sample rate: pass compare(..., sample_rate) or (x, sample_rate)."
            )
        if not str(name).strip():
            raise ValueError("sounds has an empty name; the buttons need one for each sound.")
        good[str(name)] = check_sound(samples, rate, f"sounds[{name!r}]")
    _check_options(scale, picture, max_seconds, good)
    if notes is not None and set(notes) != set(good):
        raise ValueError(f"notes has the names {list(notes)}; expected those of the sounds, {list(good)}.")
    rolls = {
        name: check_roll(notes[name], f"notes[{name!r}]", sound.duration)
        for name, sound in good.items()
        if notes is not None
    }
    every = list(good.values())
    gains = matched_gains(every) if match else [min(map(safe_gain, every))] * len(every)
    return Player(
        good,
        gains,
        title=title,
        hint=hint,
        max_bytes=max_bytes,
        scale=scale,
        picture=picture,
        blind=blind,
        rolls=rolls,
    )


def _check_options(scale: str, picture: str, max_seconds: float, sounds: Mapping[str, Sound]) -> None:
    check_choice(scale, "scale", SCALES)
    check_choice(picture, "picture", PICTURES)
    check_positive(max_seconds, "max_seconds", unit="of seconds")
    for name, sound in sounds.items():
        if sound.duration > max_seconds:
            piece = f"{name}[:{int(max_seconds * sound.sample_rate)}]"
            raise ValueError(
                f"{name} is {sound.duration:.1f} s long; a player takes at most {max_seconds:g} s. Play a "
                f"piece of it ({piece}), or pass max_seconds={np.ceil(sound.duration):.0f}."
            )
