"""The VAE's formulas against Keras, SciPy and chance."""

import numpy as np
import pytest
from keras import ops

from audio_edu.generation.vae.formulas import (
    elbo_by_hand,
    kl_by_hand,
    log_density_by_hand,
    sample_by_hand,
)
from audio_edu.generation.vae.model import Sampling, gaussian_log_density, kl_divergence
from audio_edu.training import as_array


def test_one_example_by_hand_is_what_keras_computes():
    rng = np.random.default_rng(1)
    x, h = rng.standard_normal((2, 50))
    mean, log_variance, epsilon = rng.standard_normal((3, 4))
    z = as_array(Sampling()((mean[None], log_variance[None], epsilon[None])))[0]
    np.testing.assert_allclose(sample_by_hand(mean, log_variance, epsilon), z, rtol=1e-5)
    kl = as_array(kl_divergence(ops.convert_to_tensor(mean), ops.convert_to_tensor(log_variance)))
    np.testing.assert_allclose(kl_by_hand(mean, log_variance), kl, rtol=1e-5)
    density = float(gaussian_log_density(np.sum((x - h) ** 2), 50, 0.3))
    assert log_density_by_hand(x, h, 0.3) == pytest.approx(density, rel=1e-6)
    assert elbo_by_hand(x, h, mean, log_variance, 0.3) == pytest.approx(density - kl.sum(), rel=1e-5)


def test_density_is_scipys():
    from scipy.stats import norm

    x, h = np.random.default_rng(2).standard_normal((2, 7))
    assert log_density_by_hand(x, h, 0.4) == pytest.approx(norm.logpdf(x, h, 0.4).sum())
    with pytest.raises(ValueError, match="sigma"):
        log_density_by_hand(x, h, 0.0)


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (1.5, 0.3), (-0.2, 2.0)])
def test_divergence_is_the_mean_log_ratio(mean, sigma):
    """Monte Carlo: KL(q ‖ p) = E_q [log q(z) − log p(z)], to four standard errors."""
    z = mean + sigma * np.random.default_rng(3).standard_normal(200_000)
    ratio = -0.5 * ((z - mean) / sigma) ** 2 - np.log(sigma) + 0.5 * z**2
    error = ratio.std() / np.sqrt(len(ratio))
    kl = kl_by_hand(np.array([mean]), np.array([2 * np.log(sigma)]))[0]
    assert abs(kl - ratio.mean()) <= 4 * error + 1e-12


def test_the_gradient_passes_through_the_draw():
    """Of E z², d/dμ is 2μ and d/dσ is 2σ; a finite difference with the same noise finds them."""
    mean, sigma, epsilon = 0.7, 0.5, np.random.default_rng(4).standard_normal(400_000)

    def expected(m, s):
        log_variance = np.full_like(epsilon, 2 * np.log(s))
        z = Sampling()((np.full_like(epsilon, m)[None], log_variance[None], epsilon[None]))
        return float(np.mean(np.square(as_array(z).astype(np.float64))))

    d = 1e-2
    assert (expected(mean + d, sigma) - expected(mean - d, sigma)) / (2 * d) == pytest.approx(1.4, abs=0.01)
    assert (expected(mean, sigma + d) - expected(mean, sigma - d)) / (2 * d) == pytest.approx(1.0, abs=0.01)
