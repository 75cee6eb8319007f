"""One step: the codec learns from the spectral loss, and to keep its vectors near its codes."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ...layers.spectra import spectral_loss
from ...training import compiled, pull_back, value_and_gradient
from .recipe import CodecRecipe


def codec_step(codec: keras.Model, recipe: CodecRecipe, sample_rate: int) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the training, compiled.

    Parameters
    ----------
    codec : keras.Model
        See `CodecNetwork`, compiled with its optimizer.
    recipe : CodecRecipe
        For the weight of the commitment loss.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    callable
        ``step(x, depth, draws)``, see `audio_edu.applications.codec.data`, changes the weights and returns
        the spectral loss, the commitment loss and the perplexity of the codes.
    """
    codec.optimizer.build(codec.trainable_variables)

    def step(*batch: Any) -> tuple[Any, ...]:
        x, depth, draws = map(ops.convert_to_tensor, batch)

        def code() -> tuple[Any, Any]:
            y, commitment, perplexity = codec(x, depth, draws)
            # one tensor, so that one gradient comes back: the sound, and behind it the commitment loss
            last = ops.broadcast_to(ops.reshape(commitment, (1, 1)), (y.shape[0], 1))
            return ops.concatenate([y, last], axis=1), perplexity

        (output, perplexity), pull = pull_back(code, codec)

        def objective(output: Any) -> tuple[Any, Any]:
            y, commitment = output[:, :-1], ops.mean(output[:, -1])
            spectral = spectral_loss(x, y, sample_rate)
            return spectral + recipe.commitment * commitment, (spectral, commitment)

        (_, (spectral, commitment)), gradient = value_and_gradient(objective, output)
        codec.optimizer.apply(pull(gradient), codec.trainable_variables)
        return spectral, commitment, perplexity

    return compiled(step, [*codec.variables, *codec.optimizer.variables])
