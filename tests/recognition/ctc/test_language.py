"""Language models that sum to one, and the search that leaves no other words."""

import itertools
import math

import numpy as np
import pytest

from audio_edu.recognition import ctc

TEXTS = ["one two", "one three", "two one", "twenty one", "one two three"]


def spelled(text, *, sure=0.72):
    """Log-probabilities of frames that say a text, a letter and a blank in turn."""
    path = list(itertools.chain(*([symbol, 0] for symbol in ctc.encode(text))))
    p = np.full((len(path), 29), (1 - sure) / 28)
    p[range(len(path)), path] = sure
    return np.log(p)


@pytest.mark.parametrize(
    "language", [ctc.Grammar(["one", "two"]), *(ctc.WordNGrams(TEXTS, n) for n in (1, 2, 3, 5))]
)
@pytest.mark.parametrize("before", [[], ["one"], ["one", "two"], ["three"] * 7])
def test_what_may_follow_sums_to_one(language, before):
    total = sum(math.exp(language.log_probability(w, before)) for w in (*language.words, None))
    assert total == pytest.approx(1)


def test_bigrams_prefer_what_they_have_seen():
    bigrams = ctc.WordNGrams(TEXTS, 2)
    assert bigrams.words == ("one", "three", "twenty", "two")
    assert bigrams.log_probability("two", ["one"]) > bigrams.log_probability("twenty", ["one"])
    assert bigrams.perplexity(TEXTS) < bigrams.perplexity(["three twenty", "two twenty"])
    assert bigrams.log_likelihood("one two") == pytest.approx(
        bigrams.log_probability("one", [])
        + bigrams.log_probability("two", ["one"])
        + bigrams.log_probability(None, ["one", "two"])
    )


def test_longer_histories_remember_what_shorter_ones_forget():
    """What is paid in depends on the unit, three words back."""
    texts = ["pounds and ten pence", "dollars and ten cents"] * 10
    odds = {}
    for n in (2, 3, 4):
        language = ctc.WordNGrams(texts, n, k=1.0)
        before = "pounds and ten".split()
        odds[n] = language.log_probability("pence", before) - language.log_probability("cents", before)
    assert odds[2] == odds[3] == pytest.approx(0) and odds[4] > 2


@pytest.mark.parametrize("text", ["one", "one two three", "twenty one", "three three"])
def test_what_is_clearly_said_is_found(text):
    for language in (ctc.Grammar("one two three twenty".split()), ctc.WordNGrams(TEXTS, 2)):
        assert ctc.beam_search_words(spelled(text), ctc.SYMBOLS, language) == text


def test_only_known_words_come_out():
    log_p = spelled("wun too")
    assert ctc.decode(ctc.greedy_decode(log_p)) == "wun too"
    found = ctc.beam_search_words(log_p, ctc.SYMBOLS, ctc.Grammar(["won", "two"]))
    assert set(found.split()) <= {"won", "two"} and len(found.split()) == 2


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_score_is_the_one_that_is_promised(n):
    """Over all texts of two words at most, the search finds the best by the stated score."""
    language, weight, bonus = ctc.WordNGrams(["ab a", "a ab b"], n, k=1.0), 0.7, 0.5
    symbols = ("", " ", "a", "b")
    texts = [
        "",
        *(
            "  ".join(ws).replace("  ", " ")
            for n in (1, 2)
            for ws in itertools.product(language.words, repeat=n)
        ),
    ]
    rng = np.random.default_rng(3)
    for _ in range(10):
        z = rng.normal(size=(5, 4))
        log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)

        def score(text, log_p=log_p):
            labels = [symbols.index(c) for c in text]
            # a space behind the last word is allowed, too
            sums = [ctc.ctc_forward(log_p, row)[0] for row in ([labels, [*labels, 1]] if text else [labels])]
            n_words = len(text.split())
            return [each + weight * language.log_likelihood(text) + bonus * n_words for each in sums]

        best = max(texts, key=lambda text: max(score(text)))
        found = ctc.beam_search_words(log_p, symbols, language, width=500, weight=weight, word_bonus=bonus)
        if len(found.split()) <= 2:
            assert found == best


def test_nothing_that_fits_gives_no_text():
    assert ctc.beam_search_words(spelled("zzz", sure=0.999999), ctc.SYMBOLS, ctc.Grammar(["a"])) == ""


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="one column a symbol"):
        ctc.beam_search_words(np.full((3, 4), -1.0), ctc.SYMBOLS, ctc.Grammar(["a"]))
    with pytest.raises(ValueError, match="one word at least"):
        ctc.Grammar([])
    with pytest.raises(ValueError, match="figures as words"):
        ctc.WordNGrams(["7"], 2)
