"""Every seed of the book is set here, and nowhere else."""

from ._machine import settle_keras

SEED = 2026


def set_seed(seed: int = SEED) -> None:
    """Seed Python, NumPy and Keras, and give Keras the book's settings: float32, channels last.

    Needed only where a network trains or samples; NumPy code takes ``np.random.default_rng(SEED)``. On a CPU
    the same seed then gives the same weights, bit for bit, on every backend. TensorFlow's switch for
    deterministic operations, which a GPU would need, is left alone: it holds for the whole process, and with
    it Keras compiles nothing with XLA.

    Parameters
    ----------
    seed : int
        The seed, 0 or above.
    """
    import keras

    settle_keras()
    keras.utils.set_random_seed(seed)
