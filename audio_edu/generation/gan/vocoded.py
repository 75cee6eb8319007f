"""What chapter 14's vocoder takes of a GAN's pictures: mel spectrograms, with no sound in between."""

from typing import Annotated

import numpy as np

from ..._validate import checked
from ...signal import mel_filter_bank
from .. import mel
from .transform import HOP_LENGTH, N_FFT

#: Annotation: magnitudes of an STFT of samples from -1 to 1, or near it.
Magnitudes = Annotated[np.ndarray, (0.0, 1e6)]


@checked
def mels_of_magnitudes(magnitudes: Magnitudes, sample_rate: int = 8000) -> list[np.ndarray]:
    """Return the mel spectrograms that `audio_edu.generation.mel.scaled_mel` makes, nearly, of the sounds.

    A vocoder's frames last 40 ms and come every 10 ms, a picture's last 64 ms and come every 16 ms. The power
    in a band grows with the square of the frame's length, in a noise (as many times more bins, each with as
    many times more power) as in a tone; that is divided out. Between frames the decibels are interpolated.
    What the longer frame has blurred in time stays blurred.

    Parameters
    ----------
    magnitudes : np.ndarray [shape=(n_clips, 257, n_frames)]
        From `SpectrogramTransform.magnitudes`.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    list of np.ndarray of float32 [shape=(n_mel_frames, 40)]
        For `audio_edu.generation.vocoder.generate.vocode`, which makes at least the samples of a clip of it.

    Raises
    ------
    ValueError
        If the shape is another one.

    Examples
    --------
    >>> [m.shape for m in mels_of_magnitudes(np.zeros((2, 257, 48)))]
    [(78, 40), (78, 40)]
    """
    if magnitudes.ndim != 3 or magnitudes.shape[1] != 1 + N_FFT // 2 or not magnitudes.shape[2]:
        raise ValueError(
            f"magnitudes has shape {magnitudes.shape}; expected (n_clips, {1 + N_FFT // 2}, n_frames)."
        )
    n_frames = magnitudes.shape[2]
    # mel frame t is centred on sample 80 t, which is frame 80 t / 128 of the picture
    n_mel_frames = 1 + -(-n_frames * HOP_LENGTH // mel.HOP_LENGTH)
    at = np.arange(n_mel_frames) * mel.HOP_LENGTH / HOP_LENGTH
    # P_b = (320 / 512)² Σ_k F_bk |X_k|²
    bank = mel_filter_bank(sample_rate, N_FFT, mel.N_MELS) * (mel.N_FFT / N_FFT) ** 2
    power = bank @ magnitudes.astype(np.float32) ** 2
    scaled = np.maximum((10 * np.log10(np.maximum(power, 1e-10)) + 30) / 50, -1)
    return [
        np.stack([np.interp(at, np.arange(n_frames), band) for band in clip], axis=1).astype(np.float32)
        for clip in scaled
    ]
