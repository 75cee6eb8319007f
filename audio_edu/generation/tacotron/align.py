"""How long each letter lasts, from chapter 8's forced aligner: what the durations network learns from.

CTC writes a letter in a frame or two and a blank in the others, so a letter is taken to end half-way between
its last frame and the next letter's first.

`letter_ends` needs a recogniser. What it found is kept in ``data/checkpoints/letters.csv``, by clip, so that
training needs none (it is by an earlier ``ctc_prompts``: see the README there); this writes such a file::

    from audio_edu.families import load_model
    from audio_edu.generation.tacotron import FAMILY, RECIPES
    from audio_edu.generation.tacotron.align import write_letter_ends
    from audio_edu.generation.tacotron.data import to_align
    from audio_edu.recognition.ctc import force_align

    clips, texts = to_align(RECIPES["durations"], FAMILY.corpus(RECIPES["durations"]).development)
    write_letter_ends(clips, texts, load_model("ctc_prompts"), force_align)
"""

import csv
import hashlib
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._validate import checked
from ...training import checkpoint_dir
from .text import to_words

#: Of the file in ``data/checkpoints``.
FILE = "letters.csv"


def clip_name(x: np.ndarray) -> str:
    """Return ten characters that stand for the samples of a clip."""
    return hashlib.sha1(np.ascontiguousarray(x, np.float32).tobytes(), usedforsecurity=False).hexdigest()[:10]


@checked
def letter_ends(path: np.ndarray, n_before: int, n_frames: int) -> np.ndarray:
    """Return where each letter ends, in frames from the beginning of a clip [shape=(N,)].

    Parameters
    ----------
    path : np.ndarray of int [shape=(n_path,)]
        From `audio_edu.recognition.ctc.force_align`: the letter of each frame, or −1.
    n_before, n_frames : int
        Frames of the path before the clip, and of the clip.

    Examples
    --------
    >>> letter_ends(np.array([-1, -1, 0, -1, 1, 1, -1, -1]), 1, 6).tolist()
    [2, 6]
    """
    n = int(path.max()) + 1
    frames = [np.flatnonzero(path == k) for k in range(n)]
    # half-way between the last frame of a letter and the first of the next
    ends = [(a[-1] + 1 + b[0]) // 2 - n_before for a, b in itertools.pairwise(frames)]
    return np.clip(np.array([*ends, n_frames]), 0, n_frames)


@checked
def respelled_ends(ends: np.ndarray, n_letters: Sequence[int], n_symbols: Sequence[int]) -> np.ndarray:
    """Return where the symbols of words end that are written in others than their letters.

    A crude rule, for nobody has timed them: symbol k of n ends where the share k/n of its word's letters
    does.

    Parameters
    ----------
    ends : np.ndarray [shape=(N,)]
        Where each letter ends, and each space between words.
    n_letters, n_symbols : sequence of int
        Letters of each word, and symbols that stand for it now.

    Raises
    ------
    ValueError
        If there are not as many ends as letters and spaces.

    Examples
    --------
    >>> respelled_ends(np.array([2, 4, 10, 11, 12, 13, 14, 15, 16]), [3, 5], [2, 5]).tolist()
    [3.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]
    """
    if len(ends) != sum(n_letters) + len(n_letters) - 1:
        raise ValueError(f"ends has {len(ends)} numbers; expected one for each letter and each space.")
    borders, found, begin = np.append(0, ends), [], 0
    for letters, symbols in zip(n_letters, n_symbols, strict=True):
        if begin:  # the space before the word
            found.append(borders[begin])
        places = begin + letters * np.arange(1, symbols + 1) / symbols
        found += np.interp(places, np.arange(len(borders)), borders).tolist()
        begin += letters + 1
    return np.array(found)


def ends_heard(x: np.ndarray, text: str, recognizer: Any, align: Callable) -> np.ndarray | None:
    """Return where the letters of a clip without silence around it end (frames); None: too fast to say."""
    log_p = recognizer.log_probabilities(x)
    n_before = int((recognizer.times(log_p) < -1e-9).sum())
    labels = [recognizer.label_names.index(c) for c in to_words(text)]
    n_frames = round(len(x) / recognizer.sample_rate / recognizer.frame_s)
    try:
        return letter_ends(align(log_p, labels), n_before, n_frames)
    except ValueError:  # too fast to be written
        return None


def write_letter_ends(
    clips: list[np.ndarray], texts: list[str], recognizer: Any, align: Callable, path: Path | None = None
) -> None:
    """Align clips, which have no silence around them, and write the file."""
    rows = []
    for x, text in zip(clips, texts, strict=True):
        if (ends := ends_heard(x, text, recognizer, align)) is not None:
            rows.append((clip_name(x), " ".join(map(str, ends))))
    with open(path or checkpoint_dir() / FILE, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("clip", "ends"), *rows])


def read_letter_ends(path: Path | None = None) -> dict[str, np.ndarray]:
    """Return the ends of the letters of each clip as shares of the whole, by `clip_name`."""
    with open(path or checkpoint_dir() / FILE, newline="", encoding="utf-8") as file:
        rows = {row["clip"]: np.array(row["ends"].split(), float) for row in csv.DictReader(file)}
    return {name: ends / ends[-1] for name, ends in rows.items()}
