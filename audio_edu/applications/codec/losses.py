"""What the codec is trained towards: the same levels in the bands of hearing, at five sizes of the frame.

Phases count for nothing here: what sounds the same costs the same.
"""

import functools
from typing import Any

import numpy as np
from keras import ops

from ...signal import mel_filter_bank
from .transform import FLOOR, spectrum

#: Samples of the frames that sounds are compared in.
SIZES = (64, 128, 256, 512, 1024)


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
