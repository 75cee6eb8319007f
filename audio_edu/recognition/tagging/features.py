"""What the network sees: log-mel frames, with the loudest moment of the clip as 0 dB."""

from dataclasses import dataclass

import numpy as np

from ..._validate import check_positive, check_range, check_sample_rate, checked
from ..features import MelSettings, log_mel_frames


@checked
@dataclass(frozen=True)
class TagSettings(MelSettings):
    """How samples become frames.

    Parameters
    ----------
    sample_rate : int
        Samples a second (Hz).
    n_fft, hop_length : int
        Frame and step of the STFT (samples): 32 ms and 20 ms at 16 kHz.
    n_mels : int
        Mel bands.
    floor_db : float
        Nothing lies further below the loudest band than this.
    silence_db : float
        The loudest band is never taken to be softer than this, or a room's hiss would be blown up.
    """

    sample_rate: int = 16000
    n_fft: int = 512
    hop_length: int = 320
    n_mels: int = 64
    floor_db: float = 70.0
    silence_db: float = -30.0

    def __post_init__(self) -> None:
        check_sample_rate(self.sample_rate)
        for name in ("n_fft", "hop_length", "n_mels"):
            check_positive(getattr(self, name), name, integer=True)
        check_positive(self.floor_db, "floor_db", unit="of dB")
        check_range(self.silence_db, "silence_db", -100.0, 100.0)


@checked
def frames(x: np.ndarray, settings: TagSettings) -> np.ndarray:
    """Return the normalized frames of clips of one length.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_samples)]
        Samples.
    settings : TagSettings
        How.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32
        From −1 (the floor) to 1 (the loudest).

    Examples
    --------
    >>> frames(np.zeros((2, 16000), np.float32), TagSettings()).shape
    (2, 51, 64)
    """
    return normalize(log_mel_frames(x, settings), settings)


@checked
def normalize(mel_db: np.ndarray, settings: TagSettings) -> np.ndarray:
    """Bring log-mel spectrograms (dB) [shape=(n_clips, n_frames, n_mels)] to the range from −1 to 1."""
    if mel_db.ndim != 3:
        raise ValueError(f"mel_db has shape {mel_db.shape}; expected (n_clips, n_frames, n_mels).")
    top = np.maximum(mel_db.max(axis=(1, 2), keepdims=True), settings.silence_db)
    below = np.maximum(mel_db - top, -settings.floor_db)
    return (1 + 2 * below / settings.floor_db).astype(np.float32)
