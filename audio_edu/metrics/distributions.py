"""How far a set of generated clips is from a set of real ones, by what a judge says of both.

Both scores come from pictures, where the judge is the Inception network. With another judge, as here, they
compare with nothing in the literature, only with each other.

References
----------
Salimans and others (2016), Improved techniques for training GANs (the inception score).
Heusel and others (2017), GANs trained by a two time-scale update rule (the Fréchet distance).
"""

import numpy as np


def inception_score(probabilities: np.ndarray) -> float:
    """Compute ``exp E KL(p(y|x) ‖ p(y))``.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        A recognizer's, for each clip.

    Returns
    -------
    float
        From 1 (all clips judged alike) to `n_classes` (each clip one class for sure, all equally often).

    Examples
    --------
    >>> round(inception_score(np.eye(10)), 2), round(inception_score(np.full((5, 10), 0.1)), 2)
    (10.0, 1.0)
    """
    p = np.maximum(np.asarray(probabilities, np.float64), 1e-12)
    # KL(p(y|x) ‖ p(y)) = Σ_y p(y|x) log( p(y|x) / p(y) ),  p(y) = E p(y|x)
    return float(np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean()))


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Compute ``|μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½)``.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n_clips, n_features)]
        Features of two sets of clips.

    Returns
    -------
    float
        0 or above. It comes out larger for fewer clips: compare at equal numbers.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(500, 3))
    >>> round(frechet_distance(x, x), 6), round(frechet_distance(x, x + [2, 0, 0]), 6)
    (0.0, 4.0)
    """
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"a and b have shapes {a.shape} and {b.shape}; expected (n_clips, n_features) of two or more."
        )
    difference = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    # tr (Σ_a Σ_b)^½ = Σ of the roots of the eigenvalues of Σ_a^½ Σ_b Σ_a^½, which is symmetric
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(max(0.0, difference @ difference + np.trace(cov_a) + np.trace(cov_b) - 2 * cross))
