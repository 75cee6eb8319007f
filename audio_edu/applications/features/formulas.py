"""Bayes' rule, calibration, precision at k, and directions in a latent space: the equations, in NumPy.

References
----------
Guo and others (2017), On calibration of modern neural networks (the temperature; the calibration error).
"""

import numpy as np
import scipy.optimize
from numpy.typing import NDArray
from scipy.special import log_softmax

from ..._validate import Positive, Share, Size, checked


@checked
def posterior(
    log_likelihoods: np.ndarray, *, prior: np.ndarray | None = None, temperature: Positive = 1.0
) -> np.ndarray:
    """Compute ``P(d|x)`` from ``log P(x|d)`` by Bayes' rule.

    Parameters
    ----------
    log_likelihoods : np.ndarray [shape=(..., n_classes)]
        In nats.
    prior : np.ndarray [shape=(n_classes,)], optional
        ``P(d)``, above 0. Default: all classes equally probable.
    temperature : float
        The log-likelihoods are divided by it; above 1 makes the answer less sure.

    Returns
    -------
    np.ndarray [shape=(..., n_classes)]
        Sums to 1.

    Examples
    --------
    >>> posterior(np.log([0.02, 0.01]), prior=np.array([0.2, 0.8])).round(3).tolist()
    [0.333, 0.667]
    """
    n_classes = log_likelihoods.shape[-1] if log_likelihoods.ndim else 0
    prior = np.full(n_classes, 1.0) if prior is None else prior
    if prior.shape != (n_classes,) or np.any(prior <= 0):
        raise ValueError(f"prior is {prior}; expected {n_classes} numbers above 0, one for each class.")
    # P(d|x) = P(x|d)^(1/T) P(d) / Σ_c P(x|c)^(1/T) P(c), computed in logarithms
    return np.exp(log_softmax(log_likelihoods.astype(float) / temperature + np.log(prior), axis=-1))


@checked
def fit_temperature(log_likelihoods: np.ndarray, labels: NDArray[np.int64]) -> float:
    """Return the temperature at which the true classes get the highest mean log posterior.

    Parameters
    ----------
    log_likelihoods : np.ndarray [shape=(n_clips, n_classes)]
        In nats, or logits.
    labels : np.ndarray [shape=(n_clips,)]
        The true classes.

    Examples
    --------
    >>> x = np.array([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [0.0, 9.0]])
    >>> round(fit_temperature(x, np.array([0, 0, 1, 0])), 1)  # right three times in four: 9 / ln 3
    8.2
    """
    _check_rows(log_likelihoods, labels)

    def cost(log_temperature: float) -> float:
        p = log_softmax(log_likelihoods.astype(float) / np.exp(log_temperature), axis=1)
        return -float(np.mean(p[np.arange(len(labels)), labels]))

    # bounds: a temperature from 1/100 to 100,000
    found = scipy.optimize.minimize_scalar(cost, bounds=(np.log(1e-2), np.log(1e5)), method="bounded")
    return float(np.exp(found.x))


@checked
def reliability(
    probabilities: np.ndarray, labels: NDArray[np.int64], *, n_bins: Size = 10
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sort answers by how sure they are; compare with how many are right.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        The most probable class is the answer, its probability the *confidence*.
    labels : np.ndarray [shape=(n_clips,)]
        The true classes.
    n_bins : int
        Equal intervals of the confidence from 0 to 1.

    Returns
    -------
    confidence, accuracy : np.ndarray [shape=(n_bins,)]
        Mean of each bin; 0 where it is empty.
    n : np.ndarray of int [shape=(n_bins,)]
        Answers in each.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> [round(float(v[-1]), 2) for v in reliability(p, np.array([0, 1]), n_bins=2)]
    [0.9, 0.5, 2.0]
    """
    _check_rows(probabilities, labels)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    n = np.bincount(place, minlength=n_bins)
    mean = [np.bincount(place, v, minlength=n_bins) / np.maximum(n, 1) for v in (confidence, right)]
    return mean[0], mean[1], n


@checked
def expected_calibration_error(
    probabilities: np.ndarray, labels: NDArray[np.int64], *, n_bins: Size = 10
) -> float:
    """Return ``Σ_b n_b/n |accuracy_b − confidence_b|``; see `reliability`.

    Examples
    --------
    >>> round(expected_calibration_error(np.array([[0.9, 0.1], [0.9, 0.1]]), np.array([0, 1])), 3)
    0.4
    """
    confidence, accuracy, n = reliability(probabilities, labels, n_bins=n_bins)
    return float(n @ np.abs(accuracy - confidence) / n.sum())


@checked
def neighbours(query: np.ndarray, reference: np.ndarray, allowed: np.ndarray | None = None) -> np.ndarray:
    """Return for each query the references in the order of their distance, the nearest first.

    Parameters
    ----------
    query, reference : np.ndarray [shape=(n_query, n), (n_reference, n)]
        Features; each is divided by its standard deviation over the references.
    allowed : np.ndarray of bool [shape=(n_query, n_reference)], optional
        What may be found; all else comes last.

    Examples
    --------
    >>> neighbours(np.array([[0.1]]), np.array([[1.0], [0.0], [5.0]])).tolist()
    [[1, 0, 2]]
    """
    if query.ndim != 2 or reference.ndim != 2 or query.shape[1] != reference.shape[1]:
        raise ValueError(
            f"query and reference have shapes {query.shape} and {reference.shape}; "
            "expected rows of equally many features."
        )
    scale = reference.std(axis=0) + 1e-9
    q, r = query.astype(float) / scale, reference.astype(float) / scale
    # |q − r|² = |q|² + |r|² − 2 q·r
    distance = (q**2).sum(axis=1)[:, None] + (r**2).sum(axis=1) - 2 * q @ r.T
    if allowed is not None:
        distance = np.where(allowed.astype(bool), distance, np.inf)
    return np.argsort(distance, axis=1, kind="stable")


@checked
def precision_at_k(found: NDArray[np.int64], relevant: np.ndarray, k: Size) -> np.ndarray:
    """Return for each query the share of the first `k` found that are relevant [shape=(n_query,)].

    Parameters
    ----------
    found : np.ndarray of int [shape=(n_query, n_reference)]
        From `neighbours`.
    relevant : np.ndarray of bool [shape=(n_query, n_reference)]
        Which references are what the query looks for.

    Examples
    --------
    >>> precision_at_k(np.array([[2, 0, 1]]), np.array([[0, 1, 1]]), 2).tolist()
    [0.5]
    """
    if found.ndim != 2 or relevant.shape != found.shape or k > found.shape[1]:
        raise ValueError(
            f"found and relevant have shapes {found.shape} and {relevant.shape}, k is {k}; "
            "expected equal ones of at least k columns."
        )
    return np.take_along_axis(relevant.astype(float), found[:, :k], axis=1).mean(axis=1)


@checked
def edit_directions(
    z: np.ndarray, attributes: np.ndarray, *, ridge: Share = 1e-6
) -> tuple[np.ndarray, np.ndarray]:
    """Find directions in z along which measured attributes change by 1.

    A linear map is fitted, ``a ≈ W z + b``. *Steepest* is the direction of row ``w_k``, scaled by ``1 /
    |w_k|²``: it raises the fitted attribute k by 1 in the shortest way, and moves every other attribute j by
    ``w_j · w_k / |w_k|²``. *Alone* is column k of the pseudoinverse ``W⁺``: the shortest way to raise
    attribute k by 1 and no other, because ``W W⁺ = I``.

    Parameters
    ----------
    z : np.ndarray [shape=(n_clips, n_z)]
        Latent numbers.
    attributes : np.ndarray [shape=(n_clips, n_attributes)]
        What was measured of each clip; fewer attributes than latent numbers.
    ridge : float
        A little more on the diagonal keeps the fit finite.

    Returns
    -------
    steepest, alone : np.ndarray [shape=(n_attributes, n_z)]

    Examples
    --------
    >>> z = np.random.default_rng(0).standard_normal((50, 3))
    >>> steepest, alone = edit_directions(z, z @ np.array([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]]))
    >>> (steepest.round(2) + 0.0).tolist(), (alone.round(2) + 0.0).tolist()
    ([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]], [[1.0, -1.0, 0.0], [0.0, 1.0, 0.0]])
    """
    if z.ndim != 2 or attributes.ndim != 2 or len(z) != len(attributes):
        raise ValueError(
            f"z and attributes have shapes {z.shape} and {attributes.shape}; expected a row for each clip."
        )
    if attributes.shape[1] > z.shape[1]:
        raise ValueError(f"attributes has {attributes.shape[1]} columns; z has {z.shape[1]}: expected fewer.")
    centred, values = z - z.mean(axis=0), attributes - attributes.mean(axis=0)
    gram = centred.T @ centred
    W = np.linalg.solve(gram + ridge * np.eye(len(gram)), centred.T @ values).T
    return W / np.maximum((W**2).sum(axis=1, keepdims=True), 1e-12), np.linalg.pinv(W).T


def _check_rows(scores: np.ndarray, labels: np.ndarray) -> None:
    if scores.ndim != 2 or labels.shape != (len(scores),):
        raise ValueError(
            f"labels has shape {labels.shape}, the scores {scores.shape}; expected a row for each."
        )
    if labels.min() < 0 or labels.max() >= scores.shape[1]:
        raise ValueError(
            f"labels runs from {labels.min()} to {labels.max()}; expected 0 to {scores.shape[1] - 1}."
        )
