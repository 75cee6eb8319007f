"""Building ``data/chorales``: ``audio-edu data build chorales``."""

import importlib.util
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ._build import write_folder, write_table
from .chorales import PARTS, read_part

COLUMNS = ("bwv", "title", "tune", "split", "tonic", "mode", "meter", "upbeat", *PARTS)
#: Settings of one tune share their first intervals, or this share of all runs of six intervals.
N_INCIPIT, SAME_TUNE = 8, 0.3


def build(out: Path) -> None:
    """Make the corpus in the folder `out`.

    Raises
    ------
    RuntimeError
        If music21 is missing.
    """
    if not importlib.util.find_spec("music21"):
        raise RuntimeError("Not on this machine: music21. Install it: python -m pip install music21==10.5.1")
    found = [row for row in map(read, tqdm(sources(), unit="chorale", desc="chorales")) if row]
    rows = list({tuple(row[name] for name in PARTS): row for row in reversed(found)}.values())[::-1]
    for row, tune in zip(rows, tunes(rows), strict=True):
        row["tune"] = tune
    for row, split in zip(rows, splits([row["tune"] for row in rows]), strict=True):
        row["split"] = split
    write_folder(out, lambda folder, name: write_table(folder, COLUMNS, rows))


def sources() -> list[Path]:
    """Return the files of music21's corpus that may hold a chorale."""
    from music21 import corpus

    return sorted(path for path in corpus.getComposer("bach") if path.suffix in (".mxl", ".xml"))


def read(path: Path) -> dict[str, Any] | None:
    """Read a chorale; None, if it is not in four parts in one metre of quarters."""
    from music21 import converter, expressions, meter

    score = converter.parse(path, forceSource=True)
    if tuple(part.partName for part in score.parts) != tuple(name.capitalize() for name in PARTS):
        return None
    soprano = score.parts[0]
    meters = {each.ratioString for each in soprano.recurse().getElementsByClass(meter.TimeSignature)}
    if not meters < {"3/4", "4/4"} or len(meters) != 1:
        return None
    meter_, first = meters.pop(), soprano.getElementsByClass("Measure")[0].duration.quarterLength
    texts = {}
    for name, part in zip(PARTS, score.parts, strict=True):
        words, last = [], None
        for each in part.stripTies().flatten().notesAndRests:
            length = float(each.duration.quarterLength)
            if not length:  # a grace note
                continue
            word = "r" if each.isRest else str(each.pitch.midi)
            word += "" if length == last else f":{length:g}"
            fermata = any(isinstance(mark, expressions.Fermata) for mark in each.expressions)
            words.append(word + "^" * (fermata and name == PARTS[0]))
            last = length
        texts[name] = " ".join(words)
    key = score.analyze("key")
    bwv = path.stem.removeprefix("bwv")
    return {
        "bwv": bwv, "title": titles().get(bwv, ""), "tonic": key.tonic.pitchClass, "mode": key.mode,
        "meter": meter_, "upbeat": f"{float(first) % int(meter_[0]):g}", **texts,
    }  # fmt: skip


def titles() -> dict[str, str]:
    """Return the titles of the chorales in Riemenschneider's edition, by their number in BWV."""
    from music21.corpus.chorales import ChoraleListRKBWV

    return {each["bwv"]: each["title"] for each in ChoraleListRKBWV().byRiemenschneider.values()}


def tunes(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Say which tune each chorale sets: the name of the first setting of the same tune, or text."""
    intervals = [np.diff(read_part(row["soprano"])[:, 2]).astype(int).tolist() for row in rows]
    runs = [{tuple(each[i : i + 6]) for i in range(len(each) - 5)} for each in intervals]
    words = [_plain(row["title"]) for row in rows]
    group = list(range(len(rows)))
    for j in range(len(rows)):
        for i in range(j):
            shared = len(runs[i] & runs[j]) / max(1, min(len(runs[i]), len(runs[j])))
            incipit = intervals[i][:N_INCIPIT] == intervals[j][:N_INCIPIT]
            if shared >= SAME_TUNE or incipit or (words[i] and words[i] == words[j]):
                old, new = group[j], group[i]
                group = [new if each == old else each for each in group]
    return [f"bwv{rows[i]['bwv']}" for i in group]


def _plain(title: str) -> str:
    text = unicodedata.normalize("NFKD", title.casefold())
    return re.sub(r"[^a-z]", "", text)


def splits(tune_names: Iterable[str], seed: int = 15) -> list[str]:
    """Deal the tunes, in random order: 70 % of the chorales to train, 15 % each to choose and to measure."""
    tune_names = list(tune_names)
    split: dict[str, str] = {}
    n_seen = 0
    for tune in np.random.default_rng(seed).permutation(sorted(set(tune_names))):
        share = n_seen / len(tune_names)
        split[str(tune)] = "test" if share < 0.15 else "validation" if share < 0.3 else "train"
        n_seen += tune_names.count(tune)
    return [split[tune] for tune in tune_names]
