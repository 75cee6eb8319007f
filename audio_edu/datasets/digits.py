"""``data/digits``: the English digits spoken by synthetic voices, 8 kHz, split by voice.

Its card, ``data/digits/README.md``, says how it was made, by which voices, and what is wrong with it.
"""

from ._shipped import labels_of, load_shipped
from .corpus import Corpus

DIGIT_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def load_digits() -> Corpus:
    """Load the spoken digits that ship with the book.

    The label of a clip is its digit, 0 to 9. Clips are 8 kHz, mono, trimmed to the word with a small margin,
    each scaled to a peak of 0.9. No voice, and no speaker behind a voice, appears in two of the splits.

    Returns
    -------
    Corpus
        ``info`` has the columns ``engine`` (the synthesiser), ``speaker`` (the person or formant voice that
        the synthesiser was built from; many voices are derived from one speaker), ``accent``, ``rate`` (speed
        factor of the clip), ``pitch`` (f0 factor of the voice), ``tract`` (length factor of its formant
        frequencies), ``context`` (how the word was said), ``take`` (0, 1, ... for each digit of a voice).

    Raises
    ------
    FileNotFoundError
        If ``data/digits`` is not there.

    Examples
    --------
    >>> digits = load_digits()
    >>> digits.sample_rate
    8000
    >>> threes = digits.select(digits.labels == 3)
    >>> set(digits.development.voices) & set(digits.test.voices)
    set()
    """
    return load_shipped(
        "digits",
        targets=labels_of(DIGIT_NAMES),
        numbers={"rate": float, "pitch": float, "tract": float, "take": int},
        licence="CC BY 4.0; some voices GPL or LGPL: see data/digits/README.md",
    )
