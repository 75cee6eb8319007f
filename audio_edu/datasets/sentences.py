"""``data/sentences``: numbers, times, dates and prices read by synthetic voices, with their text, 8 kHz.

``data/words`` has the words of it, one at a time. Their cards, ``README.md`` in both folders, say how they
were made, by which voices, and what is wrong with them.
"""

from typing import Annotated

import numpy as np

from .._validate import Size, checked
from ..reproducible import SEED
from ._shipped import load_shipped
from .corpus import Corpus
from .spoken_numbers import KINDS, spoken_sentence
from .targets import Transcripts


def load_sentences() -> Corpus:
    """Load the sentences, read by the voices of `load_digits`.

    The targets are `Transcripts`: lower-case words. No voice, no speaker behind a voice and no sentence
    appears in two of the splits.

    Returns
    -------
    Corpus
        ``info`` has the columns ``engine``, ``speaker``, ``accent``, ``rate`` (speed factor of the clip) and
        ``kind`` (``digits``, ``number``, ``time``, ``date`` or ``price``).

    Raises
    ------
    FileNotFoundError
        If ``data/sentences`` is not there.

    Examples
    --------
    >>> sentences = load_sentences()
    >>> set(sentences.development.targets.texts) & set(sentences.test.targets.texts)
    set()
    """
    return load_shipped(
        "sentences",
        targets=Transcripts,
        numbers={"rate": float},
        licence="CC BY 4.0; some voices GPL or LGPL: see data/sentences/README.md",
    )


def load_words() -> Corpus:
    """Load the words of `load_sentences` but for the ten digits, one at a time, read by the same voices.

    The targets are `Transcripts`. A voice is in the same split in all three corpora.

    Returns
    -------
    Corpus
        ``info`` has the columns ``engine``, ``speaker``, ``accent`` and ``rate`` (speed factor of the clip).

    Raises
    ------
    FileNotFoundError
        If ``data/words`` is not there.

    Examples
    --------
    >>> words = load_words()
    >>> "twenty" in words.targets.texts
    True
    """
    return load_shipped(
        "words",
        targets=Transcripts,
        numbers={"rate": float},
        licence="CC BY 4.0; some voices GPL or LGPL: see data/words/README.md",
    )


@checked
def draw_texts(n: Size, *, seed: Annotated[int, (0, 2**32 - 1)] = SEED) -> list[str]:
    """Draw texts of the kind that is read in the sentences, but none of the validation or the test part.

    They are for language models: what is said has to be learned from sounds, what may be said has not.

    Examples
    --------
    >>> texts = draw_texts(100)
    >>> set(texts) & set(load_sentences().test.targets.texts)
    set()
    """
    sentences, rng = load_sentences(), np.random.default_rng(seed)
    kept = {*sentences.validation.targets.texts, *sentences.test.targets.texts}
    texts: list[str] = []
    while len(texts) < n:
        text = spoken_sentence(KINDS[len(texts) % len(KINDS)], rng)
        if text not in kept:
            texts.append(text)
    return texts
