"""What a clip is said to be: one small type for each kind of answer that a network may have to give.

Every `Corpus` has targets, as many as clips. Which type they are decides what can be learned from it:

* `Labels`: one class a clip (a digit, an instrument);
* `Transcripts`: a text (what is said);
* `Tags`: any number of classes at once, and when (rain *and* a bell);
* `Scores`: notes (a chorale, with or without its sound);
* `CleanAudio`: the same clip as it should be (before the noise).

All of them are read-only, know their length, and give the targets of some of the clips by `select`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import numpy as np

__all__ = ["CleanAudio", "Labels", "Scores", "Tags", "Targets", "Transcripts", "read_only"]

T = TypeVar("T")


class Targets(Protocol):
    """What all kinds of targets can do."""

    def __len__(self) -> int: ...

    def select(self: T, rows: np.ndarray) -> T:
        """Return the targets of the clips with these numbers."""

    def describe(self) -> str:
        """Say in a few words what they are: ``"10 labels"``."""


@dataclass(frozen=True, eq=False)
class Labels:
    """One class for each clip.

    Parameters
    ----------
    values : np.ndarray [shape=(n_clips,)]
        Whole numbers in ``range(len(names))``.
    names : tuple of str
        The classes.

    Examples
    --------
    >>> Labels([1, 0, 1], ("no", "yes")).select([0, 2]).values.tolist()
    [1, 1]
    """

    values: np.ndarray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        values, names = np.asarray(self.values), tuple(map(str, self.names))
        if not values.size:
            values = values.astype(np.int64)
        if values.ndim != 1 or values.dtype.kind not in "iu":
            raise TypeError(
                f"labels are {values.dtype} of shape {values.shape}; expected whole numbers, one a clip."
            )
        if values.size and not (values.min() >= 0 and values.max() < len(names)):
            raise ValueError(
                f"labels run from {values.min()} to {values.max()}; expected 0 to {len(names) - 1}, one for "
                f"each of the {len(names)} names."
            )
        _set(self, values=read_only(values), names=names)

    def __len__(self) -> int:
        return len(self.values)

    def select(self, rows: np.ndarray) -> Labels:
        """Return the labels of the clips with these numbers."""
        return replace(self, values=self.values[rows])

    def describe(self) -> str:
        """Say how many classes there are."""
        return f"{len(self.names)} labels"


@dataclass(frozen=True, eq=False)
class Transcripts:
    """What is said in each clip, as text.

    Parameters
    ----------
    texts : tuple of str [length n_clips]
        Normalised: as a reader would say it.
    """

    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        _set(self, texts=tuple(map(str, self.texts)))

    def __len__(self) -> int:
        return len(self.texts)

    def select(self, rows: np.ndarray) -> Transcripts:
        """Return the texts of the clips with these numbers."""
        return Transcripts(tuple(self.texts[i] for i in rows))

    def describe(self) -> str:
        """Say how many different texts there are."""
        return f"{len(set(self.texts))} texts"


@dataclass(frozen=True, eq=False)
class Tags:
    """Which of some classes sound in each clip: none, one, or several; and, where that is known, when.

    Parameters
    ----------
    present : np.ndarray [shape=(n_clips, n_tags)]
        Booleans.
    names : tuple of str
        The classes.
    events : tuple of np.ndarray [shape=(n_events_i, 3)], optional
        For each clip: the number of the tag, start and end (s) of each event.
    """

    present: np.ndarray
    names: tuple[str, ...]
    events: tuple[np.ndarray, ...] | None = None

    def __post_init__(self) -> None:
        present, names = np.asarray(self.present, dtype=bool), tuple(map(str, self.names))
        if present.ndim != 2 or present.shape[1] != len(names):
            raise ValueError(f"present has shape {present.shape}; expected (n_clips, {len(names)} tags).")
        events = self.events
        if events is not None:
            events = tuple(read_only(np.asarray(each, np.float64).reshape(-1, 3)) for each in events)
            _check_length("events", len(events), len(present))
        _set(self, present=read_only(present), names=names, events=events)

    def __len__(self) -> int:
        return len(self.present)

    def select(self, rows: np.ndarray) -> Tags:
        """Return the tags of the clips with these numbers."""
        events = None if self.events is None else tuple(self.events[i] for i in rows)
        return replace(self, present=self.present[rows], events=events)

    def describe(self) -> str:
        """Say how many tags there are."""
        return f"{len(self.names)} tags"


@dataclass(frozen=True, eq=False)
class Scores:
    """The notes of each piece.

    Parameters
    ----------
    notes : tuple of np.ndarray [shape=(n_notes_i, 4)]
        For each piece: onset and duration (in quarter notes), MIDI number, and number of the part.
    parts : tuple of str
        The names of the parts: soprano, alto, ...

    Examples
    --------
    >>> Scores(([[0, 1, 60, 0], [0, 2, 48, 1]],), ("soprano", "bass")).describe()
    '2 parts'
    """

    notes: tuple[np.ndarray, ...]
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        notes = tuple(read_only(np.asarray(each, np.float64).reshape(-1, 4)) for each in self.notes)
        parts = tuple(map(str, self.parts))
        for i, each in enumerate(notes):
            if each.size and not set(np.unique(each[:, 3])) <= set(range(len(parts))):
                raise ValueError(f"notes[{i}] names a part beyond the {len(parts)} parts.")
        _set(self, notes=notes, parts=parts)

    def __len__(self) -> int:
        return len(self.notes)

    def select(self, rows: np.ndarray) -> Scores:
        """Return the notes of the pieces with these numbers."""
        return replace(self, notes=tuple(self.notes[i] for i in rows))

    def describe(self) -> str:
        """Say how many parts there are."""
        return f"{len(self.parts)} parts"


@dataclass(frozen=True, eq=False)
class CleanAudio:
    """For each clip, the same sound as it should be: without the noise, the clipping, the gap.

    Parameters
    ----------
    audio : tuple of np.ndarray [shape=(n_samples_i,)]
        As long as the clips that they belong to.
    """

    audio: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        _set(self, audio=tuple(read_only(np.asarray(clip, np.float32)) for clip in self.audio))

    def __len__(self) -> int:
        return len(self.audio)

    def select(self, rows: np.ndarray) -> CleanAudio:
        """Return the partners of the clips with these numbers."""
        return CleanAudio(tuple(self.audio[i] for i in rows))

    def describe(self) -> str:
        """Say what they are."""
        return "clean partners"


def read_only(x: Any) -> np.ndarray:
    """Return a view of `x` that cannot be written through."""
    x = np.asarray(x).view()
    x.flags.writeable = False
    return x


def _set(target: Any, **values: Any) -> None:
    """Set the fields of a frozen dataclass while it is being made."""
    for name, value in values.items():
        object.__setattr__(target, name, value)


def _check_length(name: str, n: int, n_clips: int) -> None:
    if n != n_clips:
        raise ValueError(f"{name} has {n} entries; expected one for each of {n_clips} clips.")
