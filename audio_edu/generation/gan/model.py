"""The two players: a generator that makes a sound, and a critic that judges it; together a `Gan`.

Both exist in two kinds. ``spectrogram``: images of 256 bins × 48 frames, two-dimensional convolutions (the
SpecGAN idea); the layer next to the image has kernels of 8 bins, wide enough for the lines of a voice.
``waveform``: 6,144 samples, one-dimensional convolutions (the WaveGAN idea, and what the book's source
documents propose).

Each transposed convolution of the generator doubles the image (makes four times as many samples), with a
kernel that the stride divides: otherwise some outputs get more terms than their neighbours, a checkerboard.
The critic's layers are divided by their largest singular value (`SpectralConv`, `SpectralDense`), so that it
cannot become steep; its score has no upper or lower end.

References
----------
Goodfellow and others (2014), Generative adversarial nets.
Donahue, McAuley and Puckette (2019), Adversarial audio synthesis (WaveGAN and SpecGAN).
Miyato and Koyama (2018), cGANs with projection discriminator.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from ..._validate import check_choice, check_positive, check_range, checked
from ...reproducible import SEED
from ...training import Trained, as_array
from .layers import MinibatchDeviation, SpectralConv, SpectralDense, Style
from .recipe import GanRecipe
from .train_step import adversarial_step
from .transform import N_BINS, SpectrogramTransform, WaveformTransform


class _Plan(NamedTuple):
    """How a kind of network grows from its first image: sizes along each dimension."""

    first: tuple[int, ...]
    stride: int
    kernel: tuple[int, ...]
    outer_kernel: tuple[int, ...]  # of the layer next to the image
    n_layers: int


KINDS = {
    "spectrogram": _Plan((16, 3), 2, (4, 4), (8, 4), 4),
    "waveform": _Plan((6,), 4, (24,), (24,), 5),
}


@checked
def build_generator(
    kind: str, channels: tuple[int, ...], *, n_z: int = 64, n_classes: int = 10
) -> keras.Model:
    """Build G: from noise and a digit to an image (or samples).

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What comes out: [shape=(n_clips, 256, 48, 1)] or [shape=(n_clips, 6144, 1)], from -1 to 1.
    channels : tuple of int
        Channels before each transposed convolution.
    n_z : int
        Numbers of noise, each normal with mean 0 and spread 1.
    n_classes : int
        How many digits.

    Returns
    -------
    keras.Model
        Called with ``[z, digit]``, z [shape=(n_clips, n_z)], digit [shape=(n_clips,)] of whole numbers.

    Examples
    --------
    >>> build_generator("spectrogram", (8, 8, 8, 8)).output_shape
    (None, 256, 48, 1)
    """
    plan = _plan(kind, channels)
    z = keras.Input((n_z,), name="z")
    digit = keras.Input((), dtype="int32", name="digit")
    style = layers.Concatenate()([z, layers.Embedding(n_classes, 32, name="digit_table")(digit)])
    for i in (1, 2):
        style = layers.LeakyReLU(0.2)(layers.Dense(128, name=f"style{i}")(style))
    x = layers.Dense(int(np.prod(plan.first)) * channels[0], name="start")(style)
    x = layers.Reshape((*plan.first, channels[0]))(x)
    up = layers.Conv2DTranspose if len(plan.first) == 2 else layers.Conv1DTranspose
    for i, n_out in enumerate((*channels[1:], 1), start=1):
        x = layers.LeakyReLU(0.2)(Style(name=f"norm{i}")(x, style))
        size = plan.kernel if i < plan.n_layers else plan.outer_kernel
        x = up(n_out, size, plan.stride, "same", name=f"up{i}")(x)
    # tanh fits here: the images are clipped to −1 … 1, and so are samples
    return keras.Model([z, digit], layers.Activation("tanh", name="image")(x), name=f"{kind}_generator")


@checked
def build_critic(kind: str, channels: tuple[int, ...], *, n_classes: int = 10) -> keras.Model:
    """Build D: from an image (or samples) and the digit it is said to be, to a score.

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What it looks at.
    channels : tuple of int
        Channels after each convolution.
    n_classes : int
        How many digits.

    Returns
    -------
    keras.Model
        Called with ``[image, digit]``; returns the score [shape=(n_clips, 1)], the higher the more real,
        without end, and the logits of the digits [shape=(n_clips, n_classes)].

    Examples
    --------
    >>> [tensor.shape for tensor in build_critic("waveform", (8, 8, 8, 8, 8)).outputs]
    [(None, 1), (None, 10)]
    """
    plan = _plan(kind, channels)
    image = keras.Input((*(n * plan.stride**plan.n_layers for n in plan.first), 1), name="image")
    digit = keras.Input((), dtype="int32", name="digit")
    x = image
    for i, n_out in enumerate(channels, start=1):
        size = plan.kernel if i > 1 else plan.outer_kernel
        x = layers.LeakyReLU(0.2)(SpectralConv(n_out, size, plan.stride, name=f"down{i}")(x))
    x = layers.Flatten()(MinibatchDeviation(name="deviation")(x))
    h = layers.LeakyReLU(0.2)(SpectralDense(128, name="features")(x))
    table = layers.Embedding(n_classes, 128, name="digit_table")(digit)
    # score = ψ(h) + e_digit · h: is it real, and is it this digit
    score = SpectralDense(1, name="score")(h) + ops.sum(table * h, axis=-1, keepdims=True)
    return keras.Model(
        [image, digit], [score, layers.Dense(n_classes, name="logits")(h)], name=f"{kind}_critic"
    )


def _plan(kind: str, channels: tuple[int, ...]) -> _Plan:
    check_choice(kind, "kind", KINDS)
    plan = KINDS[kind]
    if len(channels) != plan.n_layers:
        raise ValueError(f"channels is {channels!r}; expected {plan.n_layers} numbers for kind {kind!r}.")
    for number in channels:
        check_positive(number, "channels", integer=True)
    return plan


class Gan(Trained):
    """A generator of spoken digits and its critic.

    Parameters
    ----------
    recipe : GanRecipe
        How it is, or was, trained.
    facts : mapping
        ``label_names`` and ``sample_rate``.

    Attributes
    ----------
    generator, critic : keras.Model
        See `build_generator`, `build_critic`.
    """

    curve_names = ("critic_loss", "generator_loss", "accuracy_real", "accuracy_fake")

    def __init__(self, recipe: GanRecipe, facts: Mapping[str, Any]):
        n_classes = len(facts["label_names"])
        self.generator = build_generator(
            recipe.kind, recipe.generator_channels, n_z=recipe.n_z, n_classes=n_classes
        )
        self.critic = build_critic(recipe.kind, recipe.critic_channels, n_classes=n_classes)
        # the generator of the last step sways as the game goes on; a running average of its weights does not
        average = {"use_ema": True, "ema_momentum": recipe.ema_decay}
        for network, rate, options in (
            (self.generator, recipe.generator_rate, average),
            (self.critic, recipe.critic_rate, {}),
        ):
            network.compile(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9, **options))
        scale = {"mean": np.zeros(N_BINS, np.float32), "spread": np.ones(N_BINS, np.float32)}
        super().__init__(recipe, facts, {"generator": self.generator, "critic": self.critic}, scale)
        self._train_step: Any = None

    @property
    def transform(self) -> SpectrogramTransform | WaveformTransform:
        """The way from samples to what the networks see, and back."""
        return (
            SpectrogramTransform(**self.arrays) if self.recipe.kind == "spectrogram" else WaveformTransform()
        )

    @checked
    def train_on_batch(self, *batch: np.ndarray) -> np.ndarray:
        """Play one step of the game; return the numbers that `curve_names` names."""
        if self._train_step is None:
            self._train_step = adversarial_step(self.generator, self.critic, self.recipe.classifier_weight)
        return np.array([as_array(number) for number in self._train_step(*batch)])

    @checked
    def noise(self, n: int, *, seed: int = SEED) -> np.ndarray:
        """Draw noise [shape=(n, n_z)]: a row is a voice, and the way it speaks."""
        check_positive(n, "n", integer=True)
        rng = np.random.default_rng((check_range(seed, "seed", 0, 2**32 - 1, integer=True), 0))
        return rng.standard_normal((n, self.recipe.n_z), dtype=np.float32)

    @checked
    def generate_images(self, digits: Sequence[int], z: np.ndarray) -> np.ndarray:
        """Return the images (or samples) that the generator makes.

        Parameters
        ----------
        digits : sequence of int [shape=(n,)]
            What to say, 0 to 9.
        z : np.ndarray [shape=(n, n_z)]
            Noise.

        Returns
        -------
        np.ndarray [shape=(n, 256, 48, 1) or (n, 6144, 1)], float32
            From -1 to 1.

        Raises
        ------
        ValueError
            If a digit is unknown or the shapes do not fit.
        """
        if not digits:
            raise ValueError("digits is empty; expected whole numbers, one for each sound.")
        for i, digit in enumerate(digits):
            check_range(digit, f"digits[{i}]", 0, len(self.label_names) - 1, integer=True)
        z = z.astype(np.float32)
        if z.shape != (len(digits), self.recipe.n_z):
            raise ValueError(f"z has shape {z.shape}; expected ({len(digits)}, {self.recipe.n_z}).")
        digits = np.array(digits, np.int32)
        parts = [
            self.generator([z[i : i + 64], digits[i : i + 64]], training=False)
            for i in range(0, len(digits), 64)
        ]
        return np.concatenate([as_array(part) for part in parts])

    @checked
    def generate(
        self,
        digits: Sequence[int],
        *,
        z: np.ndarray | None = None,
        seed: int = SEED,
        n_iter: int = 32,
    ) -> np.ndarray:
        """Say several digits, each in a voice of its own.

        Parameters
        ----------
        digits : sequence of int [shape=(n,)]
            What to say, 0 to 9.
        z : np.ndarray [shape=(n, n_z)], optional
            The voices. Default: drawn from `seed`, all different.
        seed : int
            Draws the voices where none are given.
        n_iter : int
            Iterations of the search for a phase.

        Returns
        -------
        np.ndarray [shape=(n, 6144)], float32
            0.768 s each, from -1 to 1.

        Examples
        --------
        >>> from audio_edu.generation import load_gan
        >>> load_gan().generate([7, 4], seed=1).shape
        (2, 6144)
        """
        z = self.noise(len(digits), seed=seed) if z is None else z
        return self.transform.inverse_transform(self.generate_images(digits, z), n_iter=n_iter)
