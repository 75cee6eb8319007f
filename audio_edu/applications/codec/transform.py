"""Frames, spectra and back, in `keras.ops`: the parts of a codec that have nothing to learn.

A frame is a row of 4 blocks of ``hop`` samples, so frames are cut by shifting, and overlap-add is a sum of
four shifted copies: no loop, and the gradient is as simple. Frame t is centred on the middle of block t, and
there are as many frames as blocks.
"""

import functools
from typing import Any

import numpy as np
from keras import ops

#: Added to power, so that what is 40 dB below the average counts as silence. The average is 1.
FLOOR = 1e-4
#: The root mean square that sound is brought to before it is coded.
LEVEL = 0.1


@functools.cache
def hann(size: int) -> np.ndarray:
    """Return the periodic Hann window [shape=(size,)], float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)).astype(np.float32)


def frame(x: Any, size: int) -> Any:
    """Cut sound [shape=(B, n)] into frames [shape=(B, n / hop, size)], hop = size / 4, n a multiple of it."""
    hop = size // 4
    n_frames = x.shape[1] // hop
    padded = ops.pad(x, ((0, 0), (3 * hop // 2, 3 * hop // 2)))
    blocks = ops.reshape(padded, (-1, n_frames + 3, hop))
    return ops.concatenate([blocks[:, i : i + n_frames] for i in range(4)], axis=-1)


def overlap_add(frames: Any) -> Any:
    """Add frames [shape=(B, F, size)] where they overlap; return sound [shape=(B, F · size / 4)]."""
    n_frames, size = frames.shape[1:]
    hop = size // 4
    parts = [frames[..., i * hop : (i + 1) * hop] for i in range(4)]
    total = sum(ops.pad(part, ((0, 0), (i, 3 - i), (0, 0))) for i, part in enumerate(parts))
    return ops.reshape(total, (-1, (n_frames + 3) * hop))[:, 3 * hop // 2 : -(3 * hop // 2)]


def spectrum(x: Any, size: int) -> tuple[Any, Any]:
    """Return the real and the imaginary part of the STFT [shape=(B, n / hop, 1 + size / 2)].

    It is scaled so that white noise of the root mean square `LEVEL` has the power 1 in every bin.
    """
    window = hann(size) / (LEVEL * np.sqrt(np.sum(hann(size) ** 2, dtype=np.float32)))
    return ops.rfft(frame(x, size) * window)


def inverse_spectrum(real: Any, imaginary: Any) -> Any:
    """Return the sound [shape=(B, F · hop)] of what `spectrum` returned.

    Each frame is windowed again, and the sum is divided by the sum of the squared windows.
    """
    size = 2 * (real.shape[-1] - 1)
    window = hann(size)
    scale = LEVEL * np.sqrt(np.sum(window**2, dtype=np.float32))
    frames = ops.irfft((real, imaginary), fft_length=size) * (window * scale)
    weights = overlap_add(ops.ones((1, real.shape[1], 1)) * window**2)
    return overlap_add(frames) / weights


def features(x: Any, size: int) -> Any:
    """Return what the encoder sees [shape=(B, F, 3 · (1 + size / 2))]: level and phase of each bin.

    ``ln |X|`` (half of ``ln(|X|² + floor)``), and X itself with its magnitude compressed to ``|X|^0.3``.
    """
    real, imaginary = spectrum(x, size)
    power = ops.square(real) + ops.square(imaginary) + FLOOR
    squeeze = power**-0.35
    return ops.concatenate([0.25 * ops.log(power), real * squeeze, imaginary * squeeze], axis=-1)
