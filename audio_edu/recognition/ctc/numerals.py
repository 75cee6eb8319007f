"""From words to figures, and from figures to Chinese, by rule: 'four hundred and seven', 407, 四百零七."""

from typing import Annotated

from ..._validate import checked
from ...datasets.spoken_numbers import ONES, SCALES, TENS, cardinal

DIGITS = "零一二三四五六七八九"
VALUES = {word: n for n, word in enumerate(ONES)} | {w: 10 * n for n, w in enumerate(TENS) if w}
FACTORS = {word: size for size, word in SCALES}
ROW = {word: str(n) for n, word in enumerate(ONES[:10])} | {"oh": "0"}
LARGEST = 999_999_999

Number = Annotated[int, (-LARGEST, LARGEST)]


@checked
def to_number(text: str) -> int:
    """Return the whole number that words say: the inverse of `audio_edu.datasets.spoken_numbers.cardinal`.

    Parameters
    ----------
    text : str
        From "zero" to "nine hundred ninety nine million ...", with "and" or without; "minus" may come first.

    Raises
    ------
    ValueError
        If the words are not one number.

    Examples
    --------
    >>> to_number("four hundred and seven"), to_number("minus twelve thousand five")
    (407, -12005)
    """
    sign, words = (-1, text.split()[1:]) if text.startswith("minus ") else (1, text.split())
    words = [word for word in words if word != "and"]
    total = group = 0
    for word in words:
        if word == "hundred":
            group *= FACTORS[word]
        elif word in FACTORS:
            total, group = total + group * FACTORS[word], 0
        else:
            group += VALUES.get(word, 0)
    n = total + group
    if n > LARGEST or cardinal(n, with_and=False).split() != words:
        raise ValueError(f"text is {text!r}; expected one whole number in words, as cardinal() says it.")
    return sign * n


@checked
def to_figures(text: str) -> str:
    """Write a number, or a row of digits, in figures.

    Raises
    ------
    ValueError
        If the words are neither.

    Examples
    --------
    >>> to_figures("four hundred and seven"), to_figures("zero zero seven")
    ('407', '007')
    """
    words = text.split()
    if words and all(word in ROW for word in words):
        return "".join(ROW[word] for word in words)
    return str(to_number(text))


@checked
def chinese_number(n: Number) -> str:
    """Write a whole number in Chinese characters.

    Chinese counts by ten thousands: four figures make a group, with 万 behind the second and 亿 behind the
    third. Within a group, and between groups, any run of zeros is one 零, and none stands at the end.

    Examples
    --------
    >>> chinese_number(407), chinese_number(12_005), chinese_number(-10)
    ('四百零七', '一万二千零五', '负十')
    """
    if n <= 0:
        return DIGITS[0] if n == 0 else "负" + chinese_number(-n)
    figures, text, gap = str(n), "", False
    for place, figure in zip(range(len(figures) - 1, -1, -1), figures, strict=True):
        if figure == "0":
            gap = True
        else:
            text += (DIGITS[0] if gap else "") + DIGITS[int(figure)] + ("", "十", "百", "千")[place % 4]
            gap = False
        if place % 4 == 0 and n // 10**place % 10**4:  # the group has something in it
            text += ("", "万", "亿")[place // 4]
            gap = gap and place > 0 and n // 10 ** (place - 1) % 10 == 0
    return text.removeprefix("一") if text.startswith("一十") else text


@checked
def to_chinese(text: str) -> str:
    """Write a number in words, or a row of digits, in Chinese characters.

    Examples
    --------
    >>> to_chinese("four hundred and seven"), to_chinese("four zero seven"), to_chinese("seven")
    ('四百零七', '四零七', '七')
    """
    words = text.split()
    if words and all(word in ROW for word in words):
        return "".join(DIGITS[int(ROW[word])] for word in words)
    return chinese_number(to_number(text))
