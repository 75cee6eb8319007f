"""One step: the network learns from what it made of a spoilt sound, and the sound as it was."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ...layers.spectra import spectral_loss
from ...training import compiled, pull_back, value_and_gradient
from .recipe import RestorationRecipe

#: A sound that is so many times less wrong than loud is right: nothing is learned of what is 30 dB down.
_ENOUGH = 1e-3


def restoration_step(
    network: keras.Model, recipe: RestorationRecipe, sample_rate: int
) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the training, compiled.

    Parameters
    ----------
    network : keras.Model
        See `RestorationNetwork`, compiled with its optimizer.
    recipe : RestorationRecipe
        For the task and the weight of the spectral loss.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    callable
        ``step(clean, spoilt, known)``, see `audio_edu.applications.restoration.data`, changes the weights and
        returns the loss and the signal-to-noise ratio (dB): of all samples, or of those that were not known.
    """
    network.optimizer.build(network.trainable_variables)

    def step(*batch: Any) -> tuple[Any, ...]:
        clean, spoilt, known = map(ops.convert_to_tensor, batch)
        (output, _), pull = pull_back(lambda: (network(spoilt, known), None), network)

        def objective(y: Any) -> tuple[Any, Any]:
            # what was known stays as it was
            y = known * spoilt + (1 - known) * y
            error = ops.sum(ops.square(clean - y), axis=1)
            target = ops.sum(ops.square((1 - known) * clean), axis=1) + 1e-6
            # 10 lg Σ s² / (Σ (s − y)² + τ Σ s²)
            snr_db = -10 / 2.302585 * ops.mean(ops.log(error / target + _ENOUGH))
            loss = -snr_db / 10
            if recipe.spectral:
                loss = loss + recipe.spectral * spectral_loss(clean, y, sample_rate)
            return loss, snr_db

        (loss, snr_db), gradient = value_and_gradient(objective, output)
        network.optimizer.apply(pull(gradient), network.trainable_variables)
        return loss, snr_db

    return compiled(step, [*network.variables, *network.optimizer.variables])
