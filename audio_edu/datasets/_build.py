"""Writing a corpus to disk: one FLAC or Opus per voice, one table, one list of checksums."""

import csv
import os
import re
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf
from tqdm import tqdm

from .._files import claimed, uninterrupted
from ._shipped import CARD, CHECKSUMS, INDEX, write_checksums

PEAK = 0.9


@dataclass(frozen=True)
class Clip:
    """One clip on its way to disk: its samples [shape=(n_samples,)] and its row in the table.

    The label is the name of a class, or the text that is said.
    """

    x: np.ndarray
    label: str
    voice: str
    split: str
    info: dict[str, object] = field(default_factory=dict)


def write_corpus(
    out: Path,
    voices: Iterable[list[Clip]],
    *,
    sample_rate: int,
    columns: tuple[str, ...],
    n_bits: int | None,
    n_voices: int,
    compression: float = 0.97,
) -> None:
    """Write the clips, a list for each voice, to the folder `out`.

    Samples are rounded to `n_bits` bits: FLAC stores no bits that are always zero, and a synthetic voice has
    nothing to say in the lowest ones. None writes Opus in Ogg: lossy, a tenth of
    the size, more or less by libsndfile's `compression` (0 to 1).

    Errors are those of `write_folder`.
    """
    write_folder(
        out, lambda new, desc: _fill(new, voices, sample_rate, columns, n_bits, n_voices, compression, desc)
    )


def write_folder(out: Path, fill: Callable[[Path, str], None]) -> None:
    """Let ``fill(folder, name)`` write a corpus, and put it at `out`.

    Everything is made in a hidden folder beside `out` and put in place at the end, so that a build that stops
    half-way leaves the old corpus as it was. The card, ``README.md``, stays. A kill while the two change
    places leaves the old corpus in a folder ``NAME.old``; the next build puts it back before it begins.

    Raises
    ------
    OSError
        If there cannot be a folder at `out`.
    RuntimeError
        If another process builds there.
    ValueError
        If `out` is neither a new nor an empty folder, nor one that this function has written.
    """
    out = Path(os.path.realpath(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    new, old = out.with_name(f".{out.name}.building"), out.with_name(f"{out.name}.old")
    with claimed(out):
        for folder in (old, out):
            _check_own(folder)
        if old.exists():  # a kill came while they changed places
            shutil.rmtree(old) if out.exists() else old.rename(out)
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        try:
            fill(new, out.name)
            _check_own(out)  # the build took its time
            if (out / CARD).is_file():
                shutil.copy(out / CARD, new)
            with uninterrupted():
                if out.exists():
                    out.rename(old)
                try:
                    new.rename(out)
                except OSError:
                    old.rename(out)
                    raise
                if old.exists():
                    old.rename(new)  # what is removed bit by bit has no name that anybody would trust
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _check_own(folder: Path) -> None:
    """Raise an error unless a folder is missing, empty, or holds what `write_folder` writes, and no more."""
    if not os.path.lexists(folder):
        return
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is no folder; give an empty or new one with --out.")
    sums = folder / CHECKSUMS
    text = sums.read_text(encoding="utf-8", errors="replace") if sums.is_file() else ""
    listed = {line.partition("  ")[2] for line in text.splitlines()}
    made = {name for name in listed if name.endswith((".flac", ".opus"))} | {INDEX, CHECKSUMS, CARD}
    made = made if INDEX in listed else set()  # other people write checksums, too
    if other := sorted(path.name for path in folder.iterdir() if path.name not in made or path.is_dir()):
        raise ValueError(
            f"{folder} holds other files than those of a corpus built there ({other[0]!r}, for example); "
            "give an empty or new folder with --out."
        )


def _fill(
    new: Path,
    voices: Iterable[list[Clip]],
    sample_rate: int,
    columns: tuple[str, ...],
    n_bits: int | None,
    n_voices: int,
    compression: float,
    desc: str,
) -> None:
    rows = []
    for clips in tqdm(voices, total=n_voices, unit="voice", desc=desc):
        name = re.sub(r"[^A-Za-z0-9._-]", "_", clips[0].voice)
        name += ".opus" if n_bits is None else ".flac"
        start = 0
        for clip in clips:
            row = {"file": name, "start": start, "n_samples": clip.x.size, "label": clip.label}
            rows.append(row | {"voice": clip.voice, "split": clip.split} | clip.info)
            start += clip.x.size
        x = np.concatenate([clip.x for clip in clips])
        if n_bits is None:
            sf.write(new / name, x, sample_rate, format="OGG", subtype="OPUS", compression_level=compression)
            continue
        step = 2 ** (16 - n_bits)
        pcm = (np.round(x * 2 ** (n_bits - 1)) * step).clip(-32768, 32768 - step).astype(np.int16)
        sf.write(new / name, pcm, sample_rate, subtype="PCM_16")
    write_table(new, ["file", "start", "n_samples", "label", "voice", "split", *columns], rows)


def write_table(folder: Path, columns: Sequence[str], rows: Iterable[dict[str, object]]) -> None:
    """Write ``index.csv`` and ``SHA256SUMS`` to a folder."""
    with open(folder / INDEX, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_checksums(folder)
