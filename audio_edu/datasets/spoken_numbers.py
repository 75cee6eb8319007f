"""Numbers, times, dates and prices as they are said in English: figures to words."""

import numpy as np

from .._validate import check_range

ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
)  # fmt: skip
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PARTS_OF_DAY = ("in the morning", "in the afternoon", "in the evening", "at night")
#: A unit, and its hundredth.
CURRENCIES = (("dollar", "cent"), ("euro", "cent"), ("pound", "penny"))
KINDS = ("digits", "number", "time", "date", "price")


def cardinal(n: int, *, with_and: bool = True) -> str:
    """Say a whole number from 0 to 999,999,999.

    Parameters
    ----------
    n : int
        The number.
    with_and : bool
        "four hundred and seven", as the British say it, or "four hundred seven".

    Examples
    --------
    >>> cardinal(407), cardinal(12_005, with_and=False)
    ('four hundred and seven', 'twelve thousand five')
    """
    check_range(n, "n", 0, 999_999_999, integer=True)
    if n < 20:
        return ONES[n]
    if n < 100:
        return f"{TENS[n // 10]} {ONES[n % 10]}" if n % 10 else TENS[n // 10]
    size, name = next(scale for scale in SCALES if n >= scale[0])
    head, rest = f"{cardinal(n // size, with_and=with_and)} {name}", n % size
    if not rest:
        return head
    link = " and " if with_and and rest < 100 else " "
    return head + link + cardinal(rest, with_and=with_and)


def ordinal(n: int) -> str:
    """Say a place in a row.

    Examples
    --------
    >>> ordinal(1), ordinal(23), ordinal(30)
    ('first', 'twenty third', 'thirtieth')
    """
    head, gap, last = cardinal(n).rpartition(" ")
    if last in ORDINALS:
        last = ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last = last + "th"
    return head + gap + last


def year(n: int) -> str:
    """Say a year from 1100 to 2099.

    Examples
    --------
    >>> year(1984), year(1905), year(2006), year(1900)
    ('nineteen eighty four', 'nineteen oh five', 'two thousand and six', 'nineteen hundred')
    """
    check_range(n, "n", 1100, 2099, integer=True)
    century, rest = divmod(n, 100)
    if century == 20 and rest < 10:
        return cardinal(n)
    if not rest:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def spoken_sentence(kind: str, rng: np.random.Generator) -> str:
    """Draw a sentence: a row of digits, a number, a time, a date or a price, in words.

    Parameters
    ----------
    kind : {"digits", "number", "time", "date", "price"}
        What it is about.
    rng : np.random.Generator
        Decides all the rest.

    Examples
    --------
    >>> spoken_sentence("time", np.random.default_rng(0))
    'eleven thirty eight in the morning'
    """
    if kind == "digits":
        return " ".join(ONES[d] for d in rng.integers(0, 10, rng.integers(3, 8)))
    if kind == "number":
        n = int(10 ** rng.uniform(1, 7))
        n = n if rng.random() < 0.6 else round(n, -int(np.log10(n)) + 1)
        return ("minus " if rng.random() < 0.1 else "") + cardinal(n, with_and=bool(rng.random() < 0.7))
    if kind == "time":
        return _time(rng)
    if kind == "date":
        day, month = ordinal(int(rng.integers(1, 32))), MONTHS[rng.integers(12)]
        text = f"the {day} of {month}" if rng.random() < 0.5 else f"{month} {day}"
        if rng.random() < 0.4:
            text = f"{DAYS[rng.integers(7)]} {text}"
        return f"{text} {year(int(rng.integers(1700, 2051)))}" if rng.random() < 0.6 else text
    unit, part = CURRENCIES[rng.integers(len(CURRENCIES))]
    whole, rest = int(10 ** rng.uniform(0, 3.5)), int(rng.integers(0, 100))
    text = f"{cardinal(whole)} {unit}{'s' if whole != 1 else ''}"
    if rest:
        text += f" and {cardinal(rest)} {part if rest == 1 else 'pence' if part == 'penny' else 'cents'}"
    return text


def _time(rng: np.random.Generator) -> str:
    hour, minute = int(rng.integers(1, 13)), int(rng.integers(0, 60))
    if minute == 0 or rng.random() < 0.2:
        text = f"{cardinal(hour)} o'clock"
    elif rng.random() < 0.5:
        text = f"{cardinal(hour)} {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    else:
        minute = 5 * round(minute / 5)
        words = {15: "quarter", 30: "half", 45: "quarter"}
        near = min(minute, 60 - minute) or 5
        text = f"{words.get(minute) or cardinal(near)} {'past' if minute <= 30 else 'to'} {cardinal(hour)}"
    return f"{text} {PARTS_OF_DAY[rng.integers(4)]}" if rng.random() < 0.5 else text
