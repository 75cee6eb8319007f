"""Writing a corpus to disk: one FLAC per voice, one table, one list of checksums."""

import csv
import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile as sf
from tqdm import tqdm

from ._shipped import CHECKSUMS, INDEX, write_checksums

PEAK = 0.9


@dataclass(frozen=True)
class Clip:
    """One clip on its way to disk: its samples [shape=(n_samples,)] and its row in the table."""

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
    n_bits: int,
    n_voices: int,
) -> None:
    """Write the clips, a list for each voice, to the folder `out`.

    Everything is made in a temporary folder beside `out` and put in place at the end, so that a build that
    stops half-way leaves the old corpus as it was. The card, ``README.md``, stays.

    Samples are rounded to `n_bits` bits: FLAC stores no bits that are always zero, and a synthetic voice has
    nothing to say in the lowest ones.
    """
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        if (out / "README.md").is_file():
            shutil.copy(out / "README.md", new)
        rows = []
        for clips in tqdm(voices, total=n_voices, unit="voice", desc=out.name):
            name = re.sub(r"[^A-Za-z0-9._-]", "_", clips[0].voice) + ".flac"
            start = 0
            for clip in clips:
                row = {"file": name, "start": start, "n_samples": clip.x.size, "label": clip.label}
                rows.append(row | {"voice": clip.voice, "split": clip.split} | clip.info)
                start += clip.x.size
            x = np.concatenate([clip.x for clip in clips])
            step = 2 ** (16 - n_bits)
            pcm = (np.round(x * 2 ** (n_bits - 1)) * step).clip(-32768, 32768 - step).astype(np.int16)
            sf.write(new / name, pcm, sample_rate, subtype="PCM_16")
        with open(new / INDEX, "w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(
                file, ["file", "start", "n_samples", "label", "voice", "split", *columns], lineterminator="\n"
            )
            table.writeheader()
            table.writerows(rows)
        write_checksums(new)
        if out.exists():
            if any(out.iterdir()) and not (out / CHECKSUMS).is_file() and not (out / "README.md").is_file():
                raise ValueError(f"{out} holds other files; give an empty or new folder with --out.")
            out.rename(Path(temporary) / "old")
        new.rename(out)
