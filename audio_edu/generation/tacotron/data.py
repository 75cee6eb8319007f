"""What a network that speaks is shown: texts as numbers, clips as frames, and the batch of any step.

A batch holds clips of about the same length, so that little is filled up; there are few lengths, so that
little has to be compiled. Behind each clip stand `audio_edu.generation.tacotron.model.N_END` groups of
silence, in which the stop token is to be on. Silence before and behind a clip is cut off.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..._validate import Size, checked
from ...datasets import Corpus
from ...signal import trim_silence
from ..mel import HOP_LENGTH, N_MELS, scaled_mel
from .align import clip_name, read_letter_ends, respelled_ends
from .model import N_END, SILENCE
from .recipe import TacotronRecipe
from .text import spell, to_numbers, to_symbols

#: How often each of the corpora is drawn from.
SHARES = {"prompts": 0.3, "sentences": 0.55, "digits": 0.15}
#: Clips in a batch are at most so many seconds long: one of these, or the recipe's longest.
LENGTHS_S = (0.7, 1.3, 1.9, 2.5, 3.2)
#: Silence that is left on both sides of a clip (s).
KEEP_S = 0.03
#: Letters in a row are filled up to a multiple of this.
N_LETTERS = 16


@dataclass(frozen=True, eq=False)
class Spoken:
    """A clip as numbers: symbols and their durations [shape=(N,)], voice, frames [shape=(T, N_MELS)]."""

    letters: np.ndarray
    voice: int
    mel: np.ndarray
    durations: np.ndarray


@checked
def is_of(voice: str, speakers: Sequence[str]) -> bool:
    """Say whether a voice is one of these speakers', or there are none to choose by.

    Examples
    --------
    >>> is_of("slt-03", ["slt"]), is_of("slt-03", []), is_of("allison", ["slt"])
    (True, True, False)
    """
    return not speakers or voice.split("-")[0] in speakers


@checked
def trimmed(x: np.ndarray, sample_rate: int = 8000) -> np.ndarray:
    """Return a clip without the silence around it [shape=(n_kept,)].

    Examples
    --------
    >>> len(trimmed(np.pad(np.full(800, 0.5), 4000)))
    1280
    """
    return trim_silence(x, sample_rate, keep_s=KEEP_S)


def batches(recipe: TacotronRecipe, train: Corpus, voices: Sequence[str]) -> Callable[[int], tuple]:
    """Return the function that makes the batch of any step.

    Returns
    -------
    callable
        From a step to ``(letters, voices, frames, n_groups, durations, where, position)``: letters
        [shape=(B, N)], 0 behind the end; voices, and groups with the silence at the end [shape=(B,)]; frames
        [shape=(B, T, N_MELS)]; groups that each letter lasts [shape=(B, N)], and what `spread` makes of them.
    """
    return _Batches(recipe, train, voices)


def usable(recipe: TacotronRecipe, train: Corpus, voices: Sequence[str]) -> list[int]:
    """Return the numbers of the clips that are learned from: not too long, no single letters."""
    kind = train.info.get("kind", np.full(len(train), ""))
    longest = (recipe.most_s + 1) * train.sample_rate  # with the silence around
    return [
        i
        for i, voice in enumerate(train.voices.tolist())
        if voice in voices and kind[i] != "letter" and len(train.audio[i]) <= longest
    ]


def to_align(recipe: TacotronRecipe, train: Corpus) -> tuple[list[np.ndarray], list[str]]:
    """Return what `audio_edu.generation.tacotron.align.write_letter_ends` is given: no single digits."""
    voices = [voice for voice in set(train.voices.tolist()) if is_of(voice, recipe.speakers)]
    rows = [i for i in usable(recipe, train, voices) if train.info["source"][i] != "digits"]
    return [trimmed(train.audio[i]) for i in rows], [train.targets.texts[i] for i in rows]


class _Batches:
    def __init__(self, recipe: TacotronRecipe, train: Corpus, voices: Sequence[str]):
        self.recipe = recipe
        table = read_letter_ends()
        source = train.info.get("source", np.full(len(train), "sentences"))
        self.clips, self.ways, of = [], [], []
        for i in usable(recipe, train, voices):
            x = trimmed(train.audio[i], train.sample_rate)
            mel = scaled_mel(x, train.sample_rate)
            if len(mel) * HOP_LENGTH > recipe.most_s * train.sample_rate:
                continue
            if (ends := table.get(clip_name(x))) is None:
                continue
            durations = to_groups(ends, -(-len(mel) // recipe.reduction))
            voice = list(voices).index(train.voices[i])
            self.clips.append(Spoken(to_symbols(train.targets.texts[i]), voice, mel, durations))
            of.append(source[i])
            ways = [spell(train.targets.texts[i], phones) for phones in (False, recipe.phones > 0)]
            self.ways.append((*ways, ends))
        if not self.clips:
            raise ValueError(f"corpus {train.name!r} has no clip that can be learned from.")
        n_frames = np.array([len(clip.mel) for clip in self.clips])
        ends = np.array([*LENGTHS_S, recipe.most_s]) * train.sample_rate / HOP_LENGTH
        self.n_groups = [int(-(-end // recipe.reduction)) + N_END for end in ends]
        self.rows = [
            np.flatnonzero((n_frames > low) & (n_frames <= end))
            for low, end in zip([0, *ends[:-1]], ends, strict=True)
        ]
        most = [sum(max(map(len, pair)) + 1 for pair in zip(*ways[:2], strict=True)) for ways in self.ways]
        self.n_letters = [
            -(-max((most[i] for i in rows), default=1) // N_LETTERS) * N_LETTERS for rows in self.rows
        ]
        of = np.array(of)
        self.weight = np.array([SHARES.get(str(name), 1.0) / (of == name).sum() for name in of])

    def __call__(self, step: int) -> tuple:
        recipe = self.recipe
        rng = np.random.default_rng((recipe.seed, step))
        # short ones first: how many of the lengths may be drawn
        grown = step / max(1, recipe.short_first * (recipe.schedule_steps or recipe.n_steps))
        allowed = [
            i for i, rows in enumerate(self.rows)
            if len(rows) and (i == 0 or (i + 1) / len(self.rows) <= 0.25 + 0.75 * grown)
        ] or [next(i for i, rows in enumerate(self.rows) if len(rows))]  # fmt: skip
        # a batch of short clips holds as many clips as one of long ones: draw by the clips' weights
        chances = np.array([self.weight[self.rows[i]].sum() for i in allowed])
        k = allowed[int(rng.choice(len(allowed), p=chances / chances.sum()))]
        chances = self.weight[self.rows[k]] / self.weight[self.rows[k]].sum()
        rows = rng.choice(self.rows[k], recipe.batch_size, p=chances)
        clips = [self.mixed(i, rng) if recipe.phones else self.clips[i] for i in rows]
        return collate(recipe, clips, self.n_groups[k], self.n_letters[k])

    def mixed(self, i: int, rng: np.random.Generator) -> Spoken:
        """Return a clip with some words, by chance, as phones."""
        letters, phones, ends = self.ways[i]
        words = [b if rng.random() < self.recipe.phones else a for a, b in zip(letters, phones, strict=True)]
        ends = respelled_ends(ends, [len(word) for word in letters], [len(word) for word in words])
        durations = to_groups(ends, int(self.clips[i].durations.sum()))
        return replace(self.clips[i], letters=to_numbers(words), durations=durations)


def collate(recipe: TacotronRecipe, clips: Sequence[Spoken], n_groups: int, n_letters: int) -> tuple:
    """Fill clips up to so many groups and letters, and put them together; see `batches`."""
    r, n = recipe.reduction, len(clips)
    letters = np.zeros((n, n_letters), np.int32)
    frames = np.full((n, n_groups * r, N_MELS), SILENCE, np.float32)
    for i, clip in enumerate(clips):
        letters[i, : len(clip.letters)] = clip.letters
        frames[i, : len(clip.mel)] = clip.mel
    voices = np.array([clip.voice for clip in clips], np.int32)
    lasts = np.array([-(-len(clip.mel) // r) + N_END for clip in clips], np.int32)
    durations = np.zeros((n, n_letters), np.int32)
    for i, clip in enumerate(clips):
        durations[i, : len(clip.letters)] = clip.durations
    return letters, voices, frames, lasts, durations, *spread(durations, n_groups)


@checked
def spread(durations: NDArray[np.int64], n_groups: Size) -> tuple[np.ndarray, np.ndarray]:
    """Repeat letters: say for each group to which letter it belongs, and where in it it is.

    Parameters
    ----------
    durations : np.ndarray of int [shape=(B, N)]
        Groups that each letter lasts.
    n_groups : int
        Groups in all; those behind the end belong to no letter.

    Returns
    -------
    where : np.ndarray of int32 [shape=(B, n_groups)]
        The letter's number in its row, or −1.
    position : np.ndarray of float32 [shape=(B, n_groups, 2)]
        Groups since the letter's beginning and to its end, in tenths.

    Examples
    --------
    >>> where, position = spread(np.array([[2, 0, 1]]), 4)
    >>> where.tolist(), position[0, :3].astype(float).round(1).tolist()
    ([[0, 0, 2, -1]], [[0.0, 0.2], [0.1, 0.1], [0.0, 0.1]])
    """
    where = np.full((len(durations), n_groups), -1, np.int32)
    position = np.zeros((len(durations), n_groups, 2), np.float32)
    for i, row in enumerate(durations):
        letters = np.repeat(np.arange(len(row)), row)[:n_groups]
        since = (np.arange(row.sum()) - np.repeat(np.cumsum(row) - row, row))[:n_groups]
        where[i, : len(letters)] = letters
        position[i, : len(letters)] = np.stack([since, row[letters] - since], axis=-1) / 10
    return where, position


@checked
def to_groups(ends_s: np.ndarray, n_groups: Size) -> np.ndarray:
    """Turn the ends of letters, as shares of the whole, into whole groups that add up [shape=(N,)].

    Examples
    --------
    >>> to_groups(np.array([0.31, 0.5, 1.0]), 10).tolist()
    [3, 2, 5, 0]
    """
    ends = np.round(ends_s * n_groups).astype(int)
    return np.append(np.diff(ends, prepend=0), n_groups - ends[-1])
