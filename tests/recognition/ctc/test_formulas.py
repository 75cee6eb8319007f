"""CTC by enumeration, by recursion and by Keras; alignments; searches; words to figures to Chinese."""

import itertools

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio_edu.datasets.spoken_numbers import cardinal
from audio_edu.recognition import ctc

rng = np.random.default_rng(0)


def log_softmax(n_frames, n_symbols, scale=2.0):
    z = rng.normal(0, scale, (n_frames, n_symbols))
    return z - np.logaddexp.reduce(z, axis=1, keepdims=True)


def test_there_and_back():
    assert len(ctc.SYMBOLS) == 29 and ctc.SYMBOLS[:4] == ("", " ", "'", "a")
    assert ctc.decode(ctc.encode("six o'clock")) == "six o'clock"
    assert ctc.encode("") == [] and ctc.decode([]) == ""
    with pytest.raises(ValueError, match="figures as words"):
        ctc.encode("7 o'clock")


@pytest.mark.parametrize("labels", [[], [1], [1, 2], [2, 2], [1, 2, 1], [1, 1, 2]])
def test_the_recursion_is_the_sum_over_all_alignments(labels):
    log_p = log_softmax(5, 3)
    by_enumeration = ctc.probability_by_enumeration(np.exp(log_p), labels)
    log_likelihood, log_alpha = ctc.ctc_forward(log_p, labels)
    assert np.exp(log_likelihood) == pytest.approx(by_enumeration)
    assert log_alpha.shape == (5, 2 * len(labels) + 1)


def test_the_texts_share_all_probability():
    log_p = log_softmax(4, 3)
    texts = {tuple(ctc.collapse(path)) for path in itertools.product(range(3), repeat=4)}
    total = sum(np.exp(ctc.ctc_forward(log_p, list(text))[0]) for text in texts)
    assert total == pytest.approx(1)


def test_the_recursion_is_keras():
    log_p, labels = log_softmax(20, 29), ctc.encode("three")
    by_keras = keras.ops.ctc_loss(
        np.array([labels]),
        log_p[None].astype("float32"),
        np.array([len(labels)]),
        np.array([20]),
        mask_index=0,
    )
    assert -ctc.ctc_forward(log_p, labels)[0] == pytest.approx(float(np.asarray(by_keras)[0]), rel=1e-5)


def test_too_few_frames_are_impossible():
    log_p = log_softmax(2, 3)
    assert ctc.ctc_forward(log_p, [1, 1])[0] == -np.inf
    assert ctc.probability_by_enumeration(np.exp(log_p), [1, 1]) == 0
    for refuses in (ctc.force_align, ctc.occupancies):
        with pytest.raises(ValueError, match="need 3 frames"):
            refuses(log_p, [1, 1])


def test_the_gradient_is_what_is_said_less_what_should_be():
    z, labels = rng.normal(size=(6, 4)), [1, 1, 3]

    def loss(z):
        return -ctc.ctc_forward(z - np.logaddexp.reduce(z, axis=1, keepdims=True), labels)[0]

    log_p = z - np.logaddexp.reduce(z, axis=1, keepdims=True)
    gamma = ctc.occupancies(log_p, labels)
    np.testing.assert_allclose(gamma.sum(axis=1), 1)
    wanted = np.exp(log_p)
    for s, symbol in enumerate([0, 1, 0, 1, 0, 3, 0]):
        wanted[:, symbol] -= gamma[:, s]
    measured = np.zeros_like(z)
    for t, k in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[t, k] = 1e-5
        measured[t, k] = (loss(z + step) - loss(z - step)) / 2e-5
    np.testing.assert_allclose(measured, wanted, atol=1e-8)


@pytest.mark.parametrize("labels", [[], [1], [1, 2], [2, 2], [1, 2, 1]])
def test_the_forced_alignment_is_the_most_probable_one(labels):
    log_p = log_softmax(5, 3)
    found = ctc.force_align(log_p, labels)
    path = tuple(0 if i < 0 else labels[i] for i in found)
    assert ctc.collapse(path) == labels
    best = max(ctc.alignments(labels, 5), key=lambda each: sum(log_p[t, k] for t, k in enumerate(each)))
    assert path == best
    assert list(dict.fromkeys(found[found >= 0].tolist())) == list(range(len(labels)))


def test_a_wide_beam_finds_the_most_probable_text():
    for _ in range(5):
        log_p = log_softmax(4, 3, scale=1.0)
        texts = {tuple(ctc.collapse(path)) for path in itertools.product(range(3), repeat=4)}
        best = max(texts, key=lambda text: ctc.ctc_forward(log_p, list(text))[0])
        assert tuple(ctc.beam_search(log_p, width=100)) == best


def test_a_frame_is_nearly_sure_then_all_searches_agree():
    text = "nineteen oh three"
    path = list(itertools.chain(*([symbol, 0] for symbol in ctc.encode(text))))
    log_p = np.log(np.full((len(path), 29), 0.01) + 0.72 * np.eye(29)[path])
    assert ctc.decode(ctc.greedy_decode(log_p)) == text
    assert ctc.decode(ctc.beam_search(log_p, width=4)) == text


def test_what_is_no_log_probability_is_refused():
    with pytest.raises(ValueError, match="natural logarithms"):
        ctc.ctc_forward(np.full((3, 3), 0.5), [1])
    with pytest.raises(ValueError, match="the blank"):
        ctc.ctc_forward(log_softmax(3, 3), [0])
    with pytest.raises(ValueError, match="less than 3"):
        ctc.ctc_forward(log_softmax(3, 3), [3])
    with pytest.raises(ValueError, match="more than 1,000,000 paths"):
        ctc.alignments([1, 2, 3], 20)


@given(st.integers(0, 999_999_999), st.booleans())
@settings(deadline=None)
def test_numbers_come_back_from_their_words(n, with_and):
    assert ctc.to_number(cardinal(n, with_and=with_and)) == n
    assert ctc.to_number("minus " + cardinal(n, with_and=with_and)) == -n


@pytest.mark.parametrize(
    "text", ["", "hundred", "minus", "four five", "twenty eleven", "two twenty", "million one", "fourth"]
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(ValueError, match="one whole number in words"):
        ctc.to_number(text)


def value_of(text):
    """Read Chinese characters as a number: the rule the other way round."""
    total = group = digit = 0
    for character in text:
        if character in "万亿":
            total, group, digit = total + (group + digit) * {"万": 10**4, "亿": 10**8}[character], 0, 0
        elif character in "十百千":
            group, digit = group + (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character], 0
        else:
            digit = "零一二三四五六七八九".index(character)
    return total + group + digit


@given(st.integers(0, 999_999_999))
def test_chinese_numbers_say_what_they_should(n):
    text = ctc.chinese_number(n)
    assert value_of(text) == n
    assert "零零" not in text and (n == 0 or not text.endswith("零")) and not text.startswith("一十")


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "零"),
        (10, "十"),
        (19, "十九"),
        (110, "一百一十"),
        (407, "四百零七"),
        (1_010, "一千零一十"),
        (10_000, "一万"),
        (100_010, "十万零一十"),
        (101_000, "十万一千"),
        (20_000_500, "二千万零五百"),
        (100_001_000, "一亿零一千"),
        (105_000_000, "一亿零五百万"),
        (-42, "负四十二"),
    ],
)
def test_chinese_numbers_as_they_are_written(n, text):
    assert ctc.chinese_number(n) == text


def test_rows_of_digits_are_no_numbers():
    assert ctc.to_figures("one zero oh seven") == "1007"
    assert ctc.to_chinese("one zero oh seven") == "一零零七"
    assert ctc.to_figures("minus forty") == "-40" and ctc.to_chinese("minus forty") == "负四十"
