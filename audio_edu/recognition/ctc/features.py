"""What the network sees: log-mel frames every 10 ms, without the level of the recording."""

from dataclasses import dataclass

import numpy as np

from ..._validate import check_positive, check_range, check_sample_rate, checked
from ..features import MelSettings, log_mel_frames, speech_mask


@checked
@dataclass(frozen=True)
class SpeechSettings(MelSettings):
    """How samples become frames.

    Parameters
    ----------
    sample_rate : int
        Samples a second (Hz).
    n_fft, hop_length : int
        Frame and step of the STFT (samples): 32 ms and 10 ms at 8 kHz.
    n_mels : int
        Mel bands.
    range_db : float
        What comes before the first frame within so many dB of the loudest, or after the last, is no speech.
    floor_db : float
        Nothing lies further below the loudest band than this.
    whitening : float
        How much of each band's mean is taken away, from 0 (only the level) to 1.
    causal : bool
        Whether a frame is normalized by what came before it alone; `range_db` and `whitening` then do
        nothing.
    decay_db : float
        How fast the remembered loudest band sinks, where `causal` (dB a second).
    """

    sample_rate: int = 8000
    n_fft: int = 256
    hop_length: int = 80
    n_mels: int = 40
    range_db: float = 40.0
    floor_db: float = 60.0
    whitening: float = 0.5
    causal: bool = False
    decay_db: float = 6.0

    def __post_init__(self) -> None:
        check_sample_rate(self.sample_rate)
        for name in ("n_fft", "hop_length", "n_mels"):
            check_positive(getattr(self, name), name, integer=True)
        for name in ("range_db", "floor_db", "decay_db"):
            check_positive(getattr(self, name), name, unit="of dB")
        check_range(self.whitening, "whitening", 0.0, 1.0)


@checked
def frames(x: np.ndarray, settings: SpeechSettings) -> np.ndarray:
    """Return the normalized frames of recordings of one length.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_samples)]
        Samples.
    settings : SpeechSettings
        How.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32

    Examples
    --------
    >>> frames(np.zeros((2, 8000), np.float32), SpeechSettings()).shape
    (2, 101, 40)
    """
    return normalize(log_mel_frames(x, settings), settings)


@checked
def normalize(mel_db: np.ndarray, settings: SpeechSettings) -> np.ndarray:
    """Take the level out of log-mel spectrograms, by the whole recording or by its past alone.

    Parameters
    ----------
    mel_db : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        Log-mel spectrograms (dB), time first.
    settings : SpeechSettings
        How.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32
        About 1 in size.

    Examples
    --------
    >>> quiet = np.linspace(-50, 0, 120).reshape(1, 30, 4)
    >>> for causal in (False, True):
    ...     settings = SpeechSettings(causal=causal)
    ...     bool(np.allclose(normalize(quiet, settings), normalize(quiet + 20, settings)))
    True
    True
    """
    if mel_db.ndim != 3:
        raise ValueError(f"mel_db has shape {mel_db.shape}; expected (n_clips, n_frames, n_mels).")
    s = settings
    if s.causal:
        return below_level(mel_db, past_level(mel_db, s), s)
    top = mel_db.max(axis=(1, 2), keepdims=True)
    mel_db = np.maximum(mel_db, top - s.floor_db)
    m = speech_mask(mel_db.max(axis=2), s.range_db)[..., None].astype(np.float32)
    n = m.sum(axis=1, keepdims=True)
    mean = (mel_db * m).sum(axis=1, keepdims=True) / n
    mean = s.whitening * mean + (1 - s.whitening) * mean.mean(axis=-1, keepdims=True)
    x = (mel_db - mean) * m
    std = np.sqrt(np.square(x).sum(axis=(1, 2), keepdims=True) / (n * mel_db.shape[-1]))
    return (x / (std + 1e-3)).astype(np.float32)


def past_level(mel_db: np.ndarray, s: SpeechSettings, before: float = -np.inf) -> np.ndarray:
    """Return the loudest band of the past, which sinks with time (dB) [shape=(n_clips, n_frames)].

    `before` is its value at the frame before the first.
    """
    # L_t = max(loudest band of frame t, L_{t−1} − decay), written without a loop: the decay is a slope
    step = s.decay_db * s.hop_length / s.sample_rate
    sunk = step * np.arange(mel_db.shape[1])
    loudest = np.maximum(mel_db.max(axis=2) + sunk, before - step)
    return np.maximum.accumulate(loudest, axis=1) - sunk


def below_level(mel_db: np.ndarray, level: np.ndarray, s: SpeechSettings) -> np.ndarray:
    """Return the frames, normalized by `past_level`."""
    below = np.maximum(mel_db - level[..., None], -s.floor_db)
    return (1 + 2 * below / s.floor_db).astype(np.float32)
