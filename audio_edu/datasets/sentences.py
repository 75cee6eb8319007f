"""``data/sentences``: numbers, times, dates and prices read by synthetic voices, with their text, 8 kHz.

``data/words`` has the words of it, one at a time. Their cards, ``README.md`` in both folders, say how they
were made, by which voices, and what is wrong with them.
"""

from ._shipped import load_shipped
from .corpus import Corpus
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
