"""The text front end: what is written becomes what is said, and what is said becomes numbers.

Figures are read as English reads them: 4:20 as a time, $3.50 as a price, 2026-11-27 or 27 November 2026 as
a date, 1st as a place in a row, 1,250 as a number. A word is read by its letters or, where the network has
learned them, by its phones: those of the lexicon, or the writer's own, in braces: ``the {K ER N AH L}``.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np

from ..._validate import checked
from ...datasets.lexicon import PHONES, load_lexicon
from ...datasets.spoken_numbers import MONTHS, ONES, cardinal, ordinal, year

#: What stands for the end of a text, and all that a network reads; 0 is no symbol.
END = "."
SYMBOLS = ("", END, " ", "'", *"abcdefghijklmnopqrstuvwxyz")
#: All that a network reads that has learned phones, too: the letters keep their numbers.
WITH_PHONES = (*SYMBOLS, *PHONES)
_NUMBER = {symbol: number for number, symbol in enumerate(WITH_PHONES)}
#: Signs that are read, and signs that make a pause at most.
SIGNS = {"&": "and", "%": "percent", "+": "plus", "=": "equals", "@": "at", "#": "number"}
SILENT = ',;:!?."“”()-–—…'
UNITS = {"$": ("dollar", "cent"), "€": ("euro", "cent"), "£": ("pound", "penny")}
_MONTH = "|".join(f"{name}|{name[:3]}" for name in MONTHS)


def _time(m: re.Match) -> str:
    hour, minute = int(m["hour"]), int(m["minute"])
    if hour > 24 or minute > 59:
        raise ValueError(f"text has {m[0]!r}, which is no time of day; expected 0:00 to 24:00.")
    said = f"{cardinal((hour - 1) % 12 + 1)} "
    return said + ("o'clock" if minute == 0 else ("oh " if minute < 10 else "") + cardinal(minute))


def _price(m: re.Match) -> str:
    unit, part = UNITS[m["unit"]]
    whole, rest = int(m["whole"].replace(",", "")), int((m["rest"] or "0").ljust(2, "0"))
    said = [f"{cardinal(whole)} {unit}{'s' if whole != 1 else ''}"] if whole or not rest else []
    if rest:
        many = {"penny": "pence"}.get(part, part + "s")
        said.append(f"{cardinal(rest)} {part if rest == 1 else many}")
    return " and ".join(said)


def _date(m: re.Match) -> str:
    groups = m.groupdict()
    name = groups.get("name")
    month = next(k for k, full in enumerate(MONTHS) if full[:3] == name[:3]) if name else int(m["month"]) - 1
    day = int(m["day"])
    if not (0 <= month < 12 and 1 <= day <= 31):
        raise ValueError(f"text has {m[0]!r}, which is no date.")
    said = f"the {ordinal(day)} of {MONTHS[month]}"
    return f"{said} {year(int(groups['year']))}" if groups.get("year") else said


def _number(m: re.Match) -> str:
    whole, _, rest = m[0].replace(",", "").partition(".")
    if len(whole) > 9 or (len(whole) > 1 and whole[0] == "0"):
        said = " ".join(ONES[int(digit)] for digit in whole)
    else:
        said = cardinal(int(whole))
    return f"{said} point {' '.join(ONES[int(digit)] for digit in rest)}" if rest else said


_RULES: tuple[tuple[str, Callable[[re.Match], str]], ...] = (
    (r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)\b", _time),
    (r"(?P<unit>[$€£])(?P<whole>[\d,]*\d)(?:\.(?P<rest>\d{1,2}))?\b", _price),
    (r"\b(?P<year>(?:1[1-9]|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)\b", _date),
    (
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?(?P<name>{_MONTH})\b"
        r"(?: (?P<year>(?:1[1-9]|20)\d\d)\b)?",
        _date,
    ),
    (r"\b(\d+)(?:st|nd|rd|th)\b", lambda m: ordinal(int(m[1]))),
    (r"(?<![\w.,])-(?=\d)", lambda m: "minus "),
    (r"\d[\d,]*\d(?:\.\d+)?|\d(?:\.\d+)?", _number),
)


@checked
def to_words(text: str) -> str:
    """Write a text as it is said: lower-case letters, apostrophes, and spaces between words.

    Numbers, times, dates and prices become words, some signs too; marks between words are left out. Phones in
    braces stay as they are.

    Raises
    ------
    ValueError
        If a character or a phone cannot be read, or nothing is left to say.

    Examples
    --------
    >>> to_words("It's 4:20, the 3rd; that's £12.01 & -7 degrees.")
    "it's four twenty the third that's twelve pounds and one penny and minus seven degrees"
    >>> to_words("27 Nov 2026")
    'the twenty seventh of november twenty twenty six'
    """
    pieces = re.split(r"(\{[^{}]*\})", text)
    said = " ".join(filter(None, (_phones(one) if i % 2 else _words(one) for i, one in enumerate(pieces))))
    if not said.strip("' "):
        raise ValueError(f"text is {text!r}; expected something to say.")
    return said


def _words(text: str) -> str:
    said = text.lower().replace("’", "'")
    for pattern, rule in _RULES:
        said = re.sub(pattern, lambda m, rule=rule: f" {rule(m)} ", said)
    for sign, word in SIGNS.items():
        said = said.replace(sign, f" {word} ")
    said = " ".join("".join(" " if c in SILENT else c for c in said).split())
    if unknown := sorted(set(said) - set(SYMBOLS)):
        raise ValueError(
            f"text has {', '.join(map(repr, unknown))}, which cannot be read; expected English letters, "
            f"figures, the signs {' '.join([*SIGNS, *UNITS])}, and marks between words."
        )
    return said


def _phones(text: str) -> str:
    names = re.sub(r"\d", "", text.strip("{}").upper()).split()  # CMU's figures for stress are left out
    if unknown := [name for name in names if name not in PHONES]:
        raise ValueError(f"text has the phone {unknown[0]!r} in {text}; expected some of {' '.join(PHONES)}.")
    return f"{{{' '.join(names)}}}" if names else ""


@checked
def spell(text: str, phones: bool = False) -> list[tuple[str, ...]]:
    """Return the symbols of each word: its letters, or its phones where they are wanted and known.

    Examples
    --------
    >>> spell("the colonel")
    [('t', 'h', 'e'), ('c', 'o', 'l', 'o', 'n', 'e', 'l')]
    >>> spell("{DH AH} colonel xu", phones=True)
    [('DH', 'AH'), ('K', 'ER', 'N', 'AH', 'L'), ('x', 'u')]
    """
    lexicon = load_lexicon() if phones else {}
    return [
        tuple(word.strip("{}").split()) if word[0] == "{" else lexicon.get(word, tuple(word))
        for word in re.findall(r"\{[^}]*\}|[^ ]+", to_words(text))
    ]


@checked
def to_numbers(words: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the numbers in `WITH_PHONES` of words, with spaces between them and the end behind.

    Examples
    --------
    >>> to_numbers([("a",), ("AH", "B")]).tolist()
    [4, 2, 32, 36, 1]
    """
    symbols = [symbol for word in words for symbol in (" ", *word)]
    if unknown := [symbol for symbol in symbols if symbol not in _NUMBER]:
        raise ValueError(f"words has {unknown[0]!r}; expected some of {' '.join(WITH_PHONES[3:])}.")
    return np.array([_NUMBER[symbol] for symbol in (*symbols[1:], END)], np.int32)


@checked
def to_symbols(text: str, phones: bool = False) -> np.ndarray:
    """Return the numbers in `SYMBOLS` of what a text says, with the end behind it [shape=(N,)], int32.

    With `phones` words of the lexicon are read by their phones; these are numbered as in `WITH_PHONES`.

    Examples
    --------
    >>> to_symbols("A 2").tolist()
    [4, 2, 23, 26, 18, 1]
    """
    return to_numbers(spell(text, phones))
