"""A block of convolutions that keeps the shape.

References
----------
Liu and others (2022), A ConvNet for the 2020s (the block). Siuzdak (2023), Vocos (the block for sound).
"""

from typing import Any

import keras
from keras import layers, ops

#: Frames that a block looks at.
KERNEL = 7


class ConvNeXt(layers.Layer):
    """A block that keeps the shape [shape=(B, T, C)]: ``x + γ · W₂ gelu(W₁ norm(k ∗ x))``.

    ``k ∗ x`` convolves each channel for itself with 7 numbers; W₁ makes three channels of one.

    Parameters
    ----------
    scale : float
        What γ begins with.
    """

    def __init__(self, scale: float, **options: Any):
        super().__init__(**options)
        self.scale = scale

    def build(self, shape: tuple) -> None:
        """Make the weights."""
        n = shape[-1]
        self.kernel = self.add_weight(name="kernel", shape=(KERNEL, n), initializer=_kernel)
        self.gamma = self.add_weight(
            name="gamma", shape=(n,), initializer=keras.initializers.Constant(self.scale)
        )
        self.norm = layers.LayerNormalization(epsilon=1e-6, name="norm")
        self.expand = layers.Dense(3 * n, activation="gelu", name="expand")
        self.project = layers.Dense(n, name="project")
        self.norm.build(shape)
        self.expand.build(shape)
        self.project.build((*shape[:-1], 3 * n))

    def call(self, x: Any) -> Any:
        """Convolve, widen, narrow, add."""
        half = KERNEL // 2
        padded = ops.pad(x, ((0, 0), (half, half), (0, 0)))
        n_frames = ops.shape(x)[1]
        # (k ∗ x)[t, c] = Σ_i k[i, c] x[t + i − 3, c]
        y = sum(self.kernel[i] * padded[:, i : i + n_frames] for i in range(KERNEL))
        return x + self.gamma * self.project(self.expand(self.norm(y)))


def _kernel(shape: tuple, dtype: Any = None) -> Any:
    return keras.random.uniform(shape, -(KERNEL**-0.5), KERNEL**-0.5, dtype=dtype)
