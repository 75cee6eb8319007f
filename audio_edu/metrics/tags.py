"""Scores of several tags at once: how well each is ranked, and whether its times are right."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .._validate import Positive, checked

#: Start and end (s), and the tag.
Span = tuple[float, float, str]


def _check_scores(present: np.ndarray, scores: np.ndarray) -> None:
    if present.ndim != 1 or present.shape != scores.shape:
        raise ValueError(f"scores has shape {scores.shape}, present {present.shape}; expected one row each.")


@checked
def average_precision(present: np.ndarray, scores: np.ndarray) -> float:
    """Return the average precision of one tag: the mean, over its clips, of the precision down to each.

    Parameters
    ----------
    present : np.ndarray [shape=(n_clips,)]
        1 or True where the tag is present.
    scores : np.ndarray [shape=(n_clips,)]
        The larger, the likelier.

    Raises
    ------
    ValueError
        If no clip has the tag.

    Examples
    --------
    >>> round(average_precision(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])), 4)
    0.8333
    """
    from sklearn.metrics import average_precision_score

    _check_scores(present, scores)
    if not (present > 0).any():
        raise ValueError("present has no clip with the tag; there is nothing to rank.")
    return float(average_precision_score(present > 0, scores))


@checked
def roc_auc(present: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve: how often a clip with the tag is ranked above one without it.

    Parameters
    ----------
    present, scores
        As in `average_precision`.

    Examples
    --------
    >>> roc_auc(np.array([1, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1]))
    0.75
    """
    from sklearn.metrics import roc_auc_score

    _check_scores(present, scores)
    if not 0 < int((present > 0).sum()) < len(present):
        raise ValueError("present has clips of one kind only; expected some with the tag, and some without.")
    return float(roc_auc_score(present > 0, scores))


@checked
def event_scores(
    true: Sequence[Sequence[Any]], found: Sequence[Sequence[Any]], *, within_s: Positive = 0.2
) -> dict[str, float]:
    """Compare events: one is right if tag, start and end are, within a tolerance.

    Parameters
    ----------
    true, found : sequence of sequence of (start_s, end_s, tag)
        For each recording its events.
    within_s : float
        How far start and end may be away (s). Of the end, a fifth of the event's length is allowed where that
        is more, as in the DCASE challenge of 2018 (task 4): few sounds end as sharply as they begin.

    Returns
    -------
    dict
        ``precision``, ``recall``, ``f_score``.

    Examples
    --------
    >>> event_scores([[(0.0, 1.0, "bird")]], [[(0.1, 0.9, "bird"), (2.0, 3.0, "rain")]])
    {'precision': 0.5, 'recall': 1.0, 'f_score': 0.6666666666666666}
    """
    if len(true) != len(found):
        raise ValueError(f"found has {len(found)} recordings, true {len(true)}; expected as many.")
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    n_right = n_true = n_found = 0
    for wanted, given in zip(true, found, strict=True):
        fits = np.zeros((len(given), len(wanted)), bool)
        for i, (start, end, tag) in enumerate(given):
            for j, (true_start, true_end, true_tag) in enumerate(wanted):
                late = max(within_s, 0.2 * (true_end - true_start))
                is_near = abs(start - true_start) <= within_s and abs(end - true_end) <= late
                fits[i, j] = tag == true_tag and is_near
        if fits.any():
            n_right += int((maximum_bipartite_matching(csr_array(fits)) >= 0).sum())
        n_true, n_found = n_true + len(wanted), n_found + len(given)
    precision, recall = n_right / max(n_found, 1), n_right / max(n_true, 1)
    return {
        "precision": precision,
        "recall": recall,
        "f_score": 2 * precision * recall / max(precision + recall, 1e-12),
    }
