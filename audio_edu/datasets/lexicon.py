"""``data/lexicon``: how some 5,000 English words are said, as phones.

Its card, ``data/lexicon/README.md``, says how it was made and what is wrong with it.
"""

from functools import cache
from pathlib import Path

from ._shipped import data_dir, read_index

#: The 39 phones of American English, by the names that the CMU Pronouncing Dictionary gives them.
PHONES = tuple(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z "
    "ZH".split()
)


def load_lexicon() -> dict[str, tuple[str, ...]]:
    """Load the lexicon that ships with the book: the phones of each word.

    Raises
    ------
    FileNotFoundError
        If ``data/lexicon`` is not there.

    Examples
    --------
    >>> load_lexicon()["colonel"]
    ('K', 'ER', 'N', 'AH', 'L')
    """
    return dict(_read(data_dir()))


@cache
def _read(folder: Path) -> dict[str, tuple[str, ...]]:
    return {row["word"]: tuple(row["phones"].split()) for row in read_index("lexicon")}
