"""Where in the latent space each instrument is: `Instruments`.

A VAE is trained without labels; it does not know that there are flutes. Afterwards one may look where the
training flutes have come to lie. For each instrument a curve goes through the means of its notes' posteriors:
each latent number is a polynomial of the pitch. What is left, differences between presets and between soft
and hard notes, is a Gaussian around the curve. A draw from it is a flute between those that were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .._validate import check_range

__all__ = ["Instruments"]

DEGREE = 2


@dataclass(frozen=True, eq=False)
class Instruments:
    """A curve and a spread for each instrument.

    Attributes
    ----------
    names : tuple of str
        The instruments.
    curves : np.ndarray [shape=(n_instruments, DEGREE + 1, n_z)]
        Legendre coefficients of z as a function of the pitch, scaled to −1...1 over the instrument's range.
    spreads : np.ndarray [shape=(n_instruments, n_z, n_z)]
        A root of the covariance around the curve.
    ranges : np.ndarray [shape=(n_instruments, 2)]
        Lowest and highest pitch (MIDI numbers).
    """

    names: tuple[str, ...]
    curves: np.ndarray
    spreads: np.ndarray
    ranges: np.ndarray

    @classmethod
    def fit(
        cls, names: Sequence[str], labels: np.ndarray, pitches: np.ndarray, mean: np.ndarray
    ) -> Instruments:
        """Fit curves to the posterior means of training notes.

        Parameters
        ----------
        names : sequence of str
            The instruments, by label.
        labels : np.ndarray [shape=(n_notes,)]
            Which instrument each note is of; notes of every instrument are needed.
        pitches : np.ndarray [shape=(n_notes,)]
            MIDI numbers.
        mean : np.ndarray [shape=(n_notes, n_z)]
            μ(x) of each note.
        """
        curves, spreads, ranges = [], [], []
        for label in range(len(names)):
            its = np.asarray(labels) == label
            low, high = float(np.min(pitches[its])), float(np.max(pitches[its]))
            basis = _basis(np.asarray(pitches)[its], low, high)
            curve = np.linalg.lstsq(basis, mean[its], rcond=None)[0]
            left = mean[its] - basis @ curve
            curves.append(curve)
            # A root R of the covariance: Rᵀ R = leftᵀ left / n. It need not be triangular.
            _, size, directions = np.linalg.svd(left / np.sqrt(max(1, len(left))), full_matrices=False)
            root = np.zeros((mean.shape[1], mean.shape[1]))
            root[: len(size)] = size[:, np.newaxis] * directions
            spreads.append(root)
            ranges.append((low, high))
        return cls(
            tuple(names),
            np.array(curves, np.float32),
            np.array(spreads, np.float32),
            np.array(ranges, np.float32),
        )

    def range_of(self, instrument: str) -> tuple[float, float]:
        """Return an instrument's lowest and highest pitch (MIDI numbers)."""
        low, high = self.ranges[self.names.index(instrument)]
        return float(low), float(high)

    def at(self, instrument: str, pitch: float) -> np.ndarray:
        """Return the middle of an instrument's notes at a pitch [shape=(n_z,)].

        Raises
        ------
        ValueError
            If the pitch is outside the instrument's range.
        """
        low, high = self.range_of(instrument)
        check_range(pitch, f"pitch (of {instrument})", low, high)
        curve = self.curves[self.names.index(instrument)]
        return (_basis(np.array([pitch]), low, high) @ curve)[0].astype(np.float32)

    def draw(
        self, rng: np.random.Generator, instrument: str, pitches: np.ndarray, temperature: float
    ) -> np.ndarray:
        """Draw a note of an instrument at each pitch [shape=(n, n_z)]."""
        noise = rng.standard_normal((len(pitches), self.spreads.shape[1])).astype(np.float32)
        middle = np.stack([self.at(instrument, float(pitch)) for pitch in pitches])
        return middle + temperature * noise @ self.spreads[self.names.index(instrument)]


def _basis(pitch: np.ndarray, low: float, high: float) -> np.ndarray:
    """Legendre polynomials of the pitch [shape=(n, DEGREE + 1)]."""
    t = 2 * (np.asarray(pitch, np.float64) - low) / max(high - low, 1e-9) - 1
    return np.polynomial.legendre.legvander(t, DEGREE)
