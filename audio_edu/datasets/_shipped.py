"""Reading the corpora that ship in ``data/``: one file per voice beside one table, and a list of checksums.

``data/NAME/index.csv`` has one row per clip: ``file, start, n_samples, label, voice, split`` and further
columns that the corpus describes. All clips of a voice lie one after another in that voice's file, so few
files hold thousands of clips.
"""

import csv
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from ..signal.files import load_audio
from .corpus import Corpus
from .targets import Labels, Targets

INDEX = "index.csv"
CHECKSUMS = "SHA256SUMS"
CARD = "README.md"  # a text that people improve; it has no checksum


def data_dir() -> Path:
    """Return the folder of the shipped data: ``$AUDIO_EDU_DATA``, else ``data/`` at the repository's root."""
    return Path(os.environ.get("AUDIO_EDU_DATA") or Path(__file__).resolve().parents[2] / "data")


def labels_of(names: tuple[str, ...]) -> Callable[[Sequence[str]], Labels]:
    """Return the function that turns a column of class names into `Labels`, numbered as `names` are."""
    number = {name: i for i, name in enumerate(names)}
    return lambda column: Labels(np.array([number[name] for name in column], dtype=np.int64), names)


def load_shipped(
    name: str,
    *,
    targets: Callable[[Sequence[str]], Targets],
    numbers: Mapping[str, type],
    licence: str,
) -> Corpus:
    """Read the corpus ``data/NAME``.

    Parameters
    ----------
    name : str
        The corpus's folder in `data_dir`.
    targets : callable
        Makes the targets of the column ``label``: `labels_of` some names, or `Transcripts` itself.
    numbers : mapping of str to type
        The columns of the table that are numbers; the others are kept as text.
    licence : str
        Passed on to the corpus.

    Raises
    ------
    FileNotFoundError
        If the corpus is not there; the message says what to do.
    ValueError
        If a file is shorter than the table says, or has another sample rate.
    """
    folder, rows = data_dir() / name, read_index(name)
    sounds, sample_rates = {}, set()
    for file_name in dict.fromkeys(row["file"] for row in rows):
        sounds[file_name], rate = load_audio(folder / file_name)
        sample_rates.add(rate)
    if len(sample_rates) != 1:
        raise ValueError(
            f"The files of {folder} have sample rates {sorted(sample_rates)}; expected one. {_HINT % name}"
        )
    audio = []
    for row in rows:
        start, n_samples = int(row["start"]), int(row["n_samples"])
        clip = sounds[row["file"]][start : start + n_samples]
        if clip.shape != (n_samples,):
            raise ValueError(f"{folder / row['file']} ends before sample {start + n_samples}. {_HINT % name}")
        audio.append(clip)
    own = ("file", "start", "n_samples", "label", "voice", "split")
    return Corpus(
        name=name,
        audio=tuple(audio),
        targets=targets([row["label"] for row in rows]),
        voices=np.array([row["voice"] for row in rows]),
        split=np.array([row["split"] for row in rows]),
        sample_rate=sample_rates.pop(),
        info={
            key: np.array([row[key] for row in rows]).astype(numbers.get(key, str))
            for key in rows[0]
            if key not in own
        },
        licence=licence,
    )


def read_index(name: str) -> list[dict[str, str]]:
    """Read the table of the corpus ``data/NAME``: a row for each clip, by column.

    Raises
    ------
    FileNotFoundError
        If the corpus is not there; the message says what to do.
    """
    folder = data_dir() / name
    if not (folder / INDEX).is_file():
        raise FileNotFoundError(
            f"No corpus {name!r} in {folder.parent}. It ships with the book's repository: run from a clone, "
            f"set AUDIO_EDU_DATA to the clone's data folder, or build it: `audio-edu data build {name}`."
        )
    with open(folder / INDEX, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


_HINT = "Check it with `audio-edu data verify %s`."


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> None:
    """Write ``SHA256SUMS`` for every file below `folder` but the card, in the format of ``sha256sum``."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (CHECKSUMS, CARD))
    lines = [f"{sha256_of(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def verify(folder: Path) -> list[str]:
    """Return what differs between `folder` and its ``SHA256SUMS``: one sentence a file."""
    if not (folder / CHECKSUMS).is_file():
        return [f"{folder / CHECKSUMS} is missing"]
    problems, listed = [], set()
    for number, line in enumerate((folder / CHECKSUMS).read_text(encoding="utf-8").splitlines(), start=1):
        digest, gap, name = line.partition("  ")
        if len(digest) != 64 or not gap or not name:
            problems.append(f"{folder / CHECKSUMS}, line {number}, is not 'checksum  name'")
            continue
        listed.add(name)
        path = folder / name
        if not path.is_file():
            problems.append(f"{path} is missing")
        elif sha256_of(path) != digest:
            problems.append(f"{path} differs from its checksum")
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {CHECKSUMS, CARD}
    problems += [f"{folder / name} is not in {CHECKSUMS}" for name in sorted(present - listed)]
    return problems
