"""The lexicon: whole, with every word of the corpora, and what espeak-ng says."""

import shutil

import pytest

from audio_edu.datasets import (
    _build_lexicon,
    _shipped,
    load_lexicon,
    load_prompts,
    load_sentences,
    load_words,
)
from audio_edu.datasets.lexicon import PHONES


def test_it_is_whole_and_small():
    folder = _shipped.data_dir() / "lexicon"
    assert _shipped.verify(folder) == []
    assert (folder / "index.csv").stat().st_size < 1e5 and f"{len(load_lexicon()):,} words" in (
        folder / "README.md"
    ).read_text("utf-8")


def test_every_word_of_the_corpora_has_phones():
    lexicon = load_lexicon()
    for corpus in (load_sentences(), load_words(), load_prompts()):
        assert {word for text in corpus.targets.texts for word in text.split()} <= set(lexicon)
    assert set(_build_lexicon.IRREGULAR) <= set(lexicon)
    assert {phone for phones in lexicon.values() for phone in phones} == set(PHONES) and len(PHONES) == 39
    assert all(lexicon.values())


def test_words_that_letters_do_not_tell():
    lexicon = load_lexicon()
    for word, phones in {
        "colonel": "K ER N AH L", "one": "W AH N", "eight": "EY T", "though": "DH OW", "through": "TH R UW",
        "rough": "R AH F", "queue": "K Y UW", "knight": "N AY T", "four": "F AO R", "hour": "AW ER",
    }.items():  # fmt: skip
        assert lexicon[word] == tuple(phones.split())
    lexicon["one"] = ()
    assert load_lexicon()["one"] == ("W", "AH", "N")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng: make tools")
def test_some_words_are_as_espeak_says_them():
    lexicon = load_lexicon()
    some = sorted(lexicon)[::97]
    assert _build_lexicon.pronounce(some) == [lexicon[word] for word in some]
