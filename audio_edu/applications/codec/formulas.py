"""The formulas of coding, in NumPy, each as literally as it can be written."""

import numpy as np

from ..._validate import checked
from .recipe import N_STEP


@checked
def vector_levels(x: np.ndarray) -> np.ndarray:
    """Return the level around each vector, in dB relative to the loudest moment.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_samples)]
        Sound; a multiple of 128 samples.

    Returns
    -------
    np.ndarray [shape=(..., n_samples / 128)]
        0 at the loudest moment, −100 or above elsewhere. A moment is 48 ms long.
    """
    if x.shape[-1] % N_STEP:
        raise ValueError(f"x has {x.shape[-1]} samples; expected a multiple of {N_STEP}.")
    energy = np.mean(np.square(x.reshape(*x.shape[:-1], -1, N_STEP)), axis=-1)
    sides = [(0, 0)] * (energy.ndim - 1) + [(1, 1)]
    padded = np.pad(energy, sides)
    smooth = (padded[..., :-2] + 2 * padded[..., 1:-1] + padded[..., 2:]) / 4
    top = smooth.max(axis=-1, keepdims=True)
    return 10 * np.log10(np.maximum(smooth, 1e-10 * np.maximum(top, 1e-10)) / np.maximum(top, 1e-10))


@checked
def depths(
    level_db: np.ndarray, quality: float | np.ndarray, slope_db: float | np.ndarray, n_stages: int
) -> np.ndarray:
    """Return how many stages code each vector: one fewer for each `slope_db` of level.

    Parameters
    ----------
    level_db : np.ndarray [shape=(..., n_vectors)]
        See `vector_levels`.
    quality : float
        The stages of a loud moment; need not be whole.
    slope_db : float
        Down to 12 dB below the loudest moment nothing is taken away; then one stage for each so many dB.
    n_stages : int
        The most.

    Returns
    -------
    np.ndarray [shape=(..., n_vectors)], int64
        1 to `n_stages`.

    Examples
    --------
    >>> depths(np.array([0.0, -12.0, -24.0, -80.0]), 8.0, 6.0, 12).tolist()
    [8, 8, 6, 1]
    """
    # n_t = clip(⌊q − max(0, −12 − L_t) / slope⌋, 1, n_stages)
    wanted = np.floor(quality - np.maximum(0, -12 - level_db) / slope_db)
    return np.clip(wanted, 1, n_stages).astype(np.int64)
