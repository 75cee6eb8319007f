"""One small trained VAE for all the tests of a process."""

import pytest
from vaes import DEVELOPMENT, RECIPE

from audio_edu.generation.vae import FAMILY
from audio_edu.training import train


@pytest.fixture(scope="session")
def model():
    """Trained on two instruments; not to be changed."""
    return train(FAMILY, RECIPE, DEVELOPMENT)[0]
