"""The corpus of chorales: whole, split by tune, and what the script makes."""

import itertools
from importlib.util import find_spec

import numpy as np
import pytest

from audio_edu.datasets import _build_chorales, _shipped, load_chorales
from audio_edu.datasets.chorales import PARTS, read_part


@pytest.fixture(scope="module")
def chorales():
    return load_chorales()


def test_the_table_matches_its_checksum_and_is_small():
    folder = _shipped.data_dir() / "chorales"
    assert _shipped.verify(folder) == []
    assert sum(path.stat().st_size for path in folder.iterdir()) < 0.5e6


def test_no_tune_is_in_two_splits_and_no_chorale_is_there_twice(chorales):
    parts = chorales.train, chorales.validation, chorales.test
    assert [len(part) for part in parts] == [252, 54, 55]
    for a, b in itertools.combinations(parts, 2):
        assert not set(a.voices) & set(b.voices)
        titles = set(a.info["title"]) & set(b.info["title"])
        assert titles <= {""}
    assert len({notes.tobytes() for notes in chorales.targets.notes}) == len(chorales)


def test_test_melodies_are_not_those_of_training(chorales):
    def runs(notes):
        steps = np.diff(notes[notes[:, 3] == 0, 2]).astype(int).tolist()
        return {tuple(steps[i : i + 6]) for i in range(len(steps) - 5)}

    train = [runs(notes) for notes in chorales.train.targets.notes]
    for notes in chorales.test.targets.notes:
        mine = runs(notes)
        assert max(len(mine & other) / min(len(mine), len(other)) for other in train) < 0.3


def test_each_chorale_has_four_parts_that_end_together(chorales):
    assert chorales.targets.names == PARTS and chorales.audio == ()
    for notes in chorales.targets.notes:
        ends = [notes[notes[:, 3] == v][-1, :2].sum() for v in range(4)]
        assert len(set(ends)) == 1
        for v in range(4):
            onset, duration = notes[notes[:, 3] == v].T[:2]
            assert (onset[1:] >= onset[:-1] + duration[:-1] - 1e-9).all()
    medians = [np.median([np.median(n[n[:, 3] == v, 2]) for n in chorales.targets.notes]) for v in range(4)]
    assert medians == sorted(medians, reverse=True)


def test_fermatas_are_onsets_of_the_soprano_and_the_last_line_ends_with_one(chorales):
    for notes, text, bwv in zip(
        chorales.targets.notes, chorales.info["fermatas"], chorales.info["bwv"], strict=True
    ):
        held = [float(word) for word in str(text).split()]
        assert set(held) <= set(notes[notes[:, 3] == 0, 0].tolist())
        assert held or bwv == "112.5"


@pytest.mark.parametrize("text", ["67", "x:1", "67:0", "67:nan", "67:1 r:-1", "67:x"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(ValueError, match="expected notes like"):
        read_part(text)


def test_splits_deal_whole_tunes():
    names = ["a"] * 9 + ["b"] * 6 + [f"c{i}" for i in range(85)]
    split = dict(zip(names, _build_chorales.splits(names), strict=True))
    assert _build_chorales.splits(names) == [split[name] for name in names]
    assert set(split.values()) == {"train", "validation", "test"}


@pytest.mark.skipif(not find_spec("music21"), reason="needs music21: make tools")
def test_a_few_chorales_are_as_the_script_reads_them(chorales):
    for path in _build_chorales.sources()[:200:40]:
        row = _build_chorales.read(path)
        found = np.flatnonzero(chorales.info["bwv"] == path.stem.removeprefix("bwv"))
        assert len(found) == bool(row)
        if row:
            notes = chorales.targets.notes[found[0]]
            for v, name in enumerate(PARTS):
                np.testing.assert_array_equal(read_part(row[name])[:, :3], notes[notes[:, 3] == v, :3])
            assert row["tonic"] == chorales.info["tonic"][found[0]]
