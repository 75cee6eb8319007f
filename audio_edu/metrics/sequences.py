"""Scores of texts: what has to be mended in one row of words or letters to get another (edit distance).

References
----------
Levenshtein (1966), Binary codes capable of correcting deletions, insertions and reversals.
"""

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .._validate import checked


class Edits(NamedTuple):
    """How many of each kind of error, and how long the reference is."""

    n_substitutions: int
    n_deletions: int
    n_insertions: int
    n_reference: int

    @property
    def n_errors(self) -> int:
        """Their sum: the edit distance."""
        return self.n_substitutions + self.n_deletions + self.n_insertions


#: What stands in the reference, and what in the hypothesis; None where one of them has nothing.
Pair = tuple[Hashable | None, Hashable | None]


@checked
def edit_distances(reference: Sequence[Any], hypothesis: Sequence[Any]) -> np.ndarray:
    """Return the distances of all beginnings: ``D[i, j]`` edits turn i items into j items.

    Parameters
    ----------
    reference, hypothesis : sequence [length I, J]
        Words (``text.split()``) or letters (``list(text)``).

    Returns
    -------
    np.ndarray of int [shape=(I + 1, J + 1)]
        The last one, ``D[-1, -1]``, is the edit distance of the whole.

    Examples
    --------
    >>> edit_distances(list("two"), list("too"))
    array([[0, 1, 2, 3],
           [1, 0, 1, 2],
           [2, 1, 1, 2],
           [3, 2, 1, 1]])
    """
    n, m = len(reference), len(hypothesis)
    D = np.zeros((n + 1, m + 1), int)
    D[:, 0], D[0, :] = range(n + 1), range(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            # D(i, j) = min( D(i−1, j−1) + [r_i ≠ h_j],  D(i−1, j) + 1,  D(i, j−1) + 1 )
            wrong = int(reference[i - 1] != hypothesis[j - 1])
            D[i, j] = min(D[i - 1, j - 1] + wrong, D[i - 1, j] + 1, D[i, j - 1] + 1)
    return D


@checked
def align_sequences(reference: Sequence[Any], hypothesis: Sequence[Any]) -> list[Pair]:
    """Return which item stands for which: the way back through the edit distances.

    Where several ways are equally short, a pair is preferred to a deletion, and a deletion to an insertion.

    Examples
    --------
    >>> align_sequences("four hundred and seven".split(), "for hundred seven".split())
    [('four', 'for'), ('hundred', 'hundred'), ('and', None), ('seven', 'seven')]
    """
    D = edit_distances(reference, hypothesis)
    i, j, pairs = len(reference), len(hypothesis), []
    while i or j:
        wrong = int(i > 0 and j > 0 and reference[i - 1] != hypothesis[j - 1])
        if i and j and D[i, j] == D[i - 1, j - 1] + wrong:
            i, j = i - 1, j - 1
            pairs.append((reference[i], hypothesis[j]))
        elif i and D[i, j] == D[i - 1, j] + 1:
            i -= 1
            pairs.append((reference[i], None))
        else:
            j -= 1
            pairs.append((None, hypothesis[j]))
    return pairs[::-1]


@checked
def count_edits(reference: Sequence[Any], hypothesis: Sequence[Any]) -> Edits:
    """Count the errors of one hypothesis.

    Examples
    --------
    >>> count_edits("four hundred and seven".split(), "for hundred seven".split())
    Edits(n_substitutions=1, n_deletions=1, n_insertions=0, n_reference=4)
    """
    pairs = align_sequences(reference, hypothesis)
    n_deletions = sum(h is None for _, h in pairs)
    n_insertions = sum(r is None for r, _ in pairs)
    n_pairs = len(pairs) - n_deletions - n_insertions
    n_same = sum(r == h for r, h in pairs)
    return Edits(n_pairs - n_same, n_deletions, n_insertions, len(reference))


@checked
def word_edits(references: Sequence[str], hypotheses: Sequence[str]) -> np.ndarray:
    """Count the wrong words of each clip.

    Returns
    -------
    np.ndarray of int [shape=(n_clips, 4)]
        Substitutions, deletions, insertions, and words of the reference: a row for each clip, ready for
        ``bootstrap_interval(error_rate, rows)``.

    Examples
    --------
    >>> word_edits(["one two", "nine"], ["one too", "nine nine"]).tolist()
    [[1, 0, 0, 2], [0, 0, 1, 1]]
    """
    _check_texts(references, hypotheses)
    return np.array([count_edits(r.split(), h.split()) for r, h in zip(references, hypotheses, strict=True)])


@checked
def character_edits(references: Sequence[str], hypotheses: Sequence[str]) -> np.ndarray:
    """Count the wrong characters of each clip, spaces among them; the columns are those of `word_edits`.

    Examples
    --------
    >>> character_edits(["one two"], ["one too"]).tolist()
    [[1, 0, 0, 7]]
    """
    _check_texts(references, hypotheses)
    return np.array([count_edits(list(r), list(h)) for r, h in zip(references, hypotheses, strict=True)])


@checked
def error_rate(rows: np.ndarray) -> float:
    """Return the errors of all clips together, divided by the length of all references; above 1 is possible.

    Parameters
    ----------
    rows : np.ndarray [shape=(n_clips, 4)]
        From `word_edits` or `character_edits`.

    Examples
    --------
    >>> round(error_rate(np.array([[1, 0, 0, 2], [0, 0, 1, 1]])), 3)
    0.667
    """
    if rows.ndim != 2 or rows.shape[1] != 4 or not rows[:, 3].sum() > 0:
        raise ValueError(
            f"rows has shape {rows.shape}; expected (n_clips, 4): substitutions, deletions, insertions, and "
            "the length of the references, above 0."
        )
    # (S + D + I) / N
    return float(rows[:, :3].sum() / rows[:, 3].sum())


@checked
def word_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the word error rate (WER): wrong, missing and added words over the words that were said.

    Parameters
    ----------
    references, hypotheses : sequence of str [length n_clips]
        What was said, and what was understood; words are separated by spaces.

    Raises
    ------
    ValueError
        If they are not equally many, or the references have no word.

    Examples
    --------
    >>> word_error_rate(["four hundred and seven"], ["for hundred seven"])
    0.5
    """
    return error_rate(word_edits(references, hypotheses))


@checked
def character_error_rate(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the character error rate (CER): like `word_error_rate`, for characters, spaces among them.

    Examples
    --------
    >>> round(character_error_rate(["four hundred and seven"], ["for hundred seven"]), 3)
    0.227
    """
    return error_rate(character_edits(references, hypotheses))


def _check_texts(references: Sequence[str], hypotheses: Sequence[str]) -> None:
    if len(references) != len(hypotheses):
        raise ValueError(
            f"hypotheses has {len(hypotheses)} texts, references {len(references)}; expected as many."
        )
    if not references:
        raise ValueError("references is empty; expected a text of each clip, and at least one clip.")
