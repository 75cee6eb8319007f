"""`Corpus`: the one small, typed thing that every loader returns.

A corpus is a row of *clips*. Clip ``i`` is ``audio[i]``, its class is ``labels[i]`` (a number) or
``label_names[labels[i]]`` (a word), whoever or whatever made the sound is ``voices[i]``, and ``split[i]``
says whether it is for training or for testing. All of these have the same length and the same order.

Clips differ in length, so ``audio`` is a tuple of one-dimensional arrays. `Corpus.pad` makes the rectangular
array that a network wants.

>>> import numpy as np
>>> corpus = Corpus(
...     name="two beeps",
...     audio=(np.ones(8000, np.float32), np.ones(4000, np.float32)),
...     labels=[0, 1], label_names=("long", "short"), voices=["a", "b"], split=["train", "test"],
...     sample_rate=8000,
... )
>>> corpus
Corpus 'two beeps': 2 clips, 0.0 minutes at 8000 Hz, 2 labels, 2 voices; train 1 clips of 1 voices, test 1 of
1
>>> corpus.test.pad(8000).shape
(1, 8000)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from audio_edu._validate import check_positive, check_sample_rate

SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False, repr=False)
class Corpus:
    """Labelled clips of sound with an official split.

    Nothing in a corpus can be changed: its arrays are read-only. Use ``clip.copy()`` before editing a clip in
    place.

    Parameters
    ----------
    name : str
        What the corpus is called.
    audio : tuple of np.ndarray [shape=(n_samples,)]
        The clips: mono, float32, full scale ±1, each of its own length.
    labels : np.ndarray [shape=(n_clips,)]
        The class of each clip, a whole number in ``range(len(label_names))``.
    label_names : tuple of str
        The name of each class.
    voices : np.ndarray [shape=(n_clips,)]
        Who or what sounds in each clip, as text: a speaker, a synthetic voice, an instrument's preset.
    split : np.ndarray [shape=(n_clips,)]
        ``"train"`` or ``"test"`` for each clip.
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
    labels: np.ndarray
    label_names: tuple[str, ...]
    voices: np.ndarray
    split: np.ndarray
    sample_rate: int
    info: Mapping[str, np.ndarray] = field(default_factory=dict)
    licence: str = ""

    def __post_init__(self) -> None:
        audio = tuple(_read_only(clip) for clip in self.audio)
        labels = _read_only(np.asarray(self.labels))
        voices = _read_only(np.asarray(self.voices, dtype=str))
        split = _read_only(np.asarray(self.split, dtype=str))
        info = {key: _read_only(np.asarray(column)) for key, column in self.info.items()}
        label_names = tuple(str(name) for name in self.label_names)
        check_sample_rate(self.sample_rate)
        for i, clip in enumerate(audio):
            if clip.dtype != np.float32 or clip.ndim != 1 or not clip.size:
                raise TypeError(
                    f"audio[{i}] is {clip.dtype} of shape {clip.shape}; expected float32 of shape "
                    f"(n_samples,), not empty."
                )
        columns = {"labels": labels, "voices": voices, "split": split} | {
            f"info[{k!r}]": v for k, v in info.items()
        }
        for key, column in columns.items():
            if column.shape[:1] != (len(audio),):
                raise ValueError(
                    f"{key} has shape {column.shape}; expected one entry for each of {len(audio)} clips."
                )
        if len(audio) == 0:
            labels = _read_only(labels.astype(np.int64))
        if labels.dtype.kind not in "iu":
            raise TypeError(f"labels have dtype {labels.dtype}; expected whole numbers.")
        if labels.size and not (labels.min() >= 0 and labels.max() < len(label_names)):
            raise ValueError(
                f"labels run from {labels.min()} to {labels.max()}; expected 0 to {len(label_names) - 1}, "
                f"one for each of the {len(label_names)} label_names."
            )
        unknown = sorted(set(split.tolist()) - set(SPLITS))
        if unknown:
            raise ValueError(f"split holds {unknown}; expected only 'train' and 'test'.")
        for key, value in {
            "audio": audio, "labels": labels, "label_names": label_names, "voices": voices, "split": split,
            "info": MappingProxyType(info),
        }.items():  # fmt: skip
            object.__setattr__(self, key, value)

    def __len__(self) -> int:
        return len(self.audio)

    def __repr__(self) -> str:
        def count(part: str) -> str:
            mask = self.split == part
            return f"{int(mask.sum())}", f"{len(set(self.voices[mask].tolist()))}"

        (n_train, v_train), (n_test, v_test) = count("train"), count("test")
        return (
            f"Corpus {self.name!r}: {len(self)} clips, {self.minutes:.1f} minutes at {self.sample_rate} Hz, "
            f"{len(self.label_names)} labels, {len(set(self.voices.tolist()))} voices; "
            f"train {n_train} clips of {v_train} voices, test {n_test} of {v_test}"
        )

    @property
    def train(self) -> Corpus:
        """The clips of the official training split, as a corpus."""
        return self.select(self.split == "train")

    @property
    def test(self) -> Corpus:
        """The clips of the official test split, as a corpus."""
        return self.select(self.split == "test")

    @property
    def lengths(self) -> np.ndarray:
        """The length of each clip in samples [shape=(n_clips,)]."""
        return np.array([clip.size for clip in self.audio], dtype=np.int64)

    @property
    def minutes(self) -> float:
        """The length of all clips together, in minutes."""
        return float(self.lengths.sum()) / self.sample_rate / 60

    def select(self, which: np.ndarray) -> Corpus:
        """Return the corpus of some of the clips.

        Parameters
        ----------
        which : np.ndarray [shape=(n_clips,) or (n_chosen,)]
            A mask of booleans, as in ``corpus.select(corpus.labels == 3)``, or the clips' numbers in the
            order wanted.

        Raises
        ------
        TypeError
            If `which` holds neither booleans nor whole numbers.
        IndexError
            If the mask's length or a number does not fit the corpus.
        """
        which = np.asarray(which)
        if which.size == 0:
            which = which.astype(bool if which.shape == (len(self),) else int)
        if which.ndim != 1 or which.dtype.kind not in "biu":
            raise TypeError(
                f"which is {which.dtype} of shape {which.shape}; expected a mask of booleans or clip "
                f"numbers, in one dimension."
            )
        rows = np.arange(len(self))[which]
        return replace(
            self,
            audio=tuple(self.audio[i] for i in rows),
            labels=self.labels[rows],
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


def _read_only(x: np.ndarray) -> np.ndarray:
    """Return a view of `x` that cannot be written through."""
    x = np.asarray(x).view()
    x.flags.writeable = False
    return x
