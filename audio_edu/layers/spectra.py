"""Frames, spectra and back, and the distance of spectra, in `keras.ops`: nothing to learn.

A frame is a row of 4 blocks of ``hop`` samples, so frames are cut by shifting, and overlap-add is a sum of
four shifted copies: no loop, and the gradient is as simple. Frame t is centred on the middle of block t, and
there are as many frames as blocks.

What sounds the same should cost the same, so phases count for nothing in `spectral_loss`: it compares levels
in the bands of hearing, at five sizes of the frame.
"""

import functools
from typing import Any

import numpy as np
from keras import ops

from ..datasets.speech import LEVEL
from ..signal import mel_filter_bank

#: Added to power, so that what is 40 dB below the average counts as silence. The average is 1.
FLOOR = 1e-4
#: Samples of the frames that sounds are compared in.
SIZES = (64, 128, 256, 512, 1024)


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


@functools.cache
def band_means(sample_rate: int, size: int) -> np.ndarray:
    """Return the matrix from bins to the mean power of mel bands [shape=(1 + size / 2, n_bands)]."""
    bank = mel_filter_bank(sample_rate, size, min(size // 8, 80))
    return np.ascontiguousarray((bank / bank.sum(axis=1, keepdims=True)).T)


def spectral_loss(x: Any, y: Any, sample_rate: int) -> Any:
    """Return how far apart two batches of sounds are [shape=(B, n)], n a multiple of 256: a number.

    The mean over the sizes of ``mean |ln M_x − ln M_y| / 2``, M the power of mel bands, and twice ``mean
    | |X|^0.3 − |Y|^0.3 |``, which listens to each bin, and most to the loud ones.
    """
    total = 0.0
    for size in SIZES:
        bands = band_means(sample_rate, size)
        compressed, logarithms = [], []
        for sound in (x, y):
            real, imaginary = spectrum(sound, size)
            power = ops.square(real) + ops.square(imaginary)
            compressed.append((power + FLOOR) ** 0.15)
            logarithms.append(0.5 * ops.log(ops.matmul(power, bands) + FLOOR))
        total += ops.mean(ops.abs(logarithms[0] - logarithms[1]))
        total += 2 * ops.mean(ops.abs(compressed[0] - compressed[1]))
    return total / len(SIZES)
