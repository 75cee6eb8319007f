"""The GAN of four tracks in Keras: four bars of four voices from noise, and the critic that judges them.

The generator first makes a few numbers for each bar, from one noise for all of them, so that bars can follow
one another; then a row of steps; then, in a small network of its own, each voice (the MuseGAN idea). Step by
step and voice by voice it chooses one key, and whether a note begins. The choice is a jump, which has no
gradient: backwards the softmax stands in for it (*straight through*). So the critic is never shown anything
but whole notes.
"""

from typing import Any

import keras
from keras import layers, ops

from ..gan.layers import MinibatchDeviation, SpectralConv, SpectralDense, Style
from .data import N_GAN_KEYS
from .recipe import MusicRecipe

STEPS_PER_BAR, N_TRACKS = 8, 4


class StraightThrough(layers.Layer):
    """Logits [shape=(..., 48)] to one key of 47 and one bit: zeros and ones, with a soft gradient."""

    def call(self, logits: Any) -> Any:
        """Choose; forwards ``hard``, backwards as if it were ``soft``."""
        keys, begins = logits[..., :N_GAN_KEYS], logits[..., N_GAN_KEYS:]
        soft = ops.concatenate([ops.softmax(keys, axis=-1), ops.sigmoid(begins)], axis=-1)
        chosen = ops.one_hot(ops.argmax(keys, axis=-1), N_GAN_KEYS)
        hard = ops.concatenate([chosen, ops.cast(begins > 0, chosen.dtype)], axis=-1)
        return soft + ops.stop_gradient(hard - soft)


def build_generator(recipe: MusicRecipe) -> keras.Model:
    """Build G: ``[z, is_minor]`` to rolls [shape=(B, recipe.length, 4, 48)]."""
    n, n_bars = recipe.n_units, recipe.length // STEPS_PER_BAR
    z = keras.Input((recipe.n_z,), name="z")
    minor = keras.Input((), dtype="int32", name="is_minor")
    style = layers.Concatenate()([z, layers.Embedding(2, 16, name="mode")(minor)])
    style = layers.LeakyReLU(0.2)(layers.Dense(128, name="style")(style))
    x = layers.Reshape((n_bars, n))(layers.Dense(n_bars * n, name="start")(style))
    x = layers.Conv1D(n, 3, padding="same", name="bars")(layers.LeakyReLU(0.2)(x))
    for i in range(3):  # a bar becomes eight steps
        x = layers.LeakyReLU(0.2)(Style(name=f"norm{i}")(x, style))
        x = layers.Conv1DTranspose(n, 4, 2, "same", name=f"up{i}")(x)
    x = layers.LeakyReLU(0.2)(Style(name="norm3")(x, style))
    voices = []
    for v in range(N_TRACKS):
        own = layers.Conv1D(n // 2, 3, padding="same", activation="relu", name=f"voice{v}")(x)
        voices.append(layers.Conv1D(N_GAN_KEYS + 1, 1, name=f"keys{v}")(own))
    logits = ops.stack(voices, axis=2)
    return keras.Model([z, minor], StraightThrough(name="choose")(logits), name="tracks_generator")


def build_critic(recipe: MusicRecipe) -> keras.Model:
    """Build D: ``[roll, is_minor]`` to a score [shape=(B, 1)] and the logits of the mode [shape=(B, 2)]."""
    n = recipe.n_units
    roll = keras.Input((recipe.length, N_TRACKS, N_GAN_KEYS + 1), name="roll")
    minor = keras.Input((), dtype="int32", name="is_minor")
    # what sounds in each voice, and which of the twelve pitch classes sound in any
    classes = ops.sum(roll[..., 1:N_GAN_KEYS], axis=2)[..., :36]
    classes = ops.sum(ops.reshape(classes, (-1, recipe.length, 3, 12)), axis=2)
    flat = ops.reshape(roll, (-1, recipe.length, N_TRACKS * (N_GAN_KEYS + 1)))
    x = ops.concatenate([flat, classes], axis=-1)
    x = layers.LeakyReLU(0.2)(SpectralConv(n, (3,), 1, name="down0")(x))
    for i in range(1, 4):
        x = layers.LeakyReLU(0.2)(SpectralConv(n, (4,), 2, name=f"down{i}")(x))
    x = layers.Flatten()(MinibatchDeviation(name="deviation")(x))
    h = layers.LeakyReLU(0.2)(SpectralDense(128, name="features")(x))
    table = layers.Embedding(2, 128, name="mode")(minor)
    score = SpectralDense(1, name="score")(h) + ops.sum(table * h, axis=-1, keepdims=True)
    return keras.Model([roll, minor], [score, layers.Dense(2, name="logits")(h)], name="tracks_critic")
