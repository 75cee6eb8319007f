"""Hiding a voice: formants and pitch are moved, words should stay.

The *McAdams* method needs no training. Linear prediction splits a frame into a source and an all-pole
filter, the vocal tract. A pair of poles r e^{±iθ} is a formant at the angle θ (radians; π is half the sample
rate). Each angle becomes θ^α: angles below 1 go up, those above 1 go down, and the voice is another.

References
----------
McAdams (1984), Spectral fusion, spectral parsing and the formation of auditory images.
Patino and others (2021), Speaker anonymisation using the McAdams coefficient.
"""

from typing import Annotated

import librosa
import numpy as np
import scipy.signal

from ..._validate import Clip, check_sample_rate, checked

Exponent = Annotated[float, (0.3, 2.0)]


@checked
def anonymize(x: Clip, sample_rate: float, alpha: Exponent = 0.8) -> np.ndarray:
    """Raise the angle of every formant to a power (McAdams), in frames of 32 ms that keep their level.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        Speech.
    sample_rate : float
        Samples a second (Hz).
    alpha : float
        The exponent; 1 changes nothing.

    Returns
    -------
    np.ndarray [shape=(n_samples,)]

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=2000)
    >>> bool(np.abs(anonymize(x, 8000, 1.0) - x)[200:-200].max() < 1e-6)
    True
    """
    check_sample_rate(sample_rate)
    n, order = 4 * round(0.008 * sample_rate), 2 + round(sample_rate / 1000)
    hop, window = n // 4, scipy.signal.get_window("hann", n)
    padded, out = np.pad(x.astype(float), n), np.zeros(len(x) + 2 * n)
    for start in range(0, len(padded) - n + 1, hop):
        frame = window * padded[start : start + n]
        if (level := np.sqrt(np.mean(frame**2))) < 1e-4:  # silence: no formants to be found
            out[start : start + n] += window * frame / 1.5
            continue
        a = librosa.lpc(frame, order=order)  # A(z) = 1 + Σ a_k z^{−k};  H(z) = 1 / A(z)
        source = scipy.signal.lfilter(a, [1.0], frame)
        poles = np.roots(a)
        poles /= np.maximum(np.abs(poles) / 0.9995, 1.0)  # where rounding made the filter unstable
        radius, angle = np.abs(poles), np.abs(np.angle(poles))
        pair = np.abs(poles.imag) > 1e-9  # a real pole is no formant: it stays
        moved = np.where(pair, angle**alpha, 0.0)  # θ → θ^α
        radius = np.where((moved < 0.98 * np.pi) | (moved <= angle), radius, 0.0)  # out of the band
        poles = np.where(pair, radius * np.exp(1j * np.sign(poles.imag) * moved), poles)
        y = scipy.signal.lfilter([1.0], np.real(np.poly(poles)), source)
        y *= level / max(np.sqrt(np.mean(y**2)), 1e-12)
        out[start : start + n] += window * y / 1.5  # four squared Hann windows sum up to 3/2
    return out[n : n + len(x)]
