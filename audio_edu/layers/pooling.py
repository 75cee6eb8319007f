"""Pooling over time that knows which frames count."""

from typing import Any

from keras import layers, ops


class MaskedPooling(layers.Layer):
    """Mean and maximum over time, of the frames that count.

    Called with frames [shape=(n_clips, n_frames, n_channels)] and a mask [shape=(n_clips, n_frames * step,
    1)] of ones and zeros, of which every `step`-th is looked at; returns [shape=(n_clips, 2 * n_channels)].

    Parameters
    ----------
    step : int
        How many frames of the mask stand behind one frame of the input.
    """

    def __init__(self, step: int = 1, **options: Any):
        super().__init__(**options)
        self.step = step

    def call(self, x: Any, mask: Any = None) -> Any:
        """Pool; without a mask, over everything."""
        if mask is None:
            return ops.concatenate([ops.mean(x, axis=1), ops.max(x, axis=1)], axis=-1)
        m = mask[:, :: self.step][:, : x.shape[1]]
        mean = ops.sum(x * m, axis=1) / ops.maximum(ops.sum(m, axis=1), 1.0)
        return ops.concatenate([mean, ops.max(x * m - 1e4 * (1 - m), axis=1)], axis=-1)
