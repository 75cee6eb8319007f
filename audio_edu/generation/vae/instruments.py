"""Where in the latent space each instrument is: `Instruments`.

A VAE is trained without labels; it does not know that there are flutes. Afterwards one may look where the
training flutes have come to lie. For each instrument a curve goes through the means of its notes' posteriors:
each latent number is a polynomial of the pitch. What is left, differences between presets and between soft
and hard notes, is a Gaussian around the curve. A draw from it is a flute between those that were recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from ..._validate import check_choice, check_range, checked

DEGREE = 2


@checked
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
    @checked
    def fit(
        cls, names: Sequence[str], labels: NDArray[np.int64], pitches: np.ndarray, mean: np.ndarray
    ) -> Instruments:
        """Fit curves to the posterior means of training notes.

        Parameters
        ----------
        names : sequence of str
            The instruments, in the order of their labels.
        labels : np.ndarray [shape=(n_notes,)]
            Which instrument each note is of.
        pitches : np.ndarray [shape=(n_notes,)]
            MIDI numbers.
        mean : np.ndarray [shape=(n_notes, n_z)]
            μ(x) of each note.
        """
        curves, spreads, ranges = [], [], []
        for label in np.unique(labels):
            rows = labels == label
            low, high = float(pitches[rows].min()), float(pitches[rows].max())
            basis = _basis(pitches[rows], low, high)
            curve = np.linalg.lstsq(basis, mean[rows], rcond=None)[0]
            residual = mean[rows] - basis @ curve
            # A root R of the covariance: Rᵀ R = residualᵀ residual / n. It need not be triangular.
            _, size, directions = np.linalg.svd(residual / np.sqrt(len(residual)), full_matrices=False)
            root = np.zeros((mean.shape[1], mean.shape[1]))
            root[: len(size)] = size[:, np.newaxis] * directions
            curves.append(curve)
            spreads.append(root)
            ranges.append((low, high))
        arrays = (np.array(values, np.float32) for values in (curves, spreads, ranges))
        return cls(tuple(names), *arrays)

    @checked
    def range_of(self, instrument: str) -> tuple[float, float]:
        """Return an instrument's lowest and highest pitch (MIDI numbers)."""
        check_choice(instrument, "instrument", self.names)
        low, high = self.ranges[self.names.index(instrument)]
        return float(low), float(high)

    @checked
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

    @checked
    def draw(
        self,
        rng: np.random.Generator,
        instrument: str,
        pitches: np.ndarray,
        temperature: Annotated[float, (0.0, 1000.0)],
    ) -> np.ndarray:
        """Draw the z of a note of an instrument at each pitch [shape=(n, n_z)]."""
        noise = rng.standard_normal((len(pitches), self.spreads.shape[1])).astype(np.float32)
        middle = np.stack([self.at(instrument, float(pitch)) for pitch in pitches])
        return middle + temperature * noise @ self.spreads[self.names.index(instrument)]


def _basis(pitch: np.ndarray, low: float, high: float) -> np.ndarray:
    """Legendre polynomials of the pitch [shape=(n, DEGREE + 1)]."""
    t = 2 * (np.asarray(pitch, np.float64) - low) / max(high - low, 1e-9) - 1
    return np.polynomial.legendre.legvander(t, DEGREE)
