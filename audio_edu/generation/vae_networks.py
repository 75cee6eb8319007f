"""The variational autoencoder's formulas, twice (NumPy by hand, Keras), and its two networks.

A picture of a note, x, is described by a few numbers, z, with uncertainty; from the numbers a picture is
made again:

* the prior ``p(z) = N(0, I)``,
* the encoder ``q(z|x) = N(μ(x), diag σ²(x))``,
* the decoder ``p(x|z) = N(h(z), σ_x² I)``.

Encoder and decoder are also told the pitch of the note, which is known: z has to say only the rest.

The evidence lower bound (ELBO) of ``log p(x)``, in nats, is ``E_q log p(x|z) − KL(q(z|x) ‖ p(z))``. Both
terms are **sums**, the first over the values of a picture, the second over the numbers in z. A mean in the
place of the first sum is a factor of 9,216 on the second term.

Both networks can begin as principal component analysis: a straight part, fixed, and a bent part that starts
at (nearly) zero and learns. They work on a picture's 256 coordinates along its principal directions, which
are part of the model and hold all of it but two or three decibels.

References
----------
Kingma and Welling (2014), Auto-encoding variational Bayes. Rezende, Mohamed and Wierstra (2014), Stochastic
backpropagation and approximate inference in deep generative models. Higgins and others (2017), β-VAE. Kingma
and others (2016), Improved variational inference with inverse autoregressive flow (free bits).
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .._validate import check_audio, check_positive
from .vae_pca import Pca

__all__ = [
    "Sampling",
    "TrainedByElbo",
    "build_decoder",
    "build_encoder",
    "elbo_by_hand",
    "gaussian_log_density",
    "kl_by_hand",
    "kl_divergence",
    "log_density_by_hand",
    "sample_by_hand",
]

LOG_2PI = float(np.log(2 * np.pi))


# ---- by hand: one example, plain loops ----


def sample_by_hand(mean: np.ndarray, log_variance: np.ndarray, epsilon: np.ndarray) -> np.ndarray:
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


def kl_by_hand(mean: np.ndarray, log_variance: np.ndarray) -> np.ndarray:
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


def log_density_by_hand(x: np.ndarray, h: np.ndarray, sigma: float) -> float:
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
    check_positive(sigma, "sigma")
    total = 0.0
    for i in range(len(x)):
        # log N(x_i; h_i, σ²) = −½ ((x_i − h_i)/σ)² − log σ − ½ log 2π
        total += -0.5 * ((x[i] - h[i]) / sigma) ** 2 - np.log(sigma) - 0.5 * np.log(2 * np.pi)
    return float(total)


def elbo_by_hand(
    x: np.ndarray, h: np.ndarray, mean: np.ndarray, log_variance: np.ndarray, sigma: float
) -> float:
    """Return the ELBO of one picture, with one draw of z: reconstruction minus divergence, in nats."""
    return log_density_by_hand(x, h, sigma) - float(kl_by_hand(mean, log_variance).sum())


# ---- with keras.ops: batches, gradients ----


class Sampling(layers.Layer):
    """``z = μ + σ ⊙ ε``. The noise is an input, so the gradient passes through μ and σ as through any sum.

    Calls take ``(mean, log_variance, epsilon)``, all [shape=(batch, n_z)].
    """

    def call(self, inputs: tuple[Any, Any, Any]) -> Any:
        """Return z [shape=(batch, n_z)]."""
        mean, log_variance, epsilon = inputs
        return mean + ops.exp(log_variance / 2) * epsilon


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """``KL(N(μ, σ²) ‖ N(0, 1))`` of each number, in nats [shape of `mean`]."""
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)


def gaussian_log_density(squared_error: Any, n_values: int, sigma: float) -> Any:
    """``log N(x; h, σ² I)`` from ``‖x − h‖²``, in nats [shape of `squared_error`]."""
    return -0.5 * squared_error / sigma**2 - n_values * (float(np.log(sigma)) + 0.5 * LOG_2PI)


def build_encoder(pca: Pca, n_z: int, n_hidden: int, *, straight: bool = True) -> keras.Model:
    """Build the network from a picture's coordinates and pitch to ``μ`` and ``log σ²``.

    With `straight` it begins as PCA: μ is the coordinate along each of the first `n_z` directions, scaled to
    variance 1. Without, μ begins near 0 everywhere.
    """
    c, pitch = keras.Input((len(pca.variances),), name="coordinates"), keras.Input((1,), name="pitch")
    typical, spread = _scales(pca)
    x = ops.concatenate([c / typical, _scaled(pitch)], axis=1)
    for i in (1, 2):
        x = layers.Dense(n_hidden, activation="gelu", name=f"hidden{i}")(x)
    bent = layers.Dense(n_z, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), name="mean")(x)
    log_variance = layers.Dense(
        n_z,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.001),
        bias_initializer=keras.initializers.Constant(-4.0),
        name="log_variance",
    )(x)
    mean = c[:, :n_z] / spread[:n_z] + bent if straight else bent
    return keras.Model([c, pitch], [mean, log_variance], name="encoder")


def build_decoder(pca: Pca, n_z: int, n_hidden: int, *, straight: bool = True) -> keras.Model:
    """Build the network from z and the pitch to a picture's coordinates.

    With `straight` it begins as PCA's way back.
    """
    z, pitch = keras.Input((n_z,), name="z"), keras.Input((1,), name="pitch")
    n_directions = len(pca.variances)
    typical, spread = _scales(pca)
    x = ops.concatenate([z, _scaled(pitch)], axis=1)
    for i in (1, 2):
        x = layers.Dense(n_hidden, activation="gelu", name=f"hidden{i}")(x)
    begin = "zeros" if straight else "glorot_uniform"
    coordinates = typical * layers.Dense(n_directions, kernel_initializer=begin, name="bent")(x)
    if straight:
        coordinates = coordinates + ops.pad(z * spread[:n_z], ((0, 0), (0, n_directions - n_z)))
    return keras.Model([z, pitch], coordinates, name="decoder")


def _scaled(pitch: Any) -> Any:
    """Bring MIDI numbers to about −2...2."""
    return (pitch - 64) / 18


def _scales(pca: Pca) -> tuple[float, np.ndarray]:
    """Return a typical coordinate's size, and the spread along each direction."""
    return float(np.sqrt(pca.variances.mean())), np.sqrt(pca.variances).astype(np.float32)


class TrainedByElbo(keras.Model):
    """Encoder, draw and decoder, with minus the ELBO as the loss.

    Calls take ``(coordinates, rest, pitch, epsilon)``: a picture's coordinates, what is left of its squared
    length [shape=(batch,)], its MIDI number [shape=(batch, 1)], and noise [shape=(batch, n_z)].

    Parameters
    ----------
    encoder, decoder : keras.Model
        See `build_encoder`, `build_decoder`.
    n_values : int
        The values of a picture, over which the reconstruction term sums.
    sigma : float
        The decoder's standard deviation, in bels.
    free_nats : float
        So many nats of divergence a latent dimension may have for nothing.
    scaling : {"sum", "mean"}
        "mean" is the mistake of many a tutorial: the mean squared error of pictures scaled to 0...1, beside
        a sum for the divergence.
    """

    def __init__(
        self,
        encoder: keras.Model,
        decoder: keras.Model,
        n_values: int,
        sigma: float,
        *,
        free_nats: float = 0.0,
        scaling: str = "sum",
    ):
        super().__init__(name="trained_by_elbo")
        self.encoder, self.decoder, self.sampling = encoder, decoder, Sampling()
        self.n_values, self.sigma, self.free_nats, self.scaling = n_values, sigma, free_nats, scaling
        self.beta = self.add_weight(shape=(), initializer="ones", trainable=False, name="beta")

    def call(self, inputs: tuple[Any, Any, Any]) -> Any:
        """Return z, and add the loss: an average over the batch of sums over dimensions."""
        coordinates, rest, pitch, epsilon = inputs
        mean, log_variance = self.encoder([coordinates, pitch])
        z = self.sampling((mean, log_variance, epsilon))
        # The directions are at right angles: ‖x − h‖² is the squared error of the coordinates, and the rest.
        squared_error = ops.sum(ops.square(coordinates - self.decoder([z, pitch])), axis=1) + rest
        kl = ops.mean(kl_divergence(mean, log_variance), axis=0)  # of each dimension
        # Σ_j max(KL_j, free): below `free` nats a dimension has no reason to shrink further
        divergence = ops.sum(ops.maximum(kl, self.free_nats))
        if self.scaling == "mean":
            self.add_loss(ops.mean(squared_error) / self.n_values / 8**2 + self.beta * divergence)
        else:
            log_density = gaussian_log_density(squared_error, self.n_values, self.sigma)
            # −ELBO, with β; divided by a constant, which moves no minimum, to print small numbers
            self.add_loss((self.beta * divergence - ops.mean(log_density)) / self.n_values)
        return z


def check_latent(z: Any, n_z: int) -> np.ndarray:
    """Return z as float32 [shape=(n, n_z)], or say what is wrong with its shape."""
    z = check_audio(np.asarray(z, dtype=np.float32), "z", ndim=(1, 2))
    if z.shape[-1] != n_z:
        raise ValueError(
            f"z has shape {z.shape}; expected ({n_z},) or (n, {n_z}): the model has {n_z} numbers."
        )
    return np.atleast_2d(z)
