"""The layers that the two networks of a GAN are made of.

References
----------
Miyato and others (2018), Spectral normalization for generative adversarial networks.
Karras and others (2018), Progressive growing of GANs (the deviation within a minibatch).
Huang and Belongie (2017), Arbitrary style transfer in real-time with adaptive instance normalization.
"""

from typing import Any

import numpy as np
from keras import layers, ops


class Style(layers.Layer):
    """Adaptive instance normalisation: give each channel the mean and the spread that the style asks for.

    Called with x [shape=(n_clips, ..., n_channels)] and a style [shape=(n_clips, n_style)]; returns
    ``(1 + a) · (x − mean) / spread + b`` with a and b linear in the style, mean and spread of each clip's
    channel. So what is said and by whom is asked for at every scale, not in the first layer alone.
    """

    def build(self, x_shape: tuple, style_shape: tuple) -> None:
        """Make the linear map from the style."""
        self.to_gain_and_bias = layers.Dense(2 * x_shape[-1], name="to_gain_and_bias")
        self.to_gain_and_bias.build(style_shape)

    def call(self, x: Any, style: Any) -> Any:
        """Normalise, then scale and shift."""
        axes = tuple(range(1, len(x.shape) - 1))
        mean = ops.mean(x, axis=axes, keepdims=True)
        variance = ops.mean(ops.square(x - mean), axis=axes, keepdims=True)
        a, b = ops.split(self.to_gain_and_bias(style), 2, axis=-1)
        a, b = ops.expand_dims(a, axes), ops.expand_dims(b, axes)
        return (1 + a) * (x - mean) * ops.rsqrt(variance + 1e-5) + b


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

    def compute_output_shape(self, shape: tuple) -> tuple:
        """Return the shape with a channel more."""
        return (*shape[:-1], shape[-1] + 1)
