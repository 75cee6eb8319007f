"""The two players: a generator that paints a sound, and a critic that judges it.

Both exist in two kinds. ``spectrogram``: pictures of 256 bins × 48 frames, two-dimensional convolutions (the
SpecGAN idea); the layer next to the picture has kernels of 8 bins, wide enough for the lines of a voice.
``waveform``: 6,144 samples, one-dimensional convolutions (the WaveGAN idea, and what the book's source
documents propose).

Each transposed convolution of the generator doubles the picture (makes four times as many samples), with a
kernel that the stride divides: otherwise some outputs get more terms than their neighbours, a checkerboard.
The critic's layers are divided by their largest singular value (`SpectralConv`, `SpectralDense`), so that it
cannot become steep; its score has no upper or lower end.

References
----------
Goodfellow and others (2014), Generative adversarial nets.
Donahue, McAuley and Puckette (2019), Adversarial audio synthesis (WaveGAN and SpecGAN).
Miyato and others (2018), Spectral normalization for generative adversarial networks.
Miyato and Koyama (2018), cGANs with projection discriminator.
Karras and others (2018), Progressive growing of GANs (the deviation within a minibatch).
Huang and Belongie (2017), Arbitrary style transfer in real-time with adaptive instance normalization.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers, ops

from .._validate import check_choice, check_positive

__all__ = [
    "KINDS",
    "MinibatchDeviation",
    "SpectralConv",
    "SpectralDense",
    "Style",
    "build_critic",
    "build_generator",
]


class _Plan(NamedTuple):
    """How a kind of network grows from its first picture; for sizes along each dimension, see `KINDS`."""

    first: tuple[int, ...]
    stride: int
    kernel: tuple[int, ...]
    outer_kernel: tuple[int, ...]
    n_layers: int


#: By kind: the size of the first picture, the stride, the kernel, that of the layer next to the picture, the
#: number of layers.
KINDS = {
    "spectrogram": _Plan((16, 3), 2, (4, 4), (8, 4), 4),
    "waveform": _Plan((6,), 4, (24,), (24,), 5),
}


@keras.saving.register_keras_serializable("audio_edu")
class Style(layers.Layer):
    """Give each channel the mean and the spread that the style asks for.

    Called with a picture [shape=(n_clips, ..., n_channels)] and a style [shape=(n_clips, n_style)]; returns
    ``(1 + a) · (x − mean) / spread + b`` with a and b linear in the style, mean and spread of each clip's
    channel. So what is said and by whom is asked for at every scale, not in the first layer alone.
    """

    def build(self, picture_shape: tuple, style_shape: tuple) -> None:
        """Make the linear map from the style."""
        self.to_gain_and_bias = layers.Dense(2 * picture_shape[-1])
        self.to_gain_and_bias.build(style_shape)

    def call(self, picture: Any, style: Any) -> Any:
        """Normalise, then scale and shift."""
        axes = tuple(range(1, len(picture.shape) - 1))
        mean = ops.mean(picture, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(picture - mean), axis=axes, keepdims=True)
        a, b = ops.split(self.to_gain_and_bias(style), 2, axis=-1)
        for axis in axes:
            a, b = ops.expand_dims(a, axis), ops.expand_dims(b, axis)
        return (1 + a) * (picture - mean) * ops.rsqrt(variance + 1e-5) + b

    def compute_output_shape(self, picture_shape: tuple, style_shape: tuple) -> tuple:
        """Return the picture's shape."""
        return picture_shape


class _Spectral(layers.Layer):
    """A layer whose kernel W is divided by σ(W), its largest singular value.

    σ is followed by the power iteration, one turn a training step: ``v ← Wᵀu / |Wᵀu|``, ``u ← Wv / |Wv|``,
    ``σ ≈ uᵀWv``.
    """

    def _add(self, shape: tuple[int, ...]) -> None:
        self.kernel = self.add_weight(name="kernel", shape=shape, initializer="glorot_uniform")
        self.bias = self.add_weight(name="bias", shape=shape[-1:], initializer="zeros")
        self.u = self.add_weight(name="u", shape=shape[-1:], initializer="random_normal", trainable=False)

    def normalised(self, training: bool) -> Any:
        """Return W / σ(W); in training, σ gets better by one iteration."""
        # W as a matrix: a row for each output
        w = ops.transpose(ops.reshape(self.kernel, (-1, self.kernel.shape[-1])))
        w_fixed = ops.stop_gradient(w)
        # v = Wᵀu / |Wᵀu|
        v = ops.normalize(ops.matmul(ops.transpose(w_fixed), self.u[:, None]), axis=0)
        # u = Wv / |Wv|
        u = ops.normalize(ops.matmul(w_fixed, v), axis=0)
        if training:
            self.u.assign(u[:, 0])
        # σ = uᵀWv
        sigma = ops.sum(u * ops.matmul(w, v))
        return self.kernel / sigma


@keras.saving.register_keras_serializable("audio_edu")
class SpectralDense(_Spectral):
    """``y = W x / σ(W) + b``.

    Parameters
    ----------
    units : int
        How many outputs.
    """

    def __init__(self, units: int, **options: Any):
        super().__init__(**options)
        self.units = units

    def build(self, shape: tuple) -> None:
        """Make W and b."""
        self._add((shape[-1], self.units))

    def call(self, x: Any, training: bool = False) -> Any:
        """Multiply and add."""
        return ops.matmul(x, self.normalised(training)) + self.bias

    def get_config(self) -> dict:
        """Return what the layer was made with."""
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("audio_edu")
class SpectralConv(_Spectral):
    """A convolution with stride, over one or two dimensions, its kernel divided by its σ.

    Parameters
    ----------
    filters : int
        Channels that come out.
    size : tuple of int
        The kernel's, along each dimension.
    stride : int
        Along every dimension.
    """

    def __init__(self, filters: int, size: tuple[int, ...], stride: int, **options: Any):
        super().__init__(**options)
        self.filters, self.size, self.stride = filters, tuple(size), stride

    def build(self, shape: tuple) -> None:
        """Make the kernel."""
        self._add((*self.size, shape[-1], self.filters))

    def call(self, x: Any, training: bool = False) -> Any:
        """Convolve."""
        return ops.conv(x, self.normalised(training), strides=self.stride, padding="same") + self.bias

    def get_config(self) -> dict:
        """Return what the layer was made with."""
        return {**super().get_config(), "filters": self.filters, "size": self.size, "stride": self.stride}


@keras.saving.register_keras_serializable("audio_edu")
class MinibatchDeviation(layers.Layer):
    """Add a channel that says how different the clips of a group are: a generator without variety shows.

    Parameters
    ----------
    group : int
        Clips compared with each other: consecutive ones. The batch must be a multiple of it.
    """

    def __init__(self, group: int = 8, **options: Any):
        super().__init__(**options)
        self.group = group

    def call(self, x: Any) -> Any:
        """Append the mean, over everything, of the deviation within the group."""
        n_clips = ops.shape(x)[0]
        groups = ops.reshape(x, (-1, self.group, int(np.prod(x.shape[1:]))))
        deviation = ops.sqrt(ops.var(groups, axis=1) + 1e-8)
        per_clip = ops.repeat(ops.mean(deviation, axis=-1), self.group)
        channel = ops.reshape(per_clip, (-1, *[1] * (len(x.shape) - 1)))
        return ops.concatenate([x, ops.broadcast_to(channel, (n_clips, *x.shape[1:-1], 1))], axis=-1)

    def get_config(self) -> dict:
        """Return what the layer was made with."""
        return {**super().get_config(), "group": self.group}


def build_generator(
    kind: str = "spectrogram",
    channels: tuple[int, ...] = (128, 64, 32, 24),
    *,
    n_z: int = 64,
    n_classes: int = 10,
    n_style: int = 128,
    kernel: tuple[int, ...] | None = None,
) -> keras.Model:
    """Build G: from noise and a digit to a picture (or samples).

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
    n_style : int
        Numbers that noise and digit become before they are used.
    kernel : tuple of int, optional
        The size of all kernels. Default: sizes that the stride divides.

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
        style = layers.LeakyReLU(0.2)(layers.Dense(n_style, name=f"style{i}")(style))
    x = layers.Dense(int(np.prod(plan.first)) * channels[0], name="start")(style)
    x = layers.Reshape((*plan.first, channels[0]))(x)
    up = layers.Conv2DTranspose if len(plan.first) == 2 else layers.Conv1DTranspose
    for i, n_out in enumerate((*channels[1:], 1), start=1):
        x = layers.LeakyReLU(0.2)(Style(name=f"norm{i}")(x, style))
        size = plan.kernel if i < plan.n_layers else plan.outer_kernel
        x = up(n_out, kernel or size, plan.stride, "same", name=f"up{i}")(x)
    # tanh fits here: the pictures are clipped to −1 … 1, and so are samples
    return keras.Model([z, digit], layers.Activation("tanh", name="picture")(x), name=f"{kind}_generator")


def build_critic(
    kind: str = "spectrogram",
    channels: tuple[int, ...] = (24, 48, 64, 128),
    *,
    n_classes: int = 10,
    n_features: int = 128,
) -> keras.Model:
    """Build D: from a picture (or samples) and the digit it is said to be, to a score.

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What it looks at.
    channels : tuple of int
        Channels after each convolution.
    n_classes : int
        How many digits.
    n_features : int
        Numbers that it sums a picture up in.

    Returns
    -------
    keras.Model
        Called with ``[picture, digit]``; returns the score [shape=(n_clips, 1)], the higher the more real,
        without end, and the logits of the digits [shape=(n_clips, n_classes)].

    Examples
    --------
    >>> [tensor.shape for tensor in build_critic("waveform", (8, 8, 8, 8, 8)).outputs]
    [(None, 1), (None, 10)]
    """
    plan = _plan(kind, channels)
    picture = keras.Input((*(n * plan.stride**plan.n_layers for n in plan.first), 1), name="picture")
    digit = keras.Input((), dtype="int32", name="digit")
    x = picture
    for i, n_out in enumerate(channels, start=1):
        size = plan.kernel if i > 1 else plan.outer_kernel
        x = layers.LeakyReLU(0.2)(SpectralConv(n_out, size, plan.stride, name=f"down{i}")(x))
    x = layers.Flatten()(MinibatchDeviation(name="deviation")(x))
    h = layers.LeakyReLU(0.2)(SpectralDense(n_features, name="features")(x))
    table = layers.Embedding(n_classes, n_features, name="digit_table")(digit)
    # score = ψ(h) + e_digit · h: is it real, and is it this digit
    score = SpectralDense(1, name="score")(h) + ops.sum(table * h, axis=-1, keepdims=True)
    return keras.Model(
        [picture, digit], [score, layers.Dense(n_classes, name="logits")(h)], name=f"{kind}_critic"
    )


def _plan(kind: str, channels: tuple[int, ...]) -> _Plan:
    check_choice(kind, "kind", KINDS)
    plan = KINDS[kind]
    if len(channels) != plan.n_layers:
        raise ValueError(f"channels is {channels!r}; expected {plan.n_layers} numbers for kind {kind!r}.")
    for number in channels:
        check_positive(number, "channels", integer=True)
    return plan
