"""Chorales as numbers: steps of a grid, events of a melody, and the batch of any step of a training.

**The grid** samples a chorale twice (or `steps_per_quarter` times) a quarter. Each voice has a *code* at each
step: ``2 · key + held``, where the key is 1 to 88 as on a piano (MIDI number − 20) and 0 for a rest, and
``held`` is 1 where the note has begun before. With that bit two quavers and a crotchet differ; a piano roll
alone cannot tell them apart. What a network has to *predict* is the *symbol*: 0 to hold, 1 for a rest, and
``1 + key`` for a note that begins.

**Events** are the notes of a soprano: pitch, duration and whether there is a fermata, as one word of a
vocabulary; here the chorale is transposed to C, and a melody begins with a word for its mode.

Chance is derived from ``(seed, step)``: a batch is a pure function of its step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..._validate import Size, checked
from ...datasets import Corpus
from .recipe import MusicRecipe

#: Symbols: hold, rest, and the 88 keys; the MIDI number of key 0.
HOLD, REST, N_SYMBOLS, N_CODES, KEY_0 = 0, 1, 90, 178, 20
#: The first words of every vocabulary of events.
MAJOR, MINOR, END = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Piece:
    """A chorale on the grid.

    Attributes
    ----------
    codes : np.ndarray of int32 [shape=(T, n_voices)]
        See the head of this module.
    context : np.ndarray of float32 [shape=(T, 3)]
        Whether a bar begins, a quarter begins, a fermata sounds; zeros where it is not known.
    bars : np.ndarray of int [shape=(n_bars,)]
        The steps at which bars begin.
    tonic, is_minor, meter : int, bool, int
        0 is C; quarters in a bar.
    """

    codes: np.ndarray
    context: np.ndarray
    bars: np.ndarray
    tonic: int
    is_minor: bool
    meter: int


@checked
def check_notes(notes: np.ndarray, n_voices: Size = 16) -> np.ndarray:
    """Return notes [shape=(n_notes, 4)] if they are some: onset and duration (quarters), MIDI number, voice.

    Raises
    ------
    ValueError
        If a note is beyond the 88 keys of a piano, of no voice, or lasts no time.

    Examples
    --------
    >>> check_notes([[0, 1, 60, 0]]).shape
    (1, 4)
    """
    if notes.ndim != 2 or notes.shape[1] != 4 or not len(notes):
        raise ValueError(f"notes has shape {notes.shape}; expected (n_notes, 4).")
    onset, duration, midi, voice = notes.T
    if not (KEY_0 < midi.min() and midi.max() <= KEY_0 + 88 and set(voice) <= set(range(n_voices))):
        raise ValueError(f"notes holds others than MIDI numbers 21 to 108 of voices 0 to {n_voices - 1}.")
    if not (onset.min() >= 0 and duration.min() > 0 and (onset + duration).max() < 1e5):
        raise ValueError("notes holds an onset below 0, a duration that is not above 0, or ends too late.")
    return notes


@checked
def to_codes(notes: np.ndarray, n_voices: Size = 4, *, steps_per_quarter: Size = 2) -> NDArray[np.int32]:
    """Sample notes on the grid.

    Parameters
    ----------
    notes : np.ndarray [shape=(n_notes, 4)]
        Onset and duration (quarters), MIDI number (21 to 108), voice.
    n_voices : int
        How many voices.
    steps_per_quarter : int
        The grid.

    Returns
    -------
    np.ndarray of int32 [shape=(T, n_voices)]

    Raises
    ------
    ValueError
        If a note is beyond the 88 keys, or of no voice.

    Examples
    --------
    >>> to_codes([[0, 1, 60, 0], [1, 0.5, 62, 0]], 1)[:, 0].tolist()
    [80, 81, 84]
    """
    onset, duration, midi, voice = check_notes(notes, n_voices).T
    # a note sounds at step k if it begins at or before, and ends after it
    first = np.ceil(onset * steps_per_quarter - 1e-6).astype(int)
    stop = np.ceil((onset + duration) * steps_per_quarter - 1e-6).astype(int)
    codes = np.zeros((stop.max(), n_voices), np.int32)
    for a, b, key, v in zip(first, stop, midi.astype(int) - KEY_0, voice.astype(int), strict=True):
        codes[a:b, v] = 2 * key + 1
        codes[a : min(a + 1, b), v] = 2 * key
    return codes


@checked
def to_notes(codes: NDArray[np.int64], *, steps_per_quarter: Size = 2) -> np.ndarray:
    """Return the notes of codes [shape=(T, n_voices)], as `to_codes` reads them.

    Examples
    --------
    >>> to_notes([[80], [81], [84]]).tolist()
    [[0.0, 1.0, 60.0, 0.0], [1.0, 0.5, 62.0, 0.0]]
    """
    notes = []
    for v in range(codes.shape[1]):
        key, held = codes[:, v] // 2, codes[:, v] % 2 == 1
        # a note ends where the next begins, or another key sounds
        begins = np.flatnonzero(~held | (np.diff(key, prepend=-1) != 0))
        lengths = np.diff(begins, append=len(codes))
        notes += [(a, n, key[a] + KEY_0, v) for a, n in zip(begins, lengths, strict=True) if key[a]]
    found = np.array(notes, float).reshape(-1, 4)
    found[:, :2] /= steps_per_quarter
    return found


@checked
def to_symbols(codes: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return what has to be predicted: 0 to hold, 1 for a rest, 1 + key for a note that begins.

    Examples
    --------
    >>> to_symbols([0, 80, 81, 84]).tolist()
    [1, 41, 0, 43]
    """
    return np.where(codes % 2 == 1, HOLD, 1 + codes // 2).astype(np.int32)


def pieces(corpus: Corpus, steps_per_quarter: int) -> list[Piece]:
    """Return all chorales of a corpus on the grid."""
    info, n = corpus.info, steps_per_quarter
    found = []
    for i, notes in enumerate(corpus.targets.notes):
        codes = to_codes(notes, len(corpus.targets.names), steps_per_quarter=n)
        meter, upbeat = int(info["meter"][i][0]), round(n * float(info["upbeat"][i]))
        held = [float(onset) for onset in str(info["fermatas"][i]).split()]
        held = notes[(notes[:, 3] == 0) & np.isin(notes[:, 0], held), :2]
        context = to_context(len(codes), meter, upbeat, held, steps_per_quarter=n)
        bars = np.flatnonzero(context[:, 0])
        tonic, is_minor = int(info["tonic"][i]), str(info["mode"][i]) == "minor"
        found.append(Piece(codes, context, bars, tonic, is_minor, meter))
    return found


def to_context(
    n_steps: int, meter: int, upbeat: int, held: np.ndarray, *, steps_per_quarter: int = 2
) -> NDArray[np.float32]:
    """Say at each step whether a bar begins, a quarter begins, a fermata sounds [shape=(n_steps, 3)].

    `meter` counts quarters, `upbeat` steps; `held` are onsets and durations (quarters) of notes with a
    fermata.
    """
    n = steps_per_quarter
    context = np.zeros((n_steps, 3), np.float32)
    context[upbeat :: meter * n, 0] = 1
    context[upbeat % n :: n, 1] = 1
    for onset, duration in held:
        context[round(n * onset) : round(n * (onset + duration)), 2] = 1
    return context


@checked
def transpose(codes: NDArray[np.int64], semitones: int) -> NDArray[np.int32]:
    """Move all keys; rests stay.

    Examples
    --------
    >>> transpose([0, 80, 81], 2).tolist()
    [0, 84, 85]
    """
    return np.where(codes > 1, codes + 2 * semitones, codes).astype(np.int32)


def to_c(piece: Piece) -> int:
    """Say by how many semitones a piece has to be transposed to be in C: −6 to 5."""
    return (6 - piece.tonic) % 12 - 6


# --- events ---


def melody_events(corpus: Corpus) -> list[tuple[bool, list[tuple[int, float, int]]]]:
    """Return each soprano in C: whether it is minor, and (MIDI number, quarters, fermata) for each note."""
    found = []
    for i, notes in enumerate(corpus.targets.notes):
        tonic = int(corpus.info["tonic"][i])
        shift = (6 - tonic) % 12 - 6
        held = {float(onset) for onset in str(corpus.info["fermatas"][i]).split()}
        events = [(int(p) + shift, float(d), int(t in held)) for t, d, p, v in notes.tolist() if v == 0]
        found.append((str(corpus.info["mode"][i]) == "minor", events))
    return found


def vocabulary(corpus: Corpus) -> list[tuple[int, float, int]]:
    """Return all events of a corpus, sorted: word ``3 + i`` is event ``i``."""
    return sorted({event for _, events in melody_events(corpus) for event in events})


def parts_of(words: Sequence[tuple[int, float, int]]) -> np.ndarray:
    """Say which words are made of what [shape=(3 + n_events, n_parts)]: a 1 for each part.

    Parts are the three first words themselves, the pitches, the durations, and the fermata.

    Examples
    --------
    >>> parts_of([(60, 1.0, 0), (62, 1.0, 1)])[3:].astype(int).tolist()
    [[0, 0, 0, 1, 0, 1, 0], [0, 0, 0, 0, 1, 1, 1]]
    """
    pitches, durations = sorted({p for p, _, _ in words}), sorted({d for _, d, _ in words})
    pitch, duration = np.eye(len(pitches)), np.eye(len(durations))
    rows = [[*pitch[pitches.index(p)], *duration[durations.index(d)], f] for p, d, f in words]
    parts = np.zeros((3 + len(words), 3 + len(rows[0])))
    parts[:3, :3], parts[3:, 3:] = np.eye(3), rows
    return parts


def to_words(corpus: Corpus, words: Sequence[tuple[int, float, int]]) -> list[np.ndarray]:
    """Write each soprano as words: its mode, its events, the end. Unknown events become the nearest known."""
    number = {tuple(event): 3 + i for i, event in enumerate(words)}
    known = np.array(words, float)

    def word(event: tuple[int, float, int]) -> int:
        distance = np.abs(known - event) @ (1.0, 2.0, 4.0)
        return number.get(event, 3 + int(distance.argmin()))

    return [
        np.array([MINOR if minor else MAJOR, *map(word, events), END], np.int32)
        for minor, events in melody_events(corpus)
    ]


# --- batches ---


def batches(recipe: MusicRecipe, train: Corpus, words: Sequence = ()) -> Callable[[int], tuple]:
    """Return the function that makes the batch of any step, for the recipe's kind."""
    if recipe.kind == "melody":
        return _Melodies(recipe, to_words(train, words))
    found = pieces(train, recipe.steps_per_quarter)
    if recipe.kind == "voices":
        return _Voices(recipe, found)
    return _TwoBars(recipe, windows(recipe, found))


def windows(recipe: MusicRecipe, found: Sequence[Piece]) -> np.ndarray:
    """Cut pieces in 4/4 at every bar line: sopranos [shape=(n, recipe.length)], in C."""
    cut = []
    for piece in found:
        for a in piece.bars[piece.bars <= len(piece.codes) - recipe.length] if piece.meter == 4 else ():
            codes = transpose(piece.codes[a : a + recipe.length, 0], to_c(piece))
            codes[0] -= codes[0] % 2  # what is held over the bar line begins on it
            cut.append(codes)
    return np.stack(cut)


class _Voices:
    """Rows of four voices, transposed within what the corpus has of each voice."""

    def __init__(self, recipe: MusicRecipe, found: list[Piece]):
        self.recipe, self.pieces = recipe, found
        self.ranges = [_ranges(piece.codes) for piece in found]
        self.low = np.min([low for low, _ in self.ranges], axis=0)
        self.high = np.max([high for _, high in self.ranges], axis=0)

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return codes [shape=(B, T, 4)], context [shape=(B, T, 3)] and weight [shape=(B, T)]."""
        n, rng = self.recipe.length, np.random.default_rng((self.recipe.seed, step))
        codes = np.zeros((self.recipe.batch_size, n, self.pieces[0].codes.shape[1]), np.int32)
        context = np.zeros((*codes.shape[:2], 3), np.float32)
        weight = np.zeros(codes.shape[:2], np.float32)
        for row in range(len(codes)):
            i = rng.integers(len(self.pieces))
            piece, (low, high) = self.pieces[i], self.ranges[i]
            down, up = int((self.low - low).max()), int((self.high - high).min())
            semitones = int(rng.integers(max(-6, down), min(6, up) + 1))
            # half of the rows begin with the piece
            start = int(rng.integers(max(1, len(piece.codes) - n + 1))) * int(rng.random() < 0.5)
            m = min(n, len(piece.codes) - start)
            codes[row, :m] = transpose(piece.codes[start : start + m], semitones)
            context[row, :m], weight[row, :m] = piece.context[start : start + m], 1.0
        return codes, context, weight


def _ranges(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    keys = codes // 2
    return np.where(keys > 0, keys, 99).min(axis=0), keys.max(axis=0)


class _TwoBars:
    """Two bars of a soprano, transposed by up to a fourth, with the noise that the VAE wants."""

    def __init__(self, recipe: MusicRecipe, codes: np.ndarray):
        self.recipe, self.codes = recipe, codes

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return codes [shape=(B, T)], noise [shape=(B, n_z)], what is seen [shape=(B, T)], and β."""
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.seed, step))
        rows = self.codes[rng.integers(len(self.codes), size=recipe.batch_size)]
        semitones = rng.integers(-5, 6, size=(len(rows), 1))
        codes = np.where(rows > 1, rows + 2 * semitones, rows).astype(np.int32)
        epsilon = rng.standard_normal((len(rows), recipe.n_z), dtype=np.float32)
        seen = (rng.random(codes.shape) >= recipe.word_dropout).astype(np.float32)
        beta = recipe.beta * min(1.0, step / max(1.0, 0.3 * recipe.n_steps))
        return codes, epsilon, seen, np.full((len(rows), 1), beta, np.float32)


class _Melodies:
    """Melodies as words, padded to one length."""

    def __init__(self, recipe: MusicRecipe, sentences: list[np.ndarray]):
        self.recipe, self.sentences = recipe, sentences

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return the words seen, the words to predict, and the weight of each, all [shape=(B, T)]."""
        n, rng = self.recipe.length, np.random.default_rng((self.recipe.seed, step))
        rows = np.full((self.recipe.batch_size, n + 1), END, np.int32)
        weight = np.zeros((len(rows), n), np.float32)
        for row in range(len(rows)):
            words = self.sentences[rng.integers(len(self.sentences))]
            part = words[: n + 1]
            if rng.random() < 0.5:  # from the middle: the mode, then what follows
                start = int(rng.integers(1, max(2, len(words) - n // 2)))
                part = np.concatenate([words[:1], words[start : start + n]])
            rows[row, : len(part)], weight[row, : len(part) - 1] = part, 1.0
        return rows[:, :-1], rows[:, 1:], weight
