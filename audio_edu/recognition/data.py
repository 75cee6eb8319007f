"""The batches of a recogniser: changed clips as features, labels as probabilities."""

from collections.abc import Callable

import numpy as np

from .._validate import Share, checked
from ..datasets import Corpus
from .augment import augmented_features
from .recipe import RecognizerRecipe


@checked
def batches(recipe: RecognizerRecipe, corpus: Corpus) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return the function that makes the batch of any step: features and the classes' probabilities.

    Every epoch goes through all clips in an order of its own; what does not fill a batch is left out.

    Raises
    ------
    ValueError
        If the corpus has fewer clips than a batch.
    """
    n, size = len(corpus), recipe.batch_size
    if n < size:
        raise ValueError(f"corpus has {n} clips, fewer than one batch of {size}.")
    targets = np.eye(len(corpus.label_names), dtype=np.float32)[corpus.labels]

    def batch(step: int) -> tuple[np.ndarray, np.ndarray]:
        epoch, number = divmod(step, n // size)
        order = np.random.default_rng((recipe.seed, epoch)).permutation(n)
        rows = order[number * size : (number + 1) * size]
        rng = np.random.default_rng((recipe.seed, epoch, number))
        x = augmented_features(
            [corpus.audio[i] for i in rows], rng, settings=recipe.settings, augmentation=recipe.augmentation
        )
        return mix_up(x, targets[rows], recipe.augmentation.mixup, rng)

    return batch


@checked
def mix_up(
    x: np.ndarray, y: np.ndarray, probability: Share, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each clip of a batch with another one, and their labels in the same proportion, now and then.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features with their mask; the blend's mask holds both words.
    y : np.ndarray [shape=(n_clips, n_classes)]
        Probabilities of the classes.
    probability : float
        Of blending this batch at all.
    rng : np.random.Generator
        Decides who is blended with whom.

    References
    ----------
    Zhang and others (2018), mixup: beyond empirical risk minimization.
    """
    if not probability or rng.random() >= probability:
        return x, y
    partner = rng.permutation(len(x))
    share = rng.beta(0.4, 0.4, (len(x), 1)).astype(np.float32)
    mixed = share[..., None] * x + (1 - share[..., None]) * x[partner]
    mixed[..., -1] = np.maximum(x[..., -1], x[partner][..., -1])
    return mixed, share * y + (1 - share) * y[partner]
