"""Every seed of the book is set here, and nowhere else."""

SEED = 2026


def set_seed(seed: int = SEED) -> None:
    """Seed Python, NumPy and Keras, and make TensorFlow's operations deterministic.

    Needed only where a network trains or samples; NumPy code takes ``np.random.default_rng(SEED)``.

    Parameters
    ----------
    seed : int
        The seed, 0 or above.
    """
    import keras

    keras.utils.set_random_seed(seed)
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
