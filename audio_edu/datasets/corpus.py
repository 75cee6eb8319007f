"""`Corpus`: the one small, typed thing that every loader returns.

A corpus is a row of *clips*. Clip ``i`` is ``audio[i]``, what it is said to be is entry ``i`` of ``targets``
(a class, a text, tags, notes, a clean partner: see `audio_edu.datasets.targets`), whoever or whatever made
the sound is ``voices[i]``, and ``split[i]`` says what it is for:

* ``train``: to learn from;
* ``validation``: to choose by (settings, when to stop, which of two networks);
* ``test``: to be measured on, once, when nothing is chosen any more.

``development`` is the first two together: what may be looked at while a model is made. The models that ship
were trained on it once their settings were fixed.

Clips differ in length, so ``audio`` is a tuple of one-dimensional arrays. `Corpus.pad` makes the rectangular
array that a network wants.

>>> import numpy as np
>>> corpus = Corpus(
...     name="two beeps",
...     audio=(np.ones(8000, np.float32), np.ones(4000, np.float32)),
...     targets=Labels([0, 1], ("long", "short")), voices=["a", "b"], split=["train", "test"],
...     sample_rate=8000,
... )
>>> corpus
Corpus 'two beeps': 2 clips, 0.0 minutes at 8000 Hz, 2 labels, 2 voices; train 1 clips of 1 voices, test 1 of
1
>>> corpus.test.pad(8000).shape
(1, 8000)
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from .._validate import check_choice, check_positive, check_sample_rate
from .targets import Labels, Targets, read_only

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """Clips of sound with their targets and an official split.

    Nothing in a corpus can be changed: its arrays are read-only. Use ``clip.copy()`` before editing a clip in
    place.

    Parameters
    ----------
    name : str
        What the corpus is called.
    audio : tuple of np.ndarray [shape=(n_samples,)]
        The clips: mono, float32, full scale ±1, each of its own length. Empty for music that is notes only.
    targets : Labels, Transcripts, Tags, Scores or CleanAudio
        What each clip is said to be.
    voices : np.ndarray [shape=(n_clips,)]
        Who or what sounds in each clip, as text: a speaker, a synthetic voice, an instrument's preset.
    split : np.ndarray [shape=(n_clips,)]
        ``"train"``, ``"validation"`` or ``"test"`` for each clip.
    sample_rate : int
        Samples a second, the same for all clips.
    info : mapping of str to np.ndarray [shape=(n_clips,)]
        What else is known of each clip; the corpus's loader says which columns there are.
    licence : str
        Under which terms the sound may be passed on.

    Raises
    ------
    TypeError, ValueError
        If the parts do not fit together; the message says which.
    """

    name: str
    audio: tuple[np.ndarray, ...]
    targets: Targets
    voices: np.ndarray
    split: np.ndarray
    sample_rate: int
    info: Mapping[str, np.ndarray] = field(default_factory=dict)
    licence: str = ""

    def __post_init__(self) -> None:
        audio = tuple(read_only(clip) for clip in self.audio)
        voices = read_only(np.asarray(self.voices, dtype=str))
        split = read_only(np.asarray(self.split, dtype=str))
        info = {key: read_only(np.asarray(column)) for key, column in self.info.items()}
        check_sample_rate(self.sample_rate)
        for i, clip in enumerate(audio):
            if clip.dtype != np.float32 or clip.ndim != 1 or not clip.size:
                raise TypeError(
                    f"audio[{i}] is {clip.dtype} of shape {clip.shape}; expected float32 of shape "
                    f"(n_samples,), not empty."
                )
            if not np.isfinite(clip).all():
                raise ValueError(f"audio[{i}] holds NaN or infinite samples.")
        n_clips = len(self.targets)
        if audio and len(audio) != n_clips:
            raise ValueError(f"audio has {len(audio)} clips, targets {n_clips}; expected one for each clip.")
        columns = {"voices": voices, "split": split} | {f"info[{k!r}]": v for k, v in info.items()}
        for key, column in columns.items():
            if column.shape[:1] != (n_clips,):
                raise ValueError(
                    f"{key} has shape {column.shape}; expected one entry for each of {n_clips} clips."
                )
        unknown = sorted(set(split.tolist()) - set(SPLITS))
        if unknown:
            raise ValueError(f"split holds {unknown}; expected only {', '.join(map(repr, SPLITS))}.")
        for key, value in {
            "audio": audio, "voices": voices, "split": split, "info": MappingProxyType(info),
        }.items():  # fmt: skip
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return len(self.targets)

    def __repr__(self) -> str:
        parts = []
        for name in SPLITS:
            mask = self.split == name
            if mask.any() or name != "validation":
                words = "{} {} clips of {} voices" if not parts else "{} {} of {}"
                parts.append(words.format(name, int(mask.sum()), len(set(self.voices[mask].tolist()))))
        return (
            f"Corpus {self.name!r}: {len(self)} clips, {self.minutes:.1f} minutes at {self.sample_rate} Hz, "
            f"{self.targets.describe()}, {len(set(self.voices.tolist()))} voices; {', '.join(parts)}"
        )

    @property
    def labels(self) -> np.ndarray:
        """The class of each clip, a whole number [shape=(n_clips,)], where the targets are `Labels`."""
        return self._labels.values

    @property
    def label_names(self) -> tuple[str, ...]:
        """The names of the classes, where the targets are `Labels`."""
        return self._labels.names

    @property
    def _labels(self) -> Labels:
        if not isinstance(self.targets, Labels):
            raise TypeError(
                f"corpus {self.name!r} has {type(self.targets).__name__}, not labels; see corpus.targets."
            )
        return self.targets

    @property
    def train(self) -> Corpus:
        """The clips to learn from, as a corpus."""
        return self.part("train")

    @property
    def validation(self) -> Corpus:
        """The clips to choose by, as a corpus."""
        return self.part("validation")

    @property
    def development(self) -> Corpus:
        """The clips that may be looked at while a model is made: training and validation, as a corpus."""
        return self.part("train", "validation")

    @property
    def test(self) -> Corpus:
        """The clips to be measured on, as a corpus."""
        return self.part("test")

    def part(self, *names: str) -> Corpus:
        """Return the clips of some splits, or of all of them (``"all"``), as a corpus."""
        for name in names:
            check_choice(name, "split", [*SPLITS, "all"])
        return self if "all" in names else self.select(np.isin(self.split, names))

    @property
    def lengths(self) -> np.ndarray:
        """The length of each clip in samples [shape=(n_clips,)]."""
        return np.array([clip.size for clip in self.audio], dtype=np.int64)

    @property
    def minutes(self) -> float:
        """The length of all clips together, in minutes."""
        return float(self.lengths.sum()) / self.sample_rate / 60

    def fingerprint(self) -> str:
        """Return a hash of every sample and every target: two corpora with the same one train alike."""
        digest = hashlib.sha256()
        for clip in self.audio:
            digest.update(np.ascontiguousarray(clip).tobytes())
        for each in fields(self.targets):  # type: ignore[arg-type]
            digest.update(_content(getattr(self.targets, each.name)))
        return digest.hexdigest()

    def select(self, index: np.ndarray) -> Corpus:
        """Return the corpus of some of the clips.

        Parameters
        ----------
        index : np.ndarray [shape=(n_clips,) or (n_chosen,)]
            A mask of booleans, as in ``corpus.select(corpus.labels == 3)``, or the clips' numbers in the
            order wanted.

        Raises
        ------
        TypeError
            If `index` holds neither booleans nor whole numbers.
        IndexError
            If the mask's length or a number does not fit the corpus.
        """
        index = np.asarray(index)
        if index.size == 0:
            index = index.astype(bool if index.shape == (len(self),) else int)
        if index.ndim != 1 or index.dtype.kind not in "biu":
            raise TypeError(
                f"index is {index.dtype} of shape {index.shape}; expected a mask of booleans or clip "
                f"numbers, in one dimension."
            )
        rows = np.arange(len(self))[index]
        return replace(
            self,
            audio=tuple(self.audio[i] for i in rows) if self.audio else (),
            targets=self.targets.select(rows),
            voices=self.voices[rows],
            split=self.split[rows],
            info={key: column[rows] for key, column in self.info.items()},
        )

    def pad(self, n_samples: int | None = None) -> np.ndarray:
        """Return all clips in one array: zeros after the short ones, the end of the long ones cut off.

        Parameters
        ----------
        n_samples : int, optional
            The length of each row. Default: that of the longest clip, so that nothing is cut.

        Returns
        -------
        np.ndarray [shape=(n_clips, n_samples)]
            A new float32 array, free to be changed.
        """
        if n_samples is None:
            n_samples = int(self.lengths.max(initial=1))
        check_positive(n_samples, "n_samples", integer=True)
        rows = np.zeros((len(self), n_samples), dtype=np.float32)
        for row, clip in zip(rows, self.audio, strict=True):
            n = min(clip.size, n_samples)
            row[:n] = clip[:n]
        return rows


def _content(value: Any) -> bytes:
    """The bytes of an array, a text, or a sequence of them."""
    if isinstance(value, tuple):
        return b"".join(len(part).to_bytes(8, "big") + part for part in map(_content, value))
    if value is None:  # NumPy would give its address, another one in each process
        return b""
    return value.encode() if isinstance(value, str) else np.ascontiguousarray(value).tobytes()
