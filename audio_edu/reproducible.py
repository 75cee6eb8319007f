"""Every seed of the book is set here, and nowhere else."""

from typing import Annotated

from ._machine import settle_keras
from ._validate import checked

SEED = 2026


@checked
def set_seed(seed: Annotated[int, (0, 2**32 - 1)] = SEED) -> None:
    """Seed Python, NumPy and Keras, and give Keras the book's settings: float32, channels last.

    Needed only where a network trains or samples; NumPy code takes ``np.random.default_rng(SEED)``. On a CPU
    the same seed then gives the same weights, bit for bit, on every backend. TensorFlow's switch for
    deterministic operations, which a GPU would need, is left alone: it holds for the whole process, and with
    it Keras compiles nothing with XLA.

    Parameters
    ----------
    seed : int
        The seed, from 0 to 2³² − 1.
    """
    import keras

    settle_keras()
    keras.utils.set_random_seed(seed)
