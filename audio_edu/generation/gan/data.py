"""The batches that a GAN learns from: a pure function of the recipe's seed and the step."""

from collections.abc import Callable

import numpy as np

from ..._validate import checked
from ...datasets import Corpus
from .model import Gan
from .transform import N_SAMPLES, SpectrogramTransform


@checked
def words_that_fit(corpus: Corpus) -> Corpus:
    """Return the clips that are no longer than an image, 0.768 s."""
    return corpus.select(corpus.lengths <= N_SAMPLES)


@checked
def batches(model: Gan, corpus: Corpus) -> Callable[[int], tuple[np.ndarray, ...]]:
    """Fit the model's transform to a corpus; return the function that makes the batch of any step.

    Parameters
    ----------
    model : Gan
        Gets the mean and the spread of each bin.
    corpus : Corpus
        What to learn from, at 8 kHz. Clips longer than 0.768 s are left out.

    Returns
    -------
    callable
        From a step to real clips, as the networks see them, and their digits; noise, and the digits to ask
        for.

    Raises
    ------
    ValueError
        If the corpus has fewer clips than a batch.
    """
    corpus, recipe, n = words_that_fit(corpus), model.recipe, model.recipe.batch_size
    if len(corpus) < n:
        raise ValueError(f"corpus has {len(corpus)} clips, fewer than one batch of {n}.")
    fitted = SpectrogramTransform.fit(corpus)
    model.arrays.update(mean=fitted.mean, spread=fitted.spread)

    def batch(step: int) -> tuple[np.ndarray, ...]:
        rng = np.random.default_rng((recipe.seed, step))
        rows = rng.integers(len(corpus), size=n)
        begins = rng.integers(recipe.shift_samples + 1, size=n)
        clips = [np.pad(corpus.audio[i], (begin, 0)) for i, begin in zip(rows, begins, strict=True)]
        z = rng.standard_normal((n, recipe.n_z), dtype=np.float32)
        digits = rng.integers(len(corpus.label_names), size=n)
        return (
            model.transform.transform(clips),
            corpus.labels[rows].astype(np.int32),
            z,
            digits.astype(np.int32),
        )

    return batch
