"""Principal components, and the probability that they give a picture."""

import numpy as np
import pytest

from audio_edu.generation.vae import Pca


def test_probabilistic_pca_is_the_gaussian_it_says():
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(6)
    x = (
        rng.standard_normal((400, 3)) @ rng.standard_normal((3, 12))
        + 0.3 * rng.standard_normal((400, 12))
        + 1
    )
    pca, n_z = Pca.fit(x, 12), 3
    scale = np.sqrt(pca.variances[:n_z] - pca.sigma(n_z) ** 2)
    w = pca.directions[:n_z].T * scale
    covariance = w @ w.T + pca.sigma(n_z) ** 2 * np.eye(12)
    expected = multivariate_normal(pca.mean, covariance).logpdf(x)
    np.testing.assert_allclose(pca.log_likelihood(x, n_z), expected, atol=0.15)
    assert pca.sigma(n_z) == pytest.approx(0.3, rel=0.05)
    assert pca.n_survivors(0.3, beta=4.0) == 3 and pca.n_survivors(100.0) == 0


def test_coordinates_and_distance_are_those_of_a_right_angled_triangle():
    x = np.random.default_rng(7).standard_normal((40, 3, 4)).astype(np.float32)
    pca = Pca.fit(x, 12)
    np.testing.assert_allclose(pca.directions @ pca.directions.T, np.eye(12), atol=2e-3)
    np.testing.assert_allclose(pca.reconstruct(x, 12), x, atol=0.02)
    few = Pca.fit(x, 5)
    c = few.transform(x)
    error = np.square(few.reconstruct(x, 5) - x).sum(axis=(1, 2))
    np.testing.assert_allclose(few.squared_distance(x, c), error, rtol=0.02)
    np.testing.assert_allclose(few.variances, c.var(axis=0), rtol=0.01)
    with pytest.raises(ValueError, match="n_directions"):
        Pca.fit(x, 40)
