"""A mark in a generated sound that one does not hear, and that whoever has the key finds again.

*Spread spectrum*: each cell of the spectrogram, some 100 Hz by 32 ms, becomes a little louder or a little
softer. Which, says a pseudo-random pattern of ±1 drawn from the key, which is repeated every second. The
change of one cell is far below how much cells differ anyway; but over hundreds of cells the sum of
(level × pattern) grows with their number, and what is not marked only with its square root.

References
----------
Cox, Kilian, Leighton and Shamoon (1997), Secure spread spectrum watermarking for multimedia.
Kirovski and Malvar (2003), Spread-spectrum watermarking of audio signals.
"""

from dataclasses import dataclass
from typing import Annotated

import librosa
import numpy as np
import scipy.ndimage
import scipy.signal

from ..._validate import Clip, Seed, checked

#: STFT (samples); frames of a cell; cells in time before the pattern is repeated; bins of a cell, lowest and
#: highest bin. At 8 kHz: 8 ms, 32 ms, 1.024 s, 94 Hz, 250 to 3,440 Hz.
N_FFT, HOP, N_FRAMES, N_CELLS, N_BINS, LOW, HIGH = 256, 64, 4, 32, 3, 8, 110


@checked
@dataclass(frozen=True)
class Watermark:
    """A key and how strongly it is written.

    Parameters
    ----------
    key : int
        Who does not know it cannot find the mark by this test.
    strength_db : float
        How much louder or softer each cell becomes.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=16000)
    >>> mark = Watermark(key=7)
    >>> bool(mark.detect(mark.embed(x)) > 4 > mark.detect(x))
    True
    """

    key: Seed = 0
    strength_db: Annotated[float, (0.0, 12.0)] = 2.0

    @property
    def pattern(self) -> np.ndarray:
        """±1 for each cell [shape=(N_CELLS, n_bands)]; each band is up as often as down."""
        n_bands = (HIGH - LOW) // N_BINS
        half = np.repeat([1.0, -1.0], N_CELLS // 2)
        rng = np.random.default_rng(self.key)
        return np.stack([rng.permutation(half) for _ in range(n_bands)], axis=1)

    @checked
    def embed(self, x: Clip) -> np.ndarray:
        """Write the mark into a sound [shape=(n_samples,)], float64."""
        spectrum = librosa.stft(_long_enough(x), n_fft=N_FFT, hop_length=HOP)
        cells = np.arange(spectrum.shape[1]) // N_FRAMES % N_CELLS
        signs = np.repeat(self.pattern[cells], N_BINS, axis=1).T
        # |X| → |X| · 10^(±δ/20)
        spectrum[LOW : LOW + len(signs)] *= 10 ** (signs * self.strength_db / 20)
        return librosa.istft(spectrum, hop_length=HOP, length=max(len(x), N_FFT))[: len(x)]

    @checked
    def detect(self, x: Clip) -> float:
        """Return how strongly a sound [shape=(n_samples,)] holds the mark, wherever its pattern begins.

        The correlation of log-magnitudes and pattern, relative to what signs by chance would give, at the
        best of 128 beginnings. Two seconds of speech: 1 to 2 without a mark, 4 to 9 with one.
        """
        spectrum = np.abs(librosa.stft(_long_enough(x), n_fft=N_FFT, hop_length=HOP))
        level = 20 * np.log10(spectrum + 1e-4 * spectrum.max() + 1e-12)
        bands = level[LOW:HIGH].reshape(-1, N_BINS, level.shape[1]).mean(axis=1).T
        # what neighbours in time and frequency share is the sound, not the mark
        bands = bands - scipy.ndimage.uniform_filter1d(bands, 3 * N_FRAMES, axis=0)
        bands = np.clip(bands - scipy.ndimage.uniform_filter1d(bands, 9, axis=1), -10, 10)
        period = N_CELLS * N_FRAMES
        sums = np.zeros((period, bands.shape[1]))
        np.add.at(sums, np.arange(len(bands)) % period, bands)
        pattern = np.repeat(self.pattern, N_FRAMES, axis=0)
        # the correlation at every beginning at once, by the convolution theorem
        product = np.fft.rfft(sums, axis=0) * np.fft.rfft(pattern, axis=0).conj()
        correlation = np.fft.irfft(product.sum(axis=1), period)
        # with signs by chance the sum would be the root of the sum of squares
        smooth = scipy.ndimage.uniform_filter1d(sums, N_FRAMES, axis=0, mode="wrap")
        return float(correlation.max() / (N_FRAMES * np.sqrt((smooth**2).sum()) + 1e-9))


def _long_enough(x: np.ndarray) -> np.ndarray:
    return np.pad(x.astype(float), (0, max(0, N_FFT - len(x))))
