"""What the networks see of a sound, and the way back.

``spectrogram``: log magnitudes of 256 bins × 48 frames, each bin normalised by its own mean and spread over
the training clips, clipped to three spreads and divided by them (as SpecGAN does). The bin of 4,000 Hz is
left out so that the picture can be halved four times; it is zero on the way back. Magnitudes below `FLOOR`
(66 dB below the loudest that a sine can get) count as silence. The way back finds a phase by the fast
Griffin-Lim algorithm. Frames are long, 64 ms, so that the lines of a voice lie apart, 6 to 13 bins.

``waveform``: the samples themselves.

Words stand at the picture's left edge, with silence after them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._validate import check_choice
from ..datasets import Corpus
from ..signal import griffin_lim, stft

__all__ = ["FLOOR", "HOP_LENGTH", "N_BINS", "N_FFT", "N_FRAMES", "N_SAMPLES", "Pictures"]

N_FFT, HOP_LENGTH = 512, 128
N_BINS, N_FRAMES = N_FFT // 2, 48
#: 0.768 s at 8 kHz
N_SAMPLES = HOP_LENGTH * N_FRAMES
#: Magnitudes of an STFT of samples from -1 to 1; a full-scale sine has 128.
FLOOR = 0.06
#: Values are clipped to so many spreads on both sides of the mean.
N_SPREADS = 3.0


@dataclass(frozen=True, eq=False)
class Pictures:
    """The way from samples to what a network sees, and back.

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What it sees.
    mean, spread : np.ndarray [shape=(256,)]
        Of each bin's log magnitude. Not used for waveforms.

    Examples
    --------
    >>> x = np.sin(np.arange(3000) / 5).astype(np.float32)
    >>> pictures = Pictures("spectrogram", np.full(256, -3.0, np.float32), np.full(256, 2.0, np.float32))
    >>> seen = pictures.of([x])
    >>> seen.shape, pictures.sounds(seen).shape
    ((1, 256, 48, 1), (1, 6144))
    """

    kind: str
    mean: np.ndarray
    spread: np.ndarray

    def __post_init__(self) -> None:
        check_choice(self.kind, "kind", ("spectrogram", "waveform"))

    @classmethod
    def fit(cls, kind: str, corpus: Corpus) -> Pictures:
        """Measure each bin's mean and spread over all clips of a corpus."""
        log = _log_magnitudes(corpus.pad(N_SAMPLES))
        return cls(kind, log.mean(axis=(0, 2)), log.std(axis=(0, 2)))

    def of(self, clips: list[np.ndarray] | np.ndarray) -> np.ndarray:
        """Return what a network sees of clips.

        Parameters
        ----------
        clips : sequence of np.ndarray [shape=(n_samples_i,)]
            Samples at 8 kHz; after 6,144 of them the rest is cut off, before that there is silence.

        Returns
        -------
        np.ndarray [shape=(n_clips, 256, 48, 1) or (n_clips, 6144, 1)], float32
            From -1 to 1.
        """
        rows = np.zeros((len(clips), N_SAMPLES), np.float32)
        for row, clip in zip(rows, clips, strict=True):
            row[: len(clip)] = clip[:N_SAMPLES]
        if self.kind == "waveform":
            return rows[..., None]
        # x = (log max(|X|, floor) − μ_k) / 3 σ_k, between −1 and 1
        log = _log_magnitudes(rows)
        return np.clip((log - self._mean) / self._scale, -1, 1)[..., None]

    def magnitudes(self, pictures: np.ndarray) -> np.ndarray:
        """Return the magnitudes [shape=(n_clips, 257, 48)] that spectrogram pictures stand for."""
        # |X| = exp(3 σ_k x + μ_k); what does not rise above the floor is silence
        magnitude = np.exp(np.asarray(pictures, np.float32)[..., 0] * self._scale + self._mean)
        magnitude[magnitude < 1.1 * FLOOR] = 0
        return np.pad(magnitude, [(0, 0), (0, 1), (0, 0)])

    def sounds(self, pictures: np.ndarray, *, n_iter: int = 32) -> np.ndarray:
        """Return sounds that look like these pictures.

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, 256, 48, 1) or (n_clips, 6144, 1)]
            From -1 to 1.
        n_iter : int
            Iterations of the search for a phase.

        Returns
        -------
        np.ndarray [shape=(n_clips, 6144)], float32
            Samples within -1 … 1: scaled down where the sum of all waves went beyond.
        """
        if self.kind == "waveform":
            return np.asarray(pictures, np.float32)[..., 0]
        sound = griffin_lim(self.magnitudes(pictures), hop_length=HOP_LENGTH, n_iter=n_iter, length=N_SAMPLES)
        return (sound / np.maximum(1.0, np.abs(sound).max(axis=-1, keepdims=True))).astype(np.float32)

    @property
    def _mean(self) -> np.ndarray:
        return self.mean[:, None]

    @property
    def _scale(self) -> np.ndarray:
        return N_SPREADS * self.spread[:, None]


def _log_magnitudes(rows: np.ndarray) -> np.ndarray:
    """Return log magnitudes [shape=(n_clips, 256, 48)] of rows of samples."""
    parts = [
        np.abs(stft(rows[i : i + 256], n_fft=N_FFT, hop_length=HOP_LENGTH))[:, :N_BINS, :N_FRAMES]
        for i in range(0, len(rows), 256)
    ]
    return np.log(np.maximum(np.concatenate(parts), FLOOR)).astype(np.float32)
