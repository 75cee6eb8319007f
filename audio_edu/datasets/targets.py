"""What a clip is said to be: one small type for each kind of answer that a network may have to give.

Every `Corpus` has targets, as many as clips. Which type they are decides what can be learned from it:

* `Labels`: one class a clip (a digit, an instrument);
* `Transcripts`: a text (what is said);
* `Tags`: any number of classes at once, and when (rain *and* a bell);
* `Scores`: notes (a chorale, with or without its sound);
* `CleanAudio`: the same clip as it should be (before the noise).

All of them are read-only. The first field has one entry for each clip, and so has every other field but the
`names` of the classes.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

T = TypeVar("T", bound="Targets")


@dataclass(frozen=True, eq=False)
class Targets:
    """What all kinds of targets can do."""

    noun: ClassVar[str] = "targets"

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def select(self: T, rows: np.ndarray) -> T:
        """Return the targets of the clips with these numbers."""
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "names"}
        return replace(self, **{name: _rows(value, rows) for name, value in own.items()})

    def describe(self) -> str:
        """Say in a few words what they are: ``"10 labels"``."""
        return f"{len(getattr(self, 'names', self))} {self.noun}"

    def _set(self, **values: Any) -> None:
        """Set fields while the object is being made."""
        for name, value in values.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class Labels(Targets):
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

    noun = "labels"
    values: np.ndarray
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        values, names = np.asarray(self.values), tuple(map(str, self.names))
        values = values if values.size else values.astype(np.int64)
        if values.ndim != 1 or values.dtype.kind not in "iu":
            raise TypeError(f"labels are {values.dtype} {values.shape}; expected whole numbers, one a clip.")
        if values.size and not (values.min() >= 0 and values.max() < len(names)):
            raise ValueError(
                f"labels run from {values.min()} to {values.max()}; expected 0 to {len(names) - 1}, one for "
                f"each of the {len(names)} names."
            )
        self._set(values=read_only(values), names=names)


@dataclass(frozen=True, eq=False)
class Transcripts(Targets):
    """What is said in each clip, as text.

    Parameters
    ----------
    texts : tuple of str [length n_clips]
        Normalised: as a reader would say it.
    """

    noun = "transcripts"
    texts: tuple[str, ...]

    def __post_init__(self) -> None:
        self._set(texts=tuple(map(str, self.texts)))


@dataclass(frozen=True, eq=False)
class Tags(Targets):
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

    noun = "tags"
    present: np.ndarray
    names: tuple[str, ...]
    events: tuple[np.ndarray, ...] | None = None

    def __post_init__(self) -> None:
        present, names = np.asarray(self.present, dtype=bool), tuple(map(str, self.names))
        if present.ndim != 2 or present.shape[1] != len(names):
            raise ValueError(f"present has shape {present.shape}; expected (n_clips, {len(names)} tags).")
        if self.events is not None:
            if len(self.events) != len(present):
                raise ValueError(f"events has {len(self.events)} entries; expected one for each clip.")
            self._set(events=tuple(read_only(np.reshape(each, (-1, 3))) for each in self.events))
        self._set(present=read_only(present), names=names)


@dataclass(frozen=True, eq=False)
class Scores(Targets):
    """The notes of each piece.

    Parameters
    ----------
    notes : tuple of np.ndarray [shape=(n_notes_i, 4)]
        For each piece: onset and duration (in quarter notes), MIDI number, and number of the part.
    names : tuple of str
        The names of the parts: soprano, alto, ...

    Examples
    --------
    >>> len(Scores(([[0, 1, 60, 0], [0, 2, 48, 1]],), ("soprano", "bass")))
    1
    """

    noun = "parts"
    notes: tuple[np.ndarray, ...]
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        notes = tuple(read_only(np.reshape(each, (-1, 4)).astype(float)) for each in self.notes)
        for i, each in enumerate(notes):
            if each.size and not set(each[:, 3]) <= set(range(len(self.names))):
                raise ValueError(f"notes[{i}] names a part beyond the {len(self.names)} parts.")
        self._set(notes=notes, names=tuple(map(str, self.names)))


@dataclass(frozen=True, eq=False)
class CleanAudio(Targets):
    """For each clip, the same sound as it should be: without the noise, the clipping, the gap.

    Parameters
    ----------
    audio : tuple of np.ndarray [shape=(n_samples_i,)]
        As long as the clips that they belong to.
    """

    noun = "clean partners"
    audio: tuple[np.ndarray, ...]

    def __post_init__(self) -> None:
        self._set(audio=tuple(read_only(np.asarray(clip, np.float32)) for clip in self.audio))


def read_only(x: Any) -> np.ndarray:
    """Return `x` as an array that nobody can change: itself if it is one already, else a copy."""
    x = np.asarray(x)
    owner = x if x.base is None else x.base
    if x.flags.writeable or not isinstance(owner, np.ndarray) or owner.flags.writeable:
        x = x.copy()
        x.flags.writeable = False
    return x


def _rows(values: Any, rows: np.ndarray) -> Any:
    if isinstance(values, np.ndarray):
        return values[rows]
    return None if values is None else tuple(values[i] for i in rows)
