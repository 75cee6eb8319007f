"""The variational autoencoder in Keras: encoder, draw, decoder, and minus the ELBO as what is minimised.

The formulas are those of `audio_edu.generation.vae.formulas`, for batches and with gradients. Encoder and
decoder also know the pitch of the note: z has to say only the rest. Both work on a picture's coordinates
along its principal directions, which are part of the model (`Vae.pca`) and hold all of it but two or three
decibels.

Both can begin as principal component analysis: a fixed linear skip connection, and beside it a network that
starts at (nearly) zero and learns the residual.

References
----------
Higgins and others (2017), β-VAE. Kingma and others (2016), Improved variational inference with inverse
autoregressive flow (free bits).
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..._validate import Positive, Size, checked
from .recipe import VaeRecipe

LOG_2PI = float(np.log(2 * np.pi))


class Sampling(layers.Layer):
    """``z = μ + σ ⊙ ε``. The noise is an input, so the gradient passes through μ and σ as through any sum.

    Calls take ``(mean, log_variance, epsilon)``, all [shape=(batch, n_z)].
    """

    def call(self, inputs: tuple[Any, Any, Any]) -> Any:
        """Return z [shape=(batch, n_z)]."""
        mean, log_variance, epsilon = inputs
        return mean + ops.exp(log_variance / 2) * epsilon


class Scale(layers.Layer):
    """Multiplication by numbers that are measured on the training notes, not learned.

    Parameters
    ----------
    n : int
        How many: 1, or one for each channel. They are 1 until they are assigned.
    """

    def __init__(self, n: int = 1, **options: Any):
        super().__init__(**options)
        self.scale = self.add_weight(shape=(n,), initializer="ones", trainable=False, name="scale")

    def call(self, x: Any) -> Any:
        """Return the scaled input, of the same shape."""
        return x * self.scale


def kl_divergence(mean: Any, log_variance: Any) -> Any:
    """``KL(N(μ, σ²) ‖ N(0, 1))`` of each number, in nats [shape of `mean`]."""
    return 0.5 * (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance)


@checked
def gaussian_log_density(squared_error: Any, n_values: Size, sigma: Positive) -> Any:
    """``log N(x; h, σ² I)`` from ``‖x − h‖²``, in nats [shape of `squared_error`]."""
    return -0.5 * squared_error / sigma**2 - n_values * (float(np.log(sigma)) + 0.5 * LOG_2PI)


def build_encoder(recipe: VaeRecipe) -> keras.Model:
    """Build the network from a picture's coordinates and pitch to ``μ`` and ``log σ²``.

    With a linear skip connection it begins as PCA: μ is the coordinate along each of the first `n_z`
    directions, scaled to variance 1. Without, μ begins near 0 everywhere.
    """
    n_z = recipe.n_z
    c, pitch = keras.Input((recipe.n_directions,), name="coordinates"), keras.Input((1,), name="pitch")
    x = _hidden(recipe, Scale(name="typical")(c), pitch)
    mean = layers.Dense(n_z, kernel_initializer=keras.initializers.RandomNormal(stddev=0.01), name="mean")(x)
    log_variance = layers.Dense(
        n_z,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.001),
        bias_initializer=keras.initializers.Constant(-4.0),
        name="log_variance",
    )(x)
    if recipe.linear_skip:
        mean = Scale(n_z, name="spread")(c[:, :n_z]) + mean
    return keras.Model([c, pitch], [mean, log_variance], name="encoder")


def build_decoder(recipe: VaeRecipe) -> keras.Model:
    """Build the network from z and the pitch to a picture's coordinates.

    With a linear skip connection it begins as PCA's way back.
    """
    n_z, n_directions = recipe.n_z, recipe.n_directions
    z, pitch = keras.Input((n_z,), name="z"), keras.Input((1,), name="pitch")
    x = _hidden(recipe, z, pitch)
    begin = "zeros" if recipe.linear_skip else "glorot_uniform"
    residual = layers.Dense(n_directions, kernel_initializer=begin, name="residual")(x)
    coordinates = Scale(name="typical")(residual)
    if recipe.linear_skip:
        linear = Scale(n_z, name="spread")(z)
        coordinates = coordinates + ops.pad(linear, ((0, 0), (0, n_directions - n_z)))
    return keras.Model([z, pitch], coordinates, name="decoder")


def _hidden(recipe: VaeRecipe, x: Any, pitch: Any) -> Any:
    x = ops.concatenate([x, (pitch - 64) / 18], axis=1)  # MIDI numbers, brought to about −2...2
    for i in (1, 2):
        x = layers.Dense(recipe.n_hidden, activation="gelu", name=f"hidden{i}")(x)
    return x


class NegativeElbo(keras.Model):
    """Encoder, draw and decoder, with minus the ELBO as the loss.

    Calls take ``(coordinates, rest, pitch, epsilon, beta)``: a picture's coordinates [shape=(batch,
    n_directions)], its squared distance from all directions [shape=(batch,)], its MIDI number [shape=(batch,
    1)], noise [shape=(batch, n_z)], and the weight of the divergence, a number.

    Parameters
    ----------
    encoder, decoder : keras.Model
        See `build_encoder`, `build_decoder`.
    n_values : int
        The values of a picture, over which the reconstruction term sums.
    sigma : float
        The decoder's standard deviation, in bels.
    free_nats : float
        Divergence that each latent number may have for nothing.
    """

    def __init__(
        self, encoder: keras.Model, decoder: keras.Model, n_values: int, sigma: float, free_nats: float
    ):
        super().__init__(name="negative_elbo")
        self.encoder, self.decoder, self.sampling = encoder, decoder, Sampling()
        self.n_values, self.sigma, self.free_nats = n_values, sigma, free_nats

    def call(self, inputs: tuple[Any, Any, Any, Any, Any]) -> Any:
        """Return z, and add the loss: an average over the batch of sums over dimensions."""
        coordinates, rest, pitch, epsilon, beta = inputs
        mean, log_variance = self.encoder([coordinates, pitch])
        z = self.sampling((mean, log_variance, epsilon))
        # The directions are at right angles: ‖x − h‖² is the squared error of the coordinates, and the rest.
        squared_error = ops.sum(ops.square(coordinates - self.decoder([z, pitch])), axis=1) + rest
        kl = ops.mean(kl_divergence(mean, log_variance), axis=0)  # of each dimension
        # Σ_j max(KL_j, free): below `free` nats a dimension has no reason to shrink further
        divergence = ops.sum(ops.maximum(kl, self.free_nats))
        self.add_loss(self.objective(squared_error, divergence, beta))
        return z

    def objective(self, squared_error: Any, divergence: Any, beta: Any) -> Any:
        """Return −ELBO with β, from ``‖x − h‖²`` [shape=(batch,)] and the divergence.

        It is divided by the number of values, which moves no minimum, to print small numbers.
        """
        log_density = gaussian_log_density(squared_error, self.n_values, self.sigma)
        return (beta * divergence - ops.mean(log_density)) / self.n_values
