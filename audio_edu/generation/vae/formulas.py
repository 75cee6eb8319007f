"""The variational autoencoder's formulas in NumPy: one example, plain loops.

A picture of a note, x, is described by a few numbers, z, with uncertainty; from the numbers a picture is
made again:

* the prior ``p(z) = N(0, I)``,
* the encoder ``q(z|x) = N(μ(x), diag σ²(x))``,
* the decoder ``p(x|z) = N(h(z), σ_x² I)``.

The evidence lower bound (ELBO) of ``log p(x)``, in nats, is ``E_q log p(x|z) − KL(q(z|x) ‖ p(z))``. Both
terms are **sums**, the first over the values of a picture, the second over the numbers in z. A mean in the
place of the first sum is a factor of 9,216 on the second term.

References
----------
Kingma and Welling (2014), Auto-encoding variational Bayes. Rezende, Mohamed and Wierstra (2014), Stochastic
backpropagation and approximate inference in deep generative models.
"""

from typing import Annotated

import numpy as np

from ..._validate import Positive, checked

#: Annotation: variances that float32 can hold.
LogVariance = Annotated[np.ndarray, (-80.0, 80.0)]


@checked
def sample_by_hand(mean: np.ndarray, log_variance: LogVariance, epsilon: np.ndarray) -> np.ndarray:
    """Draw from ``N(μ, diag σ²)`` with the noise given: the reparameterisation.

    Parameters
    ----------
    mean, log_variance, epsilon : np.ndarray [shape=(n_z,)]
        The encoder's two outputs, and noise from ``N(0, I)``.

    Returns
    -------
    np.ndarray [shape=(n_z,)]

    Examples
    --------
    >>> sample_by_hand(np.array([1.0]), np.log([0.25]), np.array([2.0]))
    array([2.])
    """
    z = np.zeros(len(mean))
    for j in range(len(mean)):
        # z_j = μ_j + σ_j ε_j
        z[j] = mean[j] + np.exp(log_variance[j] / 2) * epsilon[j]
    return z


@checked
def kl_by_hand(mean: np.ndarray, log_variance: LogVariance) -> np.ndarray:
    """``KL(N(μ, diag σ²) ‖ N(0, I))``, one number for each latent dimension, in nats.

    Parameters
    ----------
    mean, log_variance : np.ndarray [shape=(n_z,)]

    Returns
    -------
    np.ndarray [shape=(n_z,)]
        Zero where μ = 0 and σ = 1, positive elsewhere. Their sum is the divergence.

    Examples
    --------
    >>> kl_by_hand(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    array([0. , 0.5])
    """
    kl = np.zeros(len(mean))
    for j in range(len(mean)):
        # KL_j = ½ ( μ_j² + σ_j² − 1 − log σ_j² )
        kl[j] = 0.5 * (mean[j] ** 2 + np.exp(log_variance[j]) - 1 - log_variance[j])
    return kl


@checked
def log_density_by_hand(x: np.ndarray, h: np.ndarray, sigma: Positive) -> float:
    """``log N(x; h, σ² I)``: how likely a picture is, given the decoder's, in nats.

    Parameters
    ----------
    x, h : np.ndarray [shape=(n_values,)]
        The picture, and the decoder's mean.
    sigma : float
        The standard deviation of each value, in the picture's unit.

    Examples
    --------
    >>> round(log_density_by_hand(np.zeros(2), np.zeros(2), 1.0), 3)
    -1.838
    """
    total = 0.0
    for i in range(len(x)):
        # log N(x_i; h_i, σ²) = −½ ((x_i − h_i)/σ)² − log σ − ½ log 2π
        total += -0.5 * ((x[i] - h[i]) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    return float(total)


@checked
def elbo_by_hand(
    x: np.ndarray, h: np.ndarray, mean: np.ndarray, log_variance: LogVariance, sigma: Positive
) -> float:
    """Return the ELBO of one picture, with one draw of z: reconstruction minus divergence, in nats."""
    return log_density_by_hand(x, h, sigma) - float(kl_by_hand(mean, log_variance).sum())
