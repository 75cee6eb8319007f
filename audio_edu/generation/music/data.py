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
from pathlib import Path

import numpy as np
import scipy.io
from numpy.typing import NDArray

from ..._validate import Size, checked
from ...datasets import Corpus, Scores
from .recipe import MusicRecipe

#: Symbols: hold, rest, and the 88 keys; the MIDI number of key 0.
HOLD, REST, N_SYMBOLS, N_CODES, KEY_0 = 0, 1, 90, 178, 20
#: Keys that the GAN knows: a rest, and the MIDI numbers 36 to 81.
LOWEST, N_GAN_KEYS = 36, 47
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
    if notes.ndim != 2 or notes.shape[1] != 4:
        raise ValueError(f"notes has shape {notes.shape}; expected (n_notes, 4).")
    onset, duration, midi, voice = notes.T
    if not (KEY_0 < midi.min() and midi.max() <= KEY_0 + 88 and set(voice) <= set(range(n_voices))):
        raise ValueError(f"notes holds others than MIDI numbers 21 to 108 of voices 0 to {n_voices - 1}.")
    if not (onset.min() >= 0 and duration.min() > 0 and (onset + duration).max() < 1e5):
        raise ValueError("notes holds an onset below 0, a duration that is not above 0, or ends too late.")
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
        context, bars = np.zeros((len(codes), 3), np.float32), np.zeros(0, int)
        meter, tonic, is_minor = 4, 0, False
        if "fermatas" in info:  # a corpus that knows bars and lines
            meter, tonic = int(info["meter"][i][0]), int(info["tonic"][i])
            is_minor = str(info["mode"][i]) == "minor"
            upbeat = round(n * float(info["upbeat"][i]))
            bars = np.arange(upbeat, len(codes), meter * n)
            context[bars, 0] = 1
            context[upbeat % n :: n, 1] = 1
            held = [float(onset) for onset in str(info["fermatas"][i]).split()]
            for onset, duration, _, _ in notes[(notes[:, 3] == 0) & np.isin(notes[:, 0], held)]:
                context[round(n * onset) : round(n * (onset + duration)), 2] = 1
        found.append(Piece(codes, context, bars, tonic, is_minor, meter))
    return found


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
    return {"vae": _TwoBars, "gan": _FourVoices}[recipe.kind](recipe, windows(recipe, found))


def windows(recipe: MusicRecipe, found: Sequence[Piece]) -> list[tuple[np.ndarray, bool]]:
    """Cut pieces in 4/4 at every bar line: codes [shape=(recipe.length, 4)] in C, and whether in minor."""
    cut = []
    for piece in found:
        for a in piece.bars[piece.bars <= len(piece.codes) - recipe.length] if piece.meter == 4 else ():
            codes = transpose(piece.codes[a : a + recipe.length], to_c(piece))
            codes[0] -= codes[0] % 2  # what is held over the bar line begins on it
            cut.append((codes, piece.is_minor))
    return cut


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

    def __init__(self, recipe: MusicRecipe, cut: list[tuple[np.ndarray, bool]]):
        self.recipe, self.codes = recipe, np.stack([codes[:, 0] for codes, _ in cut])

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


class _FourVoices:
    """Four bars of four voices in C, as the critic sees them, and noise."""

    def __init__(self, recipe: MusicRecipe, cut: list[tuple[np.ndarray, bool]]):
        self.recipe = recipe
        self.rolls = np.stack([to_roll(codes) for codes, _ in cut])
        self.minor = np.array([minor for _, minor in cut], np.int32)

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return real rolls and their modes, noise, and modes to be made."""
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.seed, step))
        rows = rng.integers(len(self.rolls), size=recipe.batch_size)
        z = rng.standard_normal((len(rows), recipe.n_z), dtype=np.float32)
        asked = rng.integers(2, size=len(rows)).astype(np.int32)
        return self.rolls[rows].astype(np.float32), self.minor[rows], z, asked


@checked
def to_roll(codes: NDArray[np.int64]) -> NDArray[np.int8]:
    """Return codes [shape=(T, n_voices)] as the GAN knows them [shape=(T, n_voices, 48)]: zeros and ones.

    The first 47 say which key sounds (none: the first; then MIDI 36 to 81), the last whether a note begins.

    Examples
    --------
    >>> roll = to_roll([[80], [81]])
    >>> np.argmax(roll[:, 0, :47], axis=1).tolist(), roll[:, 0, 47].tolist()
    ([25, 25], [1, 0])
    """
    midi = codes // 2 + KEY_0
    keys = np.where(codes > 1, np.clip(midi - LOWEST + 1, 1, N_GAN_KEYS - 1), 0)
    begins = (codes % 2 == 0) & (codes > 0)
    return np.concatenate([np.eye(N_GAN_KEYS, dtype=np.int8)[keys], begins[..., None].astype(np.int8)], -1)


@checked
def from_roll(roll: np.ndarray) -> NDArray[np.int32]:
    """Return the codes of a roll [shape=(..., T, n_voices, 48)]: `to_roll` the other way."""
    keys = np.argmax(roll[..., :N_GAN_KEYS], axis=-1)
    changes = np.diff(keys, axis=-2, prepend=-1) != 0
    held = ~changes & (roll[..., N_GAN_KEYS] < 0.5) & (keys > 0)
    return np.where(keys > 0, 2 * (keys - 1 + LOWEST - KEY_0) + held, 0).astype(np.int32)


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


# --- the published task ---


def load_rolls(path: Path) -> Corpus:
    """Read piano rolls in the published split (``JSB_Chorales.mat``): 88 keys, a frame each quarter.

    The notes of a frame are a set. From the top they become the highest, second, third and lowest voice;
    where there are fewer than four the inner voices are missing first. So each set has one way to be written.
    """
    found = scipy.io.loadmat(path)
    notes, split = [], []
    for name, key in (("train", "traindata"), ("validation", "validdata"), ("test", "testdata")):
        for roll in found[key][0]:
            rows = []
            for t, frame in enumerate(roll):
                midi = np.flatnonzero(frame)[::-1] + KEY_0 + 1
                places = {0: (), 1: (0,), 2: (0, 3), 3: (0, 1, 3)}.get(len(midi), (0, 1, 2, 3))
                rows += [(t, 1, p, v) for p, v in zip(midi, places, strict=True)]
            notes.append(rows)
            split.append(name)
    names = ("highest", "second", "third", "lowest")
    piece = [str(i) for i in range(len(notes))]
    return Corpus(
        name=path.stem, audio=(), targets=Scores(tuple(notes), names), voices=piece, split=split,
        sample_rate=16000,
    )  # fmt: skip
