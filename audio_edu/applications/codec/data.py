"""What a codec learns from: a second of speech at a time, at random levels, speeds and depths."""

from dataclasses import dataclass, field

import numpy as np

from ...datasets import Corpus
from ...datasets.speech import Segments
from .formulas import depths, vector_levels
from .recipe import N_STEP, CodecRecipe


@dataclass(frozen=True, eq=False)
class Batches:
    """The batch of any step, a pure function of the recipe's seed and the step.

    Parameters
    ----------
    recipe : CodecRecipe
        How.
    corpus : Corpus
        Clips; those that are too short for a segment are strung together.
    """

    recipe: CodecRecipe
    corpus: Corpus
    segments: Segments = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "segments", Segments(self.corpus, self.recipe.n_vectors * N_STEP))

    def __call__(self, step: int) -> tuple[np.ndarray, ...]:
        """Return what `codec_step` is called with.

        Returns
        -------
        x : np.ndarray [shape=(batch_size, 128 n_vectors)], float32
            Speech.
        depth : np.ndarray [shape=(batch_size, n_vectors)], int32
            How many stages code each vector.
        draws : np.ndarray [shape=(n_stages, n_codes)], int32
            Which vector of the batch replaces which dead code.
        """
        recipe, rng = self.recipe, np.random.default_rng((self.recipe.seed, step))
        x = np.stack([self.segments.draw(rng) for _ in range(recipe.batch_size)])
        # quiet moments get fewer stages, one for each so many dB; in a third of the segments all get the same
        quality = rng.uniform(1, recipe.n_stages + 3, (recipe.batch_size, 1))
        slope_db = rng.uniform(3, 8, (recipe.batch_size, 1))
        slope_db[rng.random(recipe.batch_size) < 1 / 3] = 1e9
        depth = depths(vector_levels(x), quality, slope_db, recipe.n_stages)
        n_vectors = recipe.batch_size * recipe.n_vectors
        draws = rng.integers(n_vectors, size=(recipe.n_stages, recipe.n_codes))
        return x, depth.astype(np.int32), draws.astype(np.int32)
