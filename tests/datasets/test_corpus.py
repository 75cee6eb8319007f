"""A corpus and its targets: what they check, how they are split, and that they cannot be changed."""

import numpy as np
import pytest

from audio_edu.datasets import CleanAudio, Corpus, Labels, Scores, Tags, Transcripts


def make(**changes):
    parts = dict(
        name="toy",
        audio=(np.ones(3, np.float32), np.full(5, 0.5, np.float32), np.ones(2, np.float32)),
        targets=Labels([0, 1, 1], ("a", "b")),
        voices=["x", "y", "x"],
        split=["train", "test", "train"],
        sample_rate=10,
        info={"take": [0, 1, 2]},
    )
    return Corpus(**(parts | changes))


def test_parts_and_split_keep_their_order():
    corpus = make()
    assert len(corpus) == 3
    assert corpus.lengths.tolist() == [3, 5, 2]
    assert corpus.minutes == pytest.approx(1 / 60)
    assert corpus.train.labels.tolist() == [0, 1]
    assert corpus.test.voices.tolist() == ["y"]
    assert corpus.train.info["take"].tolist() == [0, 2]
    assert corpus.select(np.array([2, 0])).info["take"].tolist() == [2, 0]
    assert len(corpus.select(np.zeros(3, bool))) == 0
    assert len(corpus.select([])) == 0


def test_repr_counts():
    assert "3 clips" in repr(make())
    assert "train 2 clips of 1 voices, test 1 of 1" in repr(make())


def test_pad_cuts_and_fills():
    padded = make().pad(4)
    assert padded.dtype == np.float32
    assert padded.tolist() == [[1, 1, 1, 0], [0.5] * 4, [1, 1, 0, 0]]
    assert make().pad().shape == (3, 5)
    padded[0, 0] = 9  # a copy: the corpus does not change
    assert make().audio[0][0] == 1
    with pytest.raises(ValueError, match=r"n_samples is 0"):
        make().pad(0)


def test_nothing_can_be_changed():
    corpus = make()
    for array in (corpus.audio[0], corpus.labels, corpus.voices, corpus.split, corpus.info["take"]):
        with pytest.raises(ValueError, match=r"read-only"):
            array[0] = array[0]
    with pytest.raises(AttributeError):
        corpus.sample_rate = 3
    with pytest.raises(TypeError):
        corpus.info["take"] = 3


def test_it_owns_its_arrays():
    x, labels = np.ones(3, np.float32), np.array([0, 1, 1])
    whole = np.ones(9, np.float32)
    view = whole[:2]
    view.flags.writeable = False  # which its base is not
    corpus = make(audio=(x, np.ones(5, np.float32), view), targets=Labels(labels, ("a", "b")))
    x[:], labels[:], whole[:] = 7, 0, 7
    assert corpus.audio[0].tolist() == [1, 1, 1] and corpus.audio[2].tolist() == [1, 1]
    assert corpus.labels.tolist() == [0, 1, 1]
    assert corpus.train.audio[0] is corpus.audio[0]  # what nobody can change need not be copied


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"audio": (np.ones(3), np.ones(5), np.ones(2))}, TypeError, r"audio\[0\] is float64"),
        ({"audio": (np.ones((3, 2), np.float32),) * 3}, TypeError, r"shape \(3, 2\)"),
        ({"audio": (np.ones(0, np.float32),) * 3}, TypeError, "not empty"),
        ({"audio": (np.array([0, np.nan], np.float32),) * 3}, ValueError, r"audio\[0\] holds NaN"),
        ({"targets": Labels([0, 1], ("a", "b"))}, ValueError, "audio has 3 clips, targets 2"),
        ({"voices": ["x"]}, ValueError, "voices has shape"),
        ({"split": ["train", "test", "dev"]}, ValueError, "'dev'"),
        ({"info": {"take": [1]}}, ValueError, r"info\['take'\]"),
        ({"sample_rate": 0}, ValueError, "sample_rate is 0"),
    ],
)
def test_what_does_not_fit_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        make(**changes)


def test_select_says_what_it_wants():
    with pytest.raises(TypeError, match=r"index is float64"):
        make().select(np.array([0.5]))
    with pytest.raises(IndexError):
        make().select(np.array([True, False]))
    with pytest.raises(IndexError):
        make().select(np.array([7]))


def test_validation_and_development():
    corpus = make(split=["train", "validation", "test"])
    assert corpus.validation.info["take"].tolist() == [1]
    assert corpus.development.info["take"].tolist() == [0, 1]
    assert "train 1 clips of 1 voices, validation 1 of 1, test 1 of 1" in repr(corpus)
    assert corpus.part("all") is corpus
    with pytest.raises(ValueError, match=r"split is 'dev'; expected one of 'train'"):
        corpus.part("dev")


TARGETS = {
    "3 transcripts": Transcripts(("one", "two", "three")),
    "2 tags": Tags([[1, 0], [1, 1], [0, 0]], ("rain", "bell"), ([[0, 0.0, 1.0]], [[1, 0.5, 1.0]], [])),
    "1 parts": Scores(([[0, 1, 60, 0]], [], [[0, 2, 62, 0]]), ("melody",)),
    "3 clean partners": CleanAudio((np.zeros(3), np.zeros(5), np.zeros(2))),
}


@pytest.mark.parametrize("name", TARGETS)
def test_targets_of_every_kind_follow_their_clips(name):
    corpus = make(targets=TARGETS[name])
    assert len(corpus.targets) == 3 and corpus.targets.describe() == name and name in repr(corpus)
    assert len(corpus.train.targets) == 2 and type(corpus.train.targets) is type(TARGETS[name])
    assert corpus.fingerprint() == make(targets=TARGETS[name]).fingerprint() != make().fingerprint()
    assert corpus.fingerprint() != corpus.train.fingerprint()
    with pytest.raises(TypeError, match="not labels"):
        _ = corpus.labels


@pytest.mark.parametrize(
    ("make_targets", "error", "message"),
    [
        (lambda: Labels([0, 1, 2], ("a", "b")), ValueError, "labels run from 0 to 2"),
        (lambda: Labels([0.0, 1.0], ("a", "b")), TypeError, "whole numbers"),
        (lambda: Tags([[1, 0]], ("rain",)), ValueError, "present has shape"),
        (lambda: Tags([[1]], ("rain",), ()), ValueError, "events has 0 entries"),
        (lambda: Scores(([[0, 1, 60, 1]],), ("melody",)), ValueError, r"notes\[0\] names a part"),
    ],
)
def test_targets_that_do_not_fit_are_refused(make_targets, error, message):
    with pytest.raises(error, match=message):
        make_targets()


def test_a_fingerprint_is_the_same_in_every_process():
    """Tags without times once gave the address of None."""
    corpus = Corpus("x", (np.ones(3, np.float32),), Tags([[1]], ("a",)), ["a"], ["train"], 8000)
    assert corpus.fingerprint().startswith("acb15fb4e62e7230")
