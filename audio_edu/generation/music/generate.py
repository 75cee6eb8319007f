"""The models of music, and how they write: each symbol is drawn after those that have just been written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import check_choice, check_range, checked
from ...datasets import load_chorales
from ...reproducible import SEED
from ...training import TrainedAlone, as_array, option
from .data import END, HOLD, MAJOR, MINOR, parts_of, pieces, to_codes, to_context, to_notes, to_symbols
from .formulas import temper
from .midi import read_midi, write_midi
from .model import ORDER, MelodyNetwork, TwoBarsVae, VoicesNetwork
from .recipe import MusicRecipe
from .sampler import play
from .tracks import Tracks

#: No melody of the corpus has more notes.
LONGEST = 160


class Melody(TrainedAlone):
    """Melodies, event after event, in C."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        self.words = [tuple(word) for word in facts["words"]]
        row = np.zeros((1, 2), np.int32)
        network = MelodyNetwork(recipe, parts_of(self.words))
        super().__init__(recipe, facts, network, (row, row, np.ones((1, 2), np.float32)))

    def logits(self, words: np.ndarray) -> np.ndarray:
        """Return the logits of each word but the first of one melody [shape=(n − 1, n_words)]."""
        row = words[None].astype(np.int32)
        inputs = row[:, :-1], row[:, 1:], np.ones(row[:, 1:].shape, np.float32)
        return self.network.predict_on_batch(inputs)[0].astype(np.float64)

    def nats(self, words: np.ndarray) -> np.ndarray:
        """Return −log p of each word but the first [shape=(n − 1,)], in nats."""
        p = temper(self.logits(words))
        return -np.log(p[np.arange(len(p)), words[1:]])

    def write(
        self, n: int = 1, *, minor: bool = False, temperature: float = 1.0, seed: int = 0, most: int = LONGEST
    ) -> list[np.ndarray]:
        """Write n melodies as words, the mode first; each stops at its end, or after `most` words."""
        rng, step = np.random.default_rng(seed), self._fast("step", self.network.step)
        rows = np.full((n, most + 1), END, np.int32)
        rows[:, 0] = MINOR if minor else MAJOR
        states = [np.zeros((n, self.recipe.n_units), np.float32)] * 2
        for t in range(most):
            logits, *states = step(rows[:, t], *states)
            # what begins a melody never goes on with one
            logits = np.where(np.arange(len(self.words) + 3) < END, -1e9, as_array(logits))
            rows[:, t + 1] = np.where((t > 0) & (rows[:, t] == END), END, draw(logits, temperature, rng))
        return [row[: 1 + np.append(np.flatnonzero(row[1:] == END), most)[0]] for row in rows]

    def notes(self, words: np.ndarray) -> np.ndarray:
        """Return words as notes: onset and duration (quarters), MIDI number, voice 0 [shape=(n, 4)]."""
        events = np.array([self.words[w - 3] for w in words if w > END], float).reshape(-1, 3)
        ends = np.cumsum(events[:, 1])
        return np.stack([ends - events[:, 1], events[:, 1], events[:, 0], 0 * ends], axis=1)


class Harmony(TrainedAlone):
    """Three voices below a soprano, one after the other."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        example = np.zeros((1, 2, 4), np.int32), np.zeros((1, 2, 3), np.float32), np.ones((1, 2), np.float32)
        super().__init__(recipe, facts, VoicesNetwork(recipe), example)

    def nats(self, codes: np.ndarray, context: np.ndarray) -> np.ndarray:
        """Return −log p of the three lower voices at each step [shape=(T,)] of one piece, in nats."""
        row = codes[None].astype(np.int32), context[None].astype(np.float32)
        return self.network.predict_on_batch((*row, np.ones((1, len(codes)), np.float32)))[0]

    def harmonize(
        self,
        sopranos: Sequence[np.ndarray],
        contexts: Sequence[np.ndarray],
        *,
        temperature: float = 0.0,
        seed: int = SEED,
    ) -> list[np.ndarray]:
        """Write alto, tenor and bass below several sopranos at once; returns codes [shape=(T_i, 4)] of each.

        Parameters
        ----------
        sopranos, contexts : sequence of np.ndarray [shape=(T_i,), (T_i, 3)]
            As in `audio_edu.generation.music.data.Piece`.
        temperature : float
            0: always the likeliest symbol.
        seed : int
            Of all draws.
        """
        net, rng, n = self.network, np.random.default_rng(seed), len(sopranos)
        read, step = self._fast("read", net.read), self._fast("step", net.step)
        voices = [self._fast(f"voice{i}", lambda h, written, i=i: net.voice(i, h, written)) for i in range(3)]
        most = max(map(len, sopranos))
        known = np.zeros((n, most, 2 * self.recipe.n_context), np.float32)
        codes = np.zeros((n, most + 1, 4), np.int32)
        for k, (soprano, context) in enumerate(zip(sopranos, contexts, strict=True)):
            codes[k, 1 : len(soprano) + 1, 0] = soprano
            rows = soprano[None].astype(np.int32), context[None].astype(np.float32)
            known[k, : len(soprano)] = as_array(read(*rows))[0]
        states = [np.zeros((n, self.recipe.n_units), np.float32)] * 2
        for t in range(most):
            h, *states = step(codes[:, t], known[:, t], *states)
            for i, v in enumerate(ORDER[1:]):
                logits = as_array(voices[i](h, codes[:, t + 1, list(ORDER[: i + 1])]))
                codes[:, t + 1, v] = next_codes(codes[:, t, v], draw(logits, temperature, rng))
        return [row[1 : len(soprano) + 1] for row, soprano in zip(codes, sopranos, strict=True)]


class MusicVae(TrainedAlone):
    """Two bars of a soprano and z."""

    def __init__(self, recipe: MusicRecipe, facts: Mapping[str, Any]):
        row = np.zeros((1, recipe.length), np.int32)
        example = row, np.zeros((1, recipe.n_z), np.float32), np.ones(row.shape, np.float32)
        super().__init__(recipe, facts, TwoBarsVae(recipe), (*example, np.ones((1, 1), np.float32)))

    def encode(self, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return ``μ`` and ``log σ²`` of two bars each [shape=(B, n_z)]."""
        mean, log_variance = self.network.encode(codes.astype(np.int32))
        return as_array(mean), as_array(log_variance)

    def nats(self, codes: np.ndarray) -> tuple[float, float]:
        """Return −log p(x | z = μ) and the divergence, in nats for two bars: means over all."""
        mean, log_variance = self.encode(codes)
        seen, beta = np.ones(codes.shape, np.float32), np.ones((len(codes), 1), np.float32)
        inputs = codes.astype(np.int32), np.zeros_like(mean), seen, beta
        logits = self.network.predict_on_batch(inputs)
        p = np.take_along_axis(temper(logits.astype(np.float64)), to_symbols(codes)[..., None], axis=-1)
        divergence = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
        return float(-np.log(p).sum(axis=(1, 2)).mean()), float(divergence.sum(axis=1).mean())

    def decode(self, z: np.ndarray, *, temperature: float = 0.0, seed: int = SEED) -> np.ndarray:
        """Write two bars for each z [shape=(B, n_z)], each symbol after the ones just written.

        Returns codes [shape=(B, T)]. A temperature of 0 takes the likeliest symbol.
        """
        z, rng, step = (
            z.astype(np.float32),
            np.random.default_rng(seed),
            self._fast("step", self.network.step),
        )
        codes = np.zeros((len(z), self.recipe.length + 1), np.int32)
        state = as_array(self.network.start(z))
        for t in range(self.recipe.length):
            logits, state = step(codes[:, t], np.full((len(z), 1), float(t > 0), np.float32), z, state)
            codes[:, t + 1] = next_codes(codes[:, t], draw(as_array(logits), temperature, rng))
        return codes[:, 1:]

    def interpolate(self, a: np.ndarray, b: np.ndarray, n: int = 5) -> np.ndarray:
        """Go from two bars to others in n equal steps of z, both included; returns codes [shape=(n, T)]."""
        mean, _ = self.encode(np.stack([a, b]))
        # z = (1 − α) μ_a + α μ_b
        share = np.linspace(0, 1, n)[:, None]
        return self.decode((1 - share) * mean[0] + share * mean[1])


def draw(logits: np.ndarray, temperature: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a symbol from each row of logits [shape=(B, n)]; temperature 0: the likeliest."""
    if temperature == 0:
        return logits.argmax(axis=-1)
    p = np.cumsum(temper(logits.astype(np.float64), temperature), axis=-1)
    return np.minimum((rng.random((len(p), 1)) > p).sum(axis=-1), p.shape[-1] - 1)


@checked
def next_codes(before: NDArray[np.int64], symbols: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the codes that symbols mean after the codes before them: to hold is to keep the key.

    Examples
    --------
    >>> next_codes([80, 80, 0], [0, 43, 0]).tolist()
    [81, 84, 0]
    """
    held = np.where(before > 1, before // 2 * 2 + 1, 0)
    return np.where(symbols == HOLD, held, 2 * (symbols - 1)).astype(np.int32)


MODELS = {"melody": Melody, "voices": Harmony, "vae": MusicVae, "gan": Tracks}


@checked
@dataclass(frozen=True)
class Options:
    """What ``audio-edu generate`` can be asked for."""

    temperature: float = option(0.8, "below 1: likelier notes; above: rarer ones; 0: always the likeliest")
    mode: str = option("major", "melody and music_gan: major or minor")
    melody: str | None = option(None, "harmony: a .mid with a soprano; default: a hymn of the test part")
    instrument: str = option("organ", "who plays, see audio_edu.generation.music.INSTRUMENTS")
    tempo: float = option(96.0, "quarter notes a minute")
    seed: int = option(0, "another seed, another piece")


def compose(model: Any, options: Options) -> np.ndarray:
    """Write what the options ask for; returns notes [shape=(n, 4)], as `audio_edu.datasets.Scores`."""
    check_range(options.temperature, "temperature", 0.0, 100.0)
    check_choice(options.mode, "mode", ("major", "minor"))
    check_range(options.seed, "seed", 0, 2**63 - 1, integer=True)
    how = {"temperature": options.temperature, "seed": options.seed}
    if isinstance(model, Melody):
        return model.notes(model.write(minor=options.mode == "minor", **how)[0])
    if isinstance(model, Tracks):
        return to_notes(model.write(minor=options.mode == "minor", seed=options.seed)[0])
    n = model.recipe.steps_per_quarter
    if isinstance(model, MusicVae):
        z = np.random.default_rng(options.seed).standard_normal((1, model.recipe.n_z))
        return to_notes(model.decode(z, **how)[0][:, None], steps_per_quarter=n)
    soprano, context = _soprano(options, n)
    return to_notes(model.harmonize([soprano], [context], **how)[0], steps_per_quarter=n)


def _soprano(options: Options, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Codes and context: of a file, whose first note begins a bar, or of a hymn."""
    if options.melody is None:
        found = load_chorales().test
        piece = pieces(found.select(np.array([options.seed % len(found)])), n)[0]
        return piece.codes[:, 0], piece.context
    notes = read_midi(options.melody)
    notes[:, 0] -= notes[:, 0].min()
    soprano = to_codes(notes[notes[:, 3] == 0], 1, steps_per_quarter=n)[:, 0]
    return soprano, to_context(len(soprano), 4, 0, notes[-1:, :2], steps_per_quarter=n)


def generate(model: Any, options: Options) -> tuple[np.ndarray, int]:
    """Write music and play it; returns samples and their rate (Hz)."""
    notes = compose(model, options)
    return play(notes, instrument=options.instrument, tempo=options.tempo), model.sample_rate


def generate_midi(model: Any, options: Options, path: Path) -> None:
    """Write music into a ``.mid``."""
    write_midi(path, compose(model, options), tempo=options.tempo)
