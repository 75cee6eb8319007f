"""What the codec's encoder sees of a sound."""

from typing import Any

from keras import ops

from ...layers.spectra import FLOOR, spectrum


def features(x: Any, size: int) -> Any:
    """Return what the encoder sees [shape=(B, F, 3 · (1 + size / 2))]: level and phase of each bin.

    ``ln |X|`` (half of ``ln(|X|² + floor)``), and X itself with its magnitude compressed to ``|X|^0.3``.
    """
    real, imaginary = spectrum(x, size)
    power = ops.square(real) + ops.square(imaginary) + FLOOR
    squeeze = power**-0.35
    return ops.concatenate([0.25 * ops.log(power), real * squeeze, imaginary * squeeze], axis=-1)
