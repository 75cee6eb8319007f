"""What can be counted in a chorale: ranges, crossings, parallels, chords, and how much is copied.

None of this is a rule that must never be broken, and Bach breaks each now and then. What tells real chorales
from others is how often.

All functions work on codes [shape=(T, 4)], soprano first, as `audio_edu.generation.music.data.to_codes` makes
them.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..._validate import Size, checked
from .data import KEY_0

#: MIDI numbers that a choir's voices sing comfortably, soprano first.
RANGES = ((60, 81), (53, 74), (47, 69), (36, 64))
_TRIADS = [
    frozenset((root + step) % 12 for step in steps)
    for root in range(12)
    for steps in ((0, 4, 7), (0, 3, 7), (0, 3, 6))
]


@checked
def count(codes: NDArray[np.int64], *, steps_per_quarter: Size = 2) -> dict[str, float]:
    """Count what can be counted.

    Returns
    -------
    dict
        ``out_of_range``: share of steps and voices outside `RANGES`; ``crossings``: share of steps at which a
        voice is above the one over it; ``parallels``: parallel fifths and octaves for each 100 changes of
        chord; ``triads``: share of quarters on which the voices sing notes of one triad; ``unprepared``:
        share of those that do not, in which some voice leaps to its note; ``leaps``: share of all steps from
        note to note that are larger than a fourth; ``held``: share of quarters on which nothing begins.

    Examples
    --------
    >>> chords = [[104, 94, 88, 80], [108, 98, 92, 84]]  # all four go up by a tone
    >>> count(chords, steps_per_quarter=1)["parallels"]  # a fifth and an octave
    200.0
    """
    if codes.ndim != 2 or codes.shape[1] != 4:
        raise ValueError(f"codes has shape {codes.shape}; expected (T, 4).")
    midi = np.where(codes > 1, codes // 2 + KEY_0, -1)
    sounds = midi >= 0
    low, high = np.array(RANGES).T
    outside = sounds & ((midi < low) | (midi > high))
    both = sounds[:, :-1] & sounds[:, 1:]
    crossed = (both & (midi[:, :-1] < midi[:, 1:])).any(axis=1)
    fives, n_changes = _parallels(midi)
    beats = np.arange(0, len(codes), steps_per_quarter)
    full = beats[sounds[beats].all(axis=1)]
    is_triad = np.array([any(set(midi[t] % 12) <= triad for triad in _TRIADS) for t in full], bool)
    leap_into = [_leaps_into(midi, t) for t in full[~is_triad]] if len(full) else []
    moves = [_moves(midi[:, v]) for v in range(4)]
    sizes = np.abs(np.concatenate(moves)) if any(map(len, moves)) else np.zeros(1)
    return {
        "out_of_range": _share(outside[sounds]),
        "crossings": _share(crossed),
        "parallels": 100 * fives / max(1, n_changes),
        "triads": _share(is_triad),
        "unprepared": _share(leap_into),
        "leaps": _share(sizes > 5),
        "held": _share((codes[beats] % 2 == 1).all(axis=1)),
    }


@checked
def count_in_bars(codes: NDArray[np.int64], context: NDArray[np.float32]) -> dict[str, float]:
    """Count what needs to know where bars begin and lines end.

    Parameters
    ----------
    codes : np.ndarray of int [shape=(T, 4)]
        Four voices, soprano first.
    context : np.ndarray [shape=(T, 3)]
        As `audio_edu.generation.music.data.to_context` makes it: bars, quarters, fermatas.

    Returns
    -------
    dict
        ``dissonant``: share of the beginnings of bars at which two voices are a second, a seventh or a
        tritone apart (give or take octaves); ``closed``: share of the lines' ends, where the soprano has a
        fermata, on a triad with its root in the bass; ``authentic``: share of the ends into which the bass
        steps from the dominant to the tonic of their chord, a fifth down or a fourth up.

    Examples
    --------
    >>> codes = [[94, 88, 80, 54], [88, 80, 72, 64]]  # keys are code / 2 + 20
    >>> count_in_bars(codes, [[1, 1, 0], [0, 1, 1]])["dissonant"]
    1.0
    """
    if codes.ndim != 2 or codes.shape[1] != 4 or context.shape != (len(codes), 3):
        raise ValueError(
            f"codes and context have shapes {codes.shape} and {context.shape}; expected (T, 4) and (T, 3)."
        )
    midi = np.where(codes > 1, codes // 2 + KEY_0, -1)
    sounds = (midi >= 0).all(axis=1)
    strong = np.flatnonzero((context[:, 0] > 0) & sounds)
    ends = np.flatnonzero((np.diff(context[:, 2], prepend=0) > 0) & sounds)
    closed = [_root(midi[t]) == midi[t, 3] % 12 for t in ends]
    authentic = [is_closed and _bass_before(midi[:, 3], t) for is_closed, t in zip(closed, ends, strict=True)]
    return {
        "dissonant": _share([_is_dissonant(midi[t]) for t in strong]),
        "closed": _share(closed),
        "authentic": _share(authentic),
    }


@checked
def average_counts(many: Sequence[NDArray[np.int64]], *, steps_per_quarter: Size = 2) -> dict[str, float]:
    """Return the mean of `count` over several chorales."""
    found = [count(codes, steps_per_quarter=steps_per_quarter) for codes in many]
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


@checked
def longest_copy(codes: NDArray[np.int64], others: Sequence[NDArray[np.int64]]) -> int:
    """Return how many steps in a row a chorale shares with any of the others, in any key.

    Parameters
    ----------
    codes : np.ndarray of int [shape=(T, n_voices)]
        What may be a copy.
    others : sequence of np.ndarray of int [shape=(T_i, n_voices)]
        What it may be copied from.

    Examples
    --------
    >>> longest_copy([[80], [84], [88], [88]], [[[90], [82], [86], [90]]])
    3
    """
    longest = 0
    for other in others:
        for start in range(-len(codes) + 1, len(other)):
            a, b = max(0, start), min(len(other), start + len(codes))
            if b - a <= longest:
                continue
            mine, yours = codes[a - start : b - start], other[a:b]
            shift = yours - mine
            same_shift = (shift == shift[:, :1]).all(axis=1) & (shift[:, 0] % 2 == 0)
            run = 0
            for t in range(len(shift)):
                run = (run + 1 if run and shift[t, 0] == shift[t - 1, 0] else 1) if same_shift[t] else 0
                longest = max(longest, run)
    return longest


@checked
def count_in_row(many: NDArray[np.int64], *, bar: Size = 8) -> dict[str, float]:
    """Count what shows in many pieces of one length: whether bars follow one another, and how many differ.

    Parameters
    ----------
    many : np.ndarray of int [shape=(n, T, n_voices)]
        Codes of two pieces or more, each of two whole bars or more.
    bar : int
        Steps of a bar.

    Returns
    -------
    dict
        ``classes``: pitch classes used in a bar; ``kinship``: how much of the time spent on each pitch class
        a bar shares with the next (0 to 1); ``strangers``: with that bar of the piece half the list away;
        ``over_bar_line``: semitones that a voice moves there; ``alike``: how often two pieces have the same
        key at the same step of the same voice; ``chords``: different chords for 100 quarters.

    Examples
    --------
    >>> many = [[[80], [82], [80], [82]], [[80], [82], [84], [86]]]
    >>> found = count_in_row(many, bar=2)
    >>> found["alike"], found["kinship"], found["classes"]  # half; one bar of two; two
    (0.5, 0.5, 2.0)
    """
    if many.ndim != 3 or len(many) < 2 or many.shape[1] < 2 * bar or many.shape[1] % bar:
        raise ValueError(f"many has shape {many.shape}; expected (2 or more, whole bars of {bar}, n_voices).")
    midi = many // 2 + KEY_0
    n, _, n_voices = midi.shape
    # bars as shares of the twelve pitch classes [shape=(n, n_bars, 12)]
    spent = (midi.reshape(n, -1, bar * n_voices, 1) % 12 == np.arange(12)).mean(axis=2)
    here, after = spent[:, :-1], spent[:, 1:]
    lines = np.arange(bar, midi.shape[1], bar)
    # of n pieces k have this key: k (k − 1) of the n (n − 1) pairs agree
    k = (midi[..., None] == np.arange(KEY_0, KEY_0 + 89)).sum(axis=0)
    quarters = midi[:, ::2].reshape(-1, n_voices)
    return {
        "classes": float((spent > 0).sum(axis=-1).mean()),
        "kinship": float(np.minimum(here, after).sum(axis=-1).mean()),
        "strangers": float(np.minimum(here, np.roll(after, n // 2, axis=0)).sum(axis=-1).mean()),
        "over_bar_line": float(np.abs(midi[:, lines] - midi[:, lines - 1]).mean()),
        "alike": float((k * (k - 1)).sum(axis=-1).mean() / (n * (n - 1))),
        "chords": 100 * len(np.unique(quarters, axis=0)) / len(quarters),
    }


def _is_dissonant(chord: np.ndarray) -> bool:
    """Whether two notes are 1, 2, 6, 10 or 11 semitones apart, octaves left out."""
    return any((a - b) % 12 in (1, 2, 6, 10, 11) for a, b in itertools.combinations(chord.tolist(), 2))


def _root(chord: np.ndarray) -> int:
    """The root (0 is C) of the major or minor triad that the notes are of; −1 if they are of none."""
    for root in range(12):
        for third in (3, 4):
            if {root, (root + third) % 12} <= set(chord % 12) <= {root, (root + third) % 12, (root + 7) % 12}:
                return root
    return -1


def _bass_before(bass: np.ndarray, t: int) -> bool:
    """Whether the note before the one that sounds at t is its dominant."""
    before = bass[:t][bass[:t] != bass[t]]
    return bool(len(before) and (before[-1] - bass[t]) % 12 == 7)


def _parallels(midi: np.ndarray) -> tuple[int, int]:
    """Count parallel fifths and octaves, and changes of chord."""
    changes = np.flatnonzero((np.diff(midi, axis=0) != 0).any(axis=1))
    n = 0
    for t in changes:
        for i, j in itertools.combinations(range(4), 2):
            (a, b), (c, d) = midi[t, [i, j]], midi[t + 1, [i, j]]
            moved = min(a, b, c, d) >= 0 and (c - a) * (d - b) > 0
            n += bool(moved and (a - b) % 12 == (c - d) % 12 and (a - b) % 12 in (0, 7))
    return n, len(changes)


def _leaps_into(midi: np.ndarray, t: int) -> bool:
    return bool(t and (np.abs(midi[t] - midi[t - 1]) > 2).any())


def _moves(voice: np.ndarray) -> np.ndarray:
    keys = voice[voice >= 0]
    return np.diff(keys)[np.diff(keys) != 0]


def _share(values: Sequence | np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else 0.0
