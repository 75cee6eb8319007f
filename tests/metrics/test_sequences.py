"""Edit distances: equal to jiwer's, and to what can be counted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio_edu import metrics

#: Reference, hypothesis, and the rates of words and characters that jiwer 4.0.0 gives.
BY_JIWER = (
    ("four hundred and seven", "for hundred seven", 0.5, 0.22727272727272727),
    ("quarter past eleven", "a quarter past the leven", 1.0, 0.2631578947368421),
    ("one", "", 1.0, 1.0),
    ("nine oh five", "nine oh five", 0.0, 0.0),
    ("six", "six six six six", 3.0, 4.0),
)
TEXTS = st.lists(st.sampled_from(["one", "two", "oh"]), min_size=1, max_size=6).map(" ".join)


@pytest.mark.parametrize(("reference", "hypothesis", "words", "characters"), BY_JIWER)
def test_rates_are_those_that_jiwer_gave(reference, hypothesis, words, characters):
    assert metrics.word_error_rate([reference], [hypothesis]) == pytest.approx(words)
    assert metrics.character_error_rate([reference], [hypothesis]) == pytest.approx(characters)


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_rates_are_jiwers(pairs):
    jiwer = pytest.importorskip("jiwer")
    references, hypotheses = (list(texts) for texts in zip(*pairs, strict=True))
    assert metrics.word_error_rate(references, hypotheses) == pytest.approx(jiwer.wer(references, hypotheses))
    assert metrics.character_error_rate(references, hypotheses) == pytest.approx(
        jiwer.cer(references, hypotheses)
    )


@given(st.text("ab", max_size=7), st.text("ab", max_size=7))
def test_the_way_back_is_a_shortest_one(reference, hypothesis):
    pairs = metrics.align_sequences(reference_list := list(reference), list(hypothesis))
    assert [r for r, _ in pairs if r is not None] == reference_list
    assert [h for _, h in pairs if h is not None] == list(hypothesis)
    distance = metrics.edit_distances(reference_list, list(hypothesis))[-1, -1]
    assert sum(r != h for r, h in pairs) == distance
    edits = metrics.count_edits(reference_list, list(hypothesis))
    assert edits.n_errors == distance and edits.n_reference == len(reference)
    # going the other way, a deletion is an insertion
    assert metrics.edit_distances(list(hypothesis), reference_list)[-1, -1] == distance


def test_a_long_clip_counts_more_and_the_interval_holds_the_rate():
    references = ["one two three four five six seven eight nine ten", "one"]
    rows = metrics.word_edits(references, ["one two three four five six seven eight nine ten", "two"])
    assert rows.tolist() == [[0, 0, 0, 10], [1, 0, 0, 1]]
    assert metrics.error_rate(rows) == pytest.approx(1 / 11)
    low, high = metrics.bootstrap_interval(metrics.error_rate, np.repeat(rows, 20, axis=0))
    assert low < 1 / 11 < high


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="hypotheses has 0 texts, references 1"):
        metrics.word_error_rate(["one"], [])
    with pytest.raises(ValueError, match="references is empty"):
        metrics.word_error_rate([], [])
    with pytest.raises(ValueError, match="above 0"):
        metrics.word_error_rate([""], ["one"])
    with pytest.raises(TypeError, match="expected a list"):
        metrics.word_error_rate("one", "one")
