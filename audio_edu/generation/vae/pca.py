"""Principal components: the straight line that a variational autoencoder has to beat.

PCA describes a picture by its place along the few directions in which pictures differ most. Tipping and
Bishop's *probabilistic* PCA makes a distribution of it, with the same ingredients as a VAE:

``p(z) = N(0, I)``,  ``p(x|z) = N(W z + m, σ² I)``,

only that the decoder is a straight line. So its evidence ``p(x) = N(m, W Wᵀ + σ² I)`` is known exactly, in
the same unit, nats, as a VAE's lower bound on it.

References
----------
Tipping and Bishop (1999), Probabilistic principal component analysis.
Lucas, Tucker, Grosse and Norouzi (2019), Don't blame the ELBO! A linear VAE perspective on posterior
collapse.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._validate import Positive, Size, check_positive, check_range, checked


@checked
@dataclass(frozen=True, eq=False)
class Pca:
    """The directions in which pictures differ most.

    Attributes
    ----------
    mean : np.ndarray [shape=(n_values,)]
        The mean picture, laid out as one row.
    directions : np.ndarray [shape=(n_directions, n_values)]
        Of length 1, at right angles to each other (to float16's precision), the most important one first.
    variances : np.ndarray [shape=(n_directions,)]
        Of the pictures along each direction.
    rest : float
        The sum of the variances along all other directions.
    """

    mean: np.ndarray
    directions: np.ndarray
    variances: np.ndarray
    rest: float

    @classmethod
    @checked
    def fit(cls, pictures: np.ndarray, n_directions: int = 256) -> Pca:
        """Find the directions of some pictures.

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, ...)]
            More of them than directions.
        n_directions : int
            How many.
        """
        x = pictures.reshape(len(pictures), -1).astype(np.float32)
        if len(x) < 2:
            raise ValueError(f"pictures has shape {pictures.shape}; expected more of them than directions.")
        check_range(n_directions, "n_directions", 1, min(len(x) - 1, x.shape[1]), integer=True)
        mean = x.mean(axis=0)
        x = x - mean
        # The directions of x are those of the small matrix x xᵀ, turned back.
        variances, vectors = np.linalg.eigh((x @ x.T).astype(np.float64) / len(x))
        variances, vectors = variances[::-1][:n_directions], vectors[:, ::-1][:, :n_directions]
        if variances[-1] <= 1e-12 * max(variances[0], np.square(mean).sum()):
            raise ValueError(f"n_directions is {n_directions}; the pictures do not differ in so many.")
        directions = (vectors.T @ x) / np.sqrt(len(x) * variances)[:, np.newaxis]
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, np.newaxis], axis=1)
        directions = (directions * np.sign(largest)).astype(np.float16).astype(np.float32)
        rest = float(np.square(x).sum(axis=1).mean() - variances.sum())
        return cls(mean, directions, variances.astype(np.float32), max(rest, 0.0))

    @property
    def n_values(self) -> int:
        """Numbers in a picture."""
        return self.mean.size

    @checked
    def transform(self, pictures: np.ndarray) -> np.ndarray:
        """Return the coordinates of pictures along the directions [shape=(n_clips, n_directions)]."""
        return self._centred(pictures) @ self.directions.T

    @checked
    def inverse_transform(self, coordinates: np.ndarray) -> np.ndarray:
        """Return the pictures, as rows, at coordinates along the first directions, or along all of them.

        Parameters
        ----------
        coordinates : np.ndarray [shape=(n_clips, n_directions or fewer)]

        Returns
        -------
        np.ndarray [shape=(n_clips, n_values)]
        """
        c = coordinates.astype(np.float32)
        return c @ self.directions[: c.shape[1]] + self.mean

    @checked
    def squared_distance(self, pictures: np.ndarray, coordinates: np.ndarray) -> np.ndarray:
        """Return how far pictures are from the space of the directions: ``‖x − m‖² − ‖coordinates‖²``.

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, ...)]
        coordinates : np.ndarray [shape=(n_clips, n_directions)]
            From `transform`.

        Returns
        -------
        np.ndarray [shape=(n_clips,)]
            0 or above.
        """
        length = np.square(self._centred(pictures)).sum(axis=1)
        return np.maximum(length - np.square(coordinates).sum(axis=1), 0)

    @checked
    def sigma(self, n_z: int) -> float:
        """Return probabilistic PCA's σ: the root of the mean variance along the directions left out."""
        check_range(n_z, "n_z", 0, self.n_values - 1, integer=True)
        left_out = self.variances[n_z:].sum() + self.rest
        return float(np.sqrt(left_out / (self.n_values - n_z)))

    @checked
    def log_likelihood(self, pictures: np.ndarray, n_z: int, *, sigma: Positive | None = None) -> np.ndarray:
        """Return probabilistic PCA's exact ``log p(x)``, in nats.

        Parameters
        ----------
        pictures : np.ndarray [shape=(n_clips, ...)]
        n_z : int
            The number of directions that are described; the others are noise.
        sigma : float, optional
            The noise's standard deviation, in the pictures' unit. Default: the one that makes the pictures
            fitted on most likely.

        Returns
        -------
        np.ndarray [shape=(n_clips,)]
        """
        check_range(n_z, "n_z", 1, len(self.variances), integer=True)
        noise = check_positive(self.sigma(n_z) if sigma is None else sigma, "sigma") ** 2
        c = self.transform(pictures)
        # The variance along a direction is that of the pictures, and never below the noise.
        along = np.maximum(self.variances[:n_z], noise)
        out = np.square(c[:, n_z:]).sum(axis=1) + self.squared_distance(pictures, c)
        # −½ ( D log 2π + Σ log λ_i + (D − d) log σ² + Σ c_i² / λ_i + ‖rest‖² / σ² )
        constant = (
            self.n_values * np.log(2 * np.pi) + np.log(along).sum() + (self.n_values - n_z) * np.log(noise)
        )
        return -0.5 * (constant + (np.square(c[:, :n_z]) / along).sum(axis=1) + out / noise)

    @checked
    def reconstruct(self, pictures: np.ndarray, n_z: Size) -> np.ndarray:
        """Return the pictures as `n_z` numbers describe them."""
        return self.inverse_transform(self.transform(pictures)[:, :n_z]).reshape(np.shape(pictures))

    @checked
    def n_survivors(self, sigma: float, beta: float = 1.0) -> int:
        """Return how many latent numbers a linear VAE keeps: those with ``variance > β σ²``.

        Along every other direction the description costs more nats than it saves, and the best posterior is
        the prior: it collapses.
        """
        return int(np.sum(self.variances > beta * sigma**2))

    def _centred(self, pictures: np.ndarray) -> np.ndarray:
        return pictures.astype(np.float32).reshape(len(pictures), -1) - self.mean
