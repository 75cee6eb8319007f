"""The formulas of chapter 8 in NumPy: all alignments of a text, their sum, the best of them, and searches.

References
----------
Graves, Fernández, Gomez and Schmidhuber (2006), Connectionist temporal classification, ICML.
Hannun, Maas, Jurafsky and Ng (2014), First-pass large vocabulary continuous speech recognition using
bi-directional recurrent DNNs: the prefix beam search.
"""

import itertools
import math
from collections.abc import Hashable, Sequence
from typing import Annotated

import numpy as np

from ..._validate import Size, checked

#: What a frame can say: nothing (the blank), a space, an apostrophe, a letter.
SYMBOLS = ("", " ", "'", *"abcdefghijklmnopqrstuvwxyz")
BLANK = 0
#: Enumeration is for examples of a few frames.
MOST_PATHS = 1_000_000

#: Symbols less probable than e to the power of this are not tried by a search in a frame.
LEAST_LOG_P = -14.0

#: Of each prefix two logarithms of probabilities; see `beam_search`.
Sums = dict[Hashable, list[float]]
Width = Annotated[int, (1, 1000)]
Symbol = Annotated[int, (0, 10_000)]


@checked
def encode(text: str) -> list[int]:
    """Return the numbers of a text's characters in `SYMBOLS`.

    Raises
    ------
    ValueError
        If a character is none of them: texts are lower-case letters, spaces and apostrophes.

    Examples
    --------
    >>> encode("a bee")
    [3, 1, 4, 7, 7]
    """
    if unknown := sorted(set(text) - set(SYMBOLS)):
        raise ValueError(
            f"text has {unknown}; expected lower-case letters, spaces and apostrophes: figures as words."
        )
    return [SYMBOLS.index(character) for character in text]


@checked
def decode(indices: Sequence[Annotated[int, (0, len(SYMBOLS) - 1)]]) -> str:
    """Return the text of some numbers in `SYMBOLS`; blanks vanish, and nothing is merged (see `collapse`).

    Examples
    --------
    >>> decode(encode("a bee"))
    'a bee'
    """
    return "".join(SYMBOLS[i] for i in indices)


@checked
def collapse(path: Sequence[Symbol], *, blank: Symbol = BLANK) -> list[int]:
    """Turn what the frames say into a text: merge neighbours that are equal, then drop the blanks.

    Examples
    --------
    >>> collapse([0, 7, 7, 0, 7, 3, 3])
    [7, 7, 3]
    """
    merged = [symbol for symbol, _ in itertools.groupby(path)]
    return [symbol for symbol in merged if symbol != blank]


@checked
def alignments(labels: Sequence[Symbol], n_frames: Size, *, blank: Symbol = BLANK) -> list[tuple[int, ...]]:
    """List every path of so many frames that collapses to the labels.

    Parameters
    ----------
    labels : sequence of int [length L]
        The text's numbers; may be empty.
    n_frames : int
        How long the paths are.
    blank : int
        The number of the blank.

    Raises
    ------
    ValueError
        If there are too many paths to try (more than a million), or the blank is among the labels.

    Examples
    --------
    >>> alignments([3, 4], 3)
    [(0, 3, 4), (3, 0, 4), (3, 3, 4), (3, 4, 0), (3, 4, 4)]
    >>> alignments([3, 3], 3)
    [(3, 0, 3)]
    """
    _check_labels(labels, blank)
    symbols = sorted({blank, *labels})
    if n_frames * np.log(len(symbols)) > np.log(MOST_PATHS):
        raise ValueError(
            f"n_frames is {n_frames}: of {len(symbols)} symbols that makes more than {MOST_PATHS:,} paths; "
            "expected a small example (ctc_forward sums over all paths without listing them)."
        )
    wanted = list(labels)
    return [p for p in itertools.product(symbols, repeat=n_frames) if collapse(p, blank=blank) == wanted]


@checked
def probability_by_enumeration(p: np.ndarray, labels: Sequence[Symbol], *, blank: Symbol = BLANK) -> float:
    """Return P(labels | x) = Σ over all alignments π of Π_t p_t(π_t), term by term.

    Parameters
    ----------
    p : np.ndarray [shape=(n_frames, n_symbols)]
        Probabilities of the symbols in each frame (not their logarithms).
    labels : sequence of int
        As in `alignments`.

    Examples
    --------
    >>> round(probability_by_enumeration(np.full((3, 5), 0.2), [3, 4]), 3)
    0.04
    """
    if p.ndim != 2 or p.min() < 0 or p.max() > 1:
        raise ValueError(
            f"p has shape {p.shape}, from {p.min():g} to {p.max():g}; expected probabilities, "
            "(n_frames, n_symbols)."
        )
    _check_labels(labels, blank, p.shape[1])
    total = 0.0
    for path in alignments(labels, len(p), blank=blank):
        # Π_t p_t(π_t)
        total += float(np.prod([p[t, symbol] for t, symbol in enumerate(path)]))
    return total


@checked
def ctc_forward(
    log_p: np.ndarray, labels: Sequence[Symbol], *, blank: Symbol = BLANK
) -> tuple[float, np.ndarray]:
    """Sum over all alignments by the forward recursion, with logarithms.

    The states are the labels with a blank before, between and behind them: ``- t - w - o -``.

    Parameters
    ----------
    log_p : np.ndarray [shape=(n_frames, n_symbols), range=(..., 0]]
        Natural logarithms of the symbols' probabilities in each frame.
    labels : sequence of int [length L]
        The text's numbers; may be empty.

    Returns
    -------
    log_likelihood : float
        ln P(labels | x); minus infinity where the frames are too few for the labels.
    log_alpha : np.ndarray [shape=(n_frames, 2 L + 1)]
        ln α_t(s): of all ways to have come to state s in frame t, its symbol there included.

    Examples
    --------
    >>> log_likelihood, log_alpha = ctc_forward(np.log(np.full((3, 5), 0.2)), [3, 4])
    >>> round(float(np.exp(log_likelihood)), 3), log_alpha.shape
    (0.04, (3, 5))
    """
    states = _states(log_p, labels, blank)
    log_alpha = np.full((len(log_p), len(states)), -np.inf)
    log_alpha[0, :2] = log_p[0, states[:2]]
    for t in range(1, len(log_p)):
        for s, symbol in enumerate(states):
            # α_t(s) = p_t(l'_s) · ( α_{t−1}(s) + α_{t−1}(s−1) + α_{t−1}(s−2) ), the last where a blank
            # may be left out
            before = log_alpha[t - 1, s]
            if s >= 1:
                before = np.logaddexp(before, log_alpha[t - 1, s - 1])
            if _may_skip(states, s):
                before = np.logaddexp(before, log_alpha[t - 1, s - 2])
            log_alpha[t, s] = log_p[t, symbol] + before
    # P = α_T(2L) + α_T(2L + 1): the text ends with its last label, or with the blank behind it
    return float(np.logaddexp.reduce(log_alpha[-1, -2:])), log_alpha


@checked
def occupancies(log_p: np.ndarray, labels: Sequence[Symbol], *, blank: Symbol = BLANK) -> np.ndarray:
    """Return γ_t(s): the share of all alignments, by their probability, that is in state s in frame t.

    The loss −ln P has the gradient p_t(k) − Σ_{s: l'_s = k} γ_t(s) with respect to the logits.

    Parameters
    ----------
    log_p, labels, blank
        As in `ctc_forward`.

    Returns
    -------
    np.ndarray [shape=(n_frames, 2 L + 1)]
        Each row sums to 1.

    Raises
    ------
    ValueError
        If the frames are too few for the labels.

    Examples
    --------
    >>> occupancies(np.log(np.full((3, 5), 0.2)), [3, 4]).round(1).tolist()
    [[0.2, 0.8, 0.0, 0.0, 0.0], [0.0, 0.4, 0.2, 0.4, 0.0], [0.0, 0.0, 0.0, 0.8, 0.2]]
    """
    labels = list(labels)
    states = _states(log_p, labels, blank)
    _check_room(len(log_p), labels)
    log_likelihood, log_alpha = ctc_forward(log_p, labels, blank=blank)
    # β is the same recursion from the end: turn the frames and the labels round
    log_beta = ctc_forward(log_p[::-1], labels[::-1], blank=blank)[1][::-1, ::-1]
    # γ_t(s) = α_t(s) β_t(s) / (p_t(l'_s) P): α and β both have frame t's symbol, so it is divided out once
    return np.exp(log_alpha + log_beta - log_p[:, states] - log_likelihood)


@checked
def force_align(log_p: np.ndarray, labels: Sequence[Symbol], *, blank: Symbol = BLANK) -> np.ndarray:
    """Return the most probable alignment of a known text: which label each frame belongs to (Viterbi).

    Parameters
    ----------
    log_p, labels, blank
        As in `ctc_forward`.

    Returns
    -------
    np.ndarray of int [shape=(n_frames,)]
        An index into `labels`, or -1 for the blank.

    Raises
    ------
    ValueError
        If the frames are too few for the labels.

    Examples
    --------
    >>> p = np.array([[0.1, 0.8, 0.1], [0.8, 0.1, 0.1], [0.1, 0.1, 0.8]])
    >>> force_align(np.log(p), [1, 2]).tolist()
    [0, -1, 1]
    """
    states = _states(log_p, labels, blank)
    _check_room(len(log_p), labels)
    n_states = len(states)
    best = np.full((len(log_p), n_states), -np.inf)
    came_from = np.zeros((len(log_p), n_states), int)
    best[0, :2] = log_p[0, states[:2]]
    for t in range(1, len(log_p)):
        for s, symbol in enumerate(states):
            # as α, with the largest of the three instead of their sum
            ways = [s - back for back in range(min(s, 1 + _may_skip(states, s)) + 1)]
            came_from[t, s] = max(ways, key=lambda r: best[t - 1, r])
            best[t, s] = log_p[t, symbol] + best[t - 1, came_from[t, s]]
    s = n_states - 1 if n_states == 1 or best[-1, -1] >= best[-1, -2] else n_states - 2
    path = np.zeros(len(log_p), int)
    for t in range(len(log_p) - 1, -1, -1):
        path[t] = s // 2 if s % 2 else -1
        s = came_from[t, s]
    return path


@checked
def greedy_decode(log_p: np.ndarray, *, blank: Symbol = BLANK) -> list[int]:
    """Take the most probable symbol of each frame, and collapse.

    Examples
    --------
    >>> greedy_decode(np.log([[0.1, 0.8, 0.1], [0.1, 0.7, 0.2], [0.2, 0.1, 0.7]]))
    [1, 2]
    """
    _check_log_p(log_p)
    return collapse(log_p.argmax(axis=1).tolist(), blank=blank)


@checked
def beam_search(log_p: np.ndarray, *, width: Width = 16, blank: Symbol = BLANK) -> list[int]:
    """Search for the most probable text, its alignments added up: the prefix beam search.

    A prefix is kept with two numbers: all paths so far that end with a blank, and all that end with its last
    symbol. Only the `width` most probable prefixes go on, so the best may be lost.

    Parameters
    ----------
    log_p, blank
        As in `ctc_forward`.
    width : int
        How many prefixes are kept.

    Examples
    --------
    Each frame says blank, but "a" is the more probable text: 1 − 0.6 · 0.6.

    >>> p = np.array([[0.6, 0.4], [0.6, 0.4]])
    >>> greedy_decode(np.log(p)), beam_search(np.log(p))
    ([], [1])
    """
    _check_log_p(log_p)
    # of each prefix: ln P of the paths that end with a blank, and of those that end with its last symbol
    beams: Sums = {(): [0.0, -math.inf]}
    for row in log_p.tolist():
        grown: Sums = {}
        tried = [(k, value) for k, value in enumerate(row) if value >= LEAST_LOG_P and k != blank]
        for prefix, (with_blank, with_symbol) in beams.items():
            both = _log_add(with_blank, with_symbol)
            _add_to(grown, prefix, 0, both + row[blank])
            last = prefix[-1] if prefix else None
            if prefix:  # the same symbol, held on
                _add_to(grown, prefix, 1, with_symbol + row[last])
            for symbol, log_probability in tried:
                # the same symbol once more: only after a blank
                before = with_blank if symbol == last else both
                _add_to(grown, (*prefix, symbol), 1, before + log_probability)
        ranked = sorted(grown.items(), key=lambda each: -_log_add(*each[1]))
        beams = dict(ranked[:width])
    return list(next(iter(beams)))


def _log_add(a: float, b: float) -> float:
    """Return ln(e^a + e^b). NumPy's does the same, and takes ten times as long for two numbers.

    Examples
    --------
    >>> _log_add(0.0, -math.inf), round(_log_add(1.0, 1.0), 3)
    (0.0, 1.693)
    """
    if a < b:
        a, b = b, a
    return a if b == -math.inf else a + math.log1p(math.exp(b - a))


def _add_to(grown: Sums, prefix: Hashable, which: int, log_probability: float) -> None:
    """Add to one of a prefix's two sums (of paths that end with a blank; of those that end with a symbol).

    Examples
    --------
    >>> grown = {}
    >>> _add_to(grown, "on", 0, -1.0)
    >>> grown
    {'on': [-1.0, -inf]}
    """
    sums = grown.setdefault(prefix, [-math.inf, -math.inf])
    sums[which] = _log_add(sums[which], log_probability)


def _states(log_p: np.ndarray, labels: Sequence[int], blank: int) -> list[int]:
    """Return the labels with a blank before, between and behind them."""
    _check_log_p(log_p)
    _check_labels(labels, blank, log_p.shape[1])
    states = [blank] * (2 * len(labels) + 1)
    states[1::2] = labels
    return states


def _may_skip(states: list[int], s: int) -> bool:
    """Say whether the blank before a state may be left out: not where it parts two equal labels."""
    return s % 2 == 1 and s >= 3 and states[s] != states[s - 2]


def _check_log_p(log_p: np.ndarray) -> None:
    if log_p.ndim != 2:
        raise ValueError(f"log_p has shape {log_p.shape}; expected (n_frames, n_symbols).")
    if log_p.max() > 1e-3:
        raise ValueError(
            f"log_p goes up to {log_p.max():g}; expected natural logarithms of probabilities, at most 0: "
            "np.log(p), or a network's log_softmax."
        )


def _check_labels(labels: Sequence[int], blank: int, n_symbols: int | None = None) -> None:
    if blank in labels:
        raise ValueError(f"labels has {blank}, the blank; expected the symbols of the text alone.")
    if n_symbols is not None and max([blank, *labels]) >= n_symbols:
        raise ValueError(f"labels or blank go up to {max([blank, *labels])}; expected less than {n_symbols}.")


def _check_room(n_frames: int, labels: Sequence[int]) -> None:
    needed = len(labels) + sum(a == b for a, b in itertools.pairwise(labels))
    if n_frames < needed:
        raise ValueError(
            f"labels need {needed} frames at least (a blank parts equal neighbours); log_p has {n_frames}."
        )
