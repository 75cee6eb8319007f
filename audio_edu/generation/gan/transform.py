"""What the networks see of a sound, and the way back.

``spectrogram``: log magnitudes of 256 bins × 48 frames, each bin normalised by its own mean and spread over
the training clips, clipped to three spreads and divided by them (as SpecGAN does). The bin of 4,000 Hz is
left out so that the image can be halved four times; it is zero on the way back. Magnitudes below `FLOOR`
(66 dB below the loudest that a sine can get) count as silence. The way back finds a phase by the fast
Griffin-Lim algorithm. Frames are long, 64 ms, so that the lines of a voice lie apart, 6 to 13 bins.

``waveform``: the samples themselves.

Words stand at the image's left edge, with silence after them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from ..._validate import Clip, checked
from ...datasets import Corpus
from ...signal import griffin_lim, stft

N_FFT, HOP_LENGTH = 512, 128
N_BINS, N_FRAMES = N_FFT // 2, 48
#: 0.768 s at 8 kHz
N_SAMPLES = HOP_LENGTH * N_FRAMES
#: Magnitudes of an STFT of samples from -1 to 1; a full-scale sine has 128.
FLOOR = 0.06
#: Values are clipped to so many spreads on both sides of the mean.
N_SPREADS = 3.0
#: Annotation: values from -1 to 1, or near it.
Images = Annotated[np.ndarray, (-2.0, 2.0)]


class WaveformTransform:
    """Samples as they are, each clip as long as any other."""

    @checked
    def transform(self, clips: Sequence[Clip]) -> np.ndarray:
        """Return what a network sees of clips.

        Parameters
        ----------
        clips : sequence of np.ndarray [shape=(n_samples_i,)]
            Samples at 8 kHz; after 6,144 of them the rest is cut off, before that there is silence.

        Returns
        -------
        np.ndarray [shape=(n_clips, 6144, 1)], float32
        """
        return _rows(clips)[..., None]

    @checked
    def inverse_transform(self, images: Images, *, n_iter: int = 0) -> np.ndarray:
        """Return the samples [shape=(n_clips, 6144)]; there is no phase to search for."""
        return images.astype(np.float32)[..., 0]


@checked
@dataclass(frozen=True, eq=False)
class SpectrogramTransform:
    """Normalised log magnitudes, and back by a search for a phase.

    Parameters
    ----------
    mean, spread : np.ndarray [shape=(256,)]
        Of each bin's log magnitude.

    Examples
    --------
    >>> x = np.sin(np.arange(3000) / 5).astype(np.float32)
    >>> transform = SpectrogramTransform(np.full(256, -3.0, np.float32), np.full(256, 2.0, np.float32))
    >>> images = transform.transform([x])
    >>> images.shape, transform.inverse_transform(images).shape
    ((1, 256, 48, 1), (1, 6144))
    """

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    @checked
    def fit(cls, corpus: Corpus) -> SpectrogramTransform:
        """Measure each bin's mean and spread over all clips of a corpus."""
        log = _log_magnitudes(corpus.pad(N_SAMPLES))
        return cls(log.mean(axis=(0, 2)), log.std(axis=(0, 2)))

    @checked
    def transform(self, clips: Sequence[Clip]) -> np.ndarray:
        """Return what a network sees of clips.

        Parameters
        ----------
        clips : sequence of np.ndarray [shape=(n_samples_i,)]
            Samples at 8 kHz; after 6,144 of them the rest is cut off, before that there is silence.

        Returns
        -------
        np.ndarray [shape=(n_clips, 256, 48, 1)], float32
            From -1 to 1.
        """
        # x = (log max(|X|, floor) − μ_k) / 3 σ_k, between −1 and 1
        log = _log_magnitudes(_rows(clips))
        return np.clip((log - self.mean[:, None]) / self._scale, -1, 1)[..., None]

    @checked
    def magnitudes(self, images: Images) -> np.ndarray:
        """Return the magnitudes [shape=(n_clips, 257, 48)] that images stand for."""
        # |X| = exp(3 σ_k x + μ_k); what does not rise above the floor is silence
        magnitude = np.exp(images.astype(np.float32)[..., 0] * self._scale + self.mean[:, None])
        magnitude[magnitude < 1.1 * FLOOR] = 0
        return np.pad(magnitude, [(0, 0), (0, 1), (0, 0)])

    @checked
    def inverse_transform(self, images: Images, *, n_iter: int = 32) -> np.ndarray:
        """Return sounds with these spectrograms.

        Parameters
        ----------
        images : np.ndarray [shape=(n_clips, 256, 48, 1)]
            From -1 to 1.
        n_iter : int
            Iterations of the search for a phase.

        Returns
        -------
        np.ndarray [shape=(n_clips, 6144)], float32
            Samples within -1 … 1: scaled down where the sum of all waves went beyond.
        """
        sound = griffin_lim(self.magnitudes(images), hop_length=HOP_LENGTH, n_iter=n_iter, length=N_SAMPLES)
        return (sound / np.maximum(1.0, np.abs(sound).max(axis=-1, keepdims=True))).astype(np.float32)

    @property
    def _scale(self) -> np.ndarray:
        return N_SPREADS * self.spread[:, None]


def _rows(clips: Sequence[np.ndarray]) -> np.ndarray:
    """Return clips as rows of `N_SAMPLES`: the end cut off, or silence added."""
    rows = np.zeros((len(clips), N_SAMPLES), np.float32)
    for row, clip in zip(rows, clips, strict=True):
        row[: len(clip)] = clip[:N_SAMPLES]
    return rows


def _log_magnitudes(rows: np.ndarray) -> np.ndarray:
    """Return log magnitudes [shape=(n_clips, 256, 48)] of rows of samples."""
    parts = [
        np.abs(stft(rows[i : i + 256], n_fft=N_FFT, hop_length=HOP_LENGTH))[:, :N_BINS, :N_FRAMES]
        for i in range(0, len(rows), 256)
    ]
    return np.log(np.maximum(np.concatenate(parts), FLOOR)).astype(np.float32)
