"""The mel spectrogram that a network makes sound of, or is to make: one for all, so that they fit together.

40 bands of frames of 40 ms, one every 10 ms, in decibels, brought to about −1 to 1.
"""

import numpy as np
from numpy.typing import ArrayLike

from .._validate import Size, check_audio, checked
from ..signal import log_mel

#: Bands, and samples of a frame and from one frame to the next.
N_MELS, N_FFT, HOP_LENGTH = 40, 320, 80


@checked
def scaled_mel(
    x: ArrayLike,
    sample_rate: int = 8000,
    *,
    n_mels: Size = N_MELS,
    n_fft: Size = N_FFT,
    hop_length: Size = HOP_LENGTH,
) -> np.ndarray:
    """Return a sound's mel spectrogram, time first; frame t is centred on sample t · hop_length.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples,)]
        A sound.
    sample_rate : int
        In Hz.
    n_mels : int
        Bands.
    n_fft, hop_length : int
        Samples of a frame, and from one frame to the next.

    Returns
    -------
    np.ndarray of float32 [shape=(1 + n_samples // hop_length, n_mels)]
        (decibels + 30) / 50: −1 for −80 dB and all below, which is silence, and 1 for 20 dB.

    Examples
    --------
    >>> scaled_mel(np.zeros(800)).shape
    (11, 40)
    """
    x = check_audio(x, "x")
    n = max(0, n_fft - len(x))
    decibels = log_mel(
        np.pad(x, (0, n)), sample_rate, n_fft=n_fft, hop_length=hop_length, n_mels=n_mels, top_db=None
    )
    frames = decibels.T[: 1 + len(x) // hop_length]
    return np.maximum((frames + 30) / 50, -1).astype(np.float32)


@checked
def mel_decibels(mel: np.ndarray) -> np.ndarray:
    """Return the decibels [shape=(n_mels, n_frames)] of a mel spectrogram from `scaled_mel`, bands first.

    Examples
    --------
    >>> mel_decibels(np.zeros((11, 40))).shape
    (40, 11)
    """
    return 50 * mel.T - 30
