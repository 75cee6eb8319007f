"""What a VAE is trained on: notes as coordinates along their principal directions, and the batch of a step.

Each note is heard at seven pitches, up to three semitones lower and higher: the sound font itself makes the
pitches between its recordings so, and without them the network would know eight pitches of a flute and
nothing between. Pictures are computed once and kept as coordinates; then a step costs a few milliseconds.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...datasets import Corpus
from .features import note_power, to_bels
from .pca import Pca
from .recipe import NoteSettings, VaeRecipe

#: Pictures, drawn at random, from which the directions are found.
MOST_FOR_PCA = 3000


@dataclass(frozen=True, eq=False)
class PreparedNotes:
    """Notes as training needs them.

    Attributes
    ----------
    pca : Pca
        The directions.
    coordinates : np.ndarray [shape=(n, n_directions)]
        Each note at each pitch.
    rest : np.ndarray [shape=(n,)]
        See `Pca.squared_distance`.
    labels, pitches : np.ndarray [shape=(n,)]
        Its instrument, and its MIDI number (not whole where the note is transposed by a part of a semitone).
    """

    pca: Pca
    coordinates: np.ndarray
    rest: np.ndarray
    labels: np.ndarray
    pitches: np.ndarray


@lru_cache(maxsize=1)  # so that several recipes can be trained on the same notes
def prepare(
    corpus: Corpus,
    settings: NoteSettings,
    *,
    n_directions: int,
    semitones: float,
    semitone_step: float,
    seed: int,
) -> PreparedNotes:
    """Transpose each note, and find the directions in which the pictures differ.

    Parameters
    ----------
    corpus : Corpus
        Notes, with ``info["pitch"]``.
    settings, n_directions, semitones, semitone_step, seed
        See `VaeRecipe`.

    Raises
    ------
    ValueError
        If the sample rate is not that of the settings, or there are fewer pictures than directions.
    """
    if corpus.sample_rate != settings.sample_rate:
        raise ValueError(
            f"corpus is at {corpus.sample_rate} Hz; the recipe expects {settings.sample_rate} Hz."
        )
    n_up = int(semitones / semitone_step + 1e-9)
    steps = semitone_step * np.arange(-n_up, n_up + 1)
    n, pitches = len(corpus), np.asarray(corpus.info["pitch"], np.float64)

    power = (note_power(corpus.audio, pitches, settings, semitones=float(step)) for step in steps)
    pictures = [to_bels(each, settings) for each in power]
    chosen = np.random.default_rng((seed, 0)).permutation(n * len(steps))[:MOST_FOR_PCA]
    some = [each[np.sort(chosen[chosen // n == k] % n)] for k, each in enumerate(pictures)]
    pca = Pca.fit(np.concatenate(some), n_directions)
    coordinates = [pca.transform(each) for each in pictures]
    rest = [pca.squared_distance(each, c) for each, c in zip(pictures, coordinates, strict=True)]
    return PreparedNotes(
        pca,
        np.concatenate(coordinates),
        np.concatenate(rest),
        np.tile(corpus.labels, len(steps)),
        (pitches + steps[:, np.newaxis]).ravel().astype(np.float32),
    )


@dataclass(frozen=True, eq=False)
class Batches:
    """The batch of any step, a pure function of the recipe's seed and the step.

    Parameters
    ----------
    recipe : VaeRecipe
    notes : PreparedNotes
    """

    recipe: VaeRecipe
    notes: PreparedNotes

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return what `NegativeElbo` is called with: coordinates, rest, pitches, noise, and β."""
        recipe, notes = self.recipe, self.notes
        rng = np.random.default_rng((recipe.seed, step))
        rows = rng.integers(len(notes.coordinates), size=recipe.batch_size)
        epsilon = rng.standard_normal((recipe.batch_size, recipe.n_z), dtype=np.float32)
        beta = recipe.beta * min(1.0, step / max(1.0, recipe.warm_up * recipe.n_steps))
        return (
            notes.coordinates[rows],
            notes.rest[rows],
            notes.pitches[rows, np.newaxis],
            epsilon,
            np.array(beta, np.float32),
        )
