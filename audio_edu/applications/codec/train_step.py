"""One step: the critics learn to tell coded speech from real speech, the codec learns from them and the loss.

References
----------
Mao and others (2017), Least squares generative adversarial networks.
Kumar and others (2023), High-fidelity audio compression with improved RVQGAN.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ...training import compiled, pull_back, value_and_gradient
from .losses import spectral_loss
from .recipe import CodecRecipe


def codec_step(
    codec: keras.Model, critics: keras.Model | None, recipe: CodecRecipe, sample_rate: int
) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the training, compiled.

    Parameters
    ----------
    codec : keras.Model
        See `CodecNetwork`, compiled with its optimizer.
    critics : keras.Model or None
        See `Critics`, the same.
    recipe : CodecRecipe
        For the weights of the losses.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    callable
        ``step(x, depth, draws, heard)``, see `audio_edu.applications.codec.data`, changes the weights and
        returns the spectral loss, the commitment loss, the perplexity of the codes, and the critics' loss.
    """
    networks = [network for network in (codec, critics) if network is not None]
    for network in networks:
        network.optimizer.build(network.trainable_variables)

    def step(*batch: Any) -> tuple[Any, ...]:
        x, depth, draws, heard = map(ops.convert_to_tensor, batch)

        def code() -> tuple[Any, Any]:
            y, commitment, perplexity = codec(x, depth, draws)
            # one tensor, so that one gradient comes back: the sound, and behind it the commitment loss
            last = ops.broadcast_to(ops.reshape(commitment, (1, 1)), (y.shape[0], 1))
            return ops.concatenate([y, last], axis=1), perplexity

        (output, perplexity), pull = pull_back(code, codec)
        critic_loss = ops.zeros(())
        if critics is not None:
            fake = ops.stop_gradient(output[:, :-1])

            def critic_objective() -> tuple[Any, Any]:
                # L_D = E (1 − s(x))² + E s(y)²
                real, coded = critics(x), critics(fake)
                loss = sum(ops.mean(ops.square(1 - score)) for score, _ in real)
                return loss + sum(ops.mean(ops.square(score)) for score, _ in coded), None

            (critic_loss, _), pull_critics = pull_back(critic_objective, critics)
            gradients = pull_critics(ops.ones_like(critic_loss))
            critics.optimizer.apply(gradients, critics.trainable_variables)

        def objective(output: Any) -> tuple[Any, Any]:
            y, commitment = output[:, :-1], ops.mean(output[:, -1])
            spectral = spectral_loss(x, y, sample_rate)
            loss = spectral + recipe.commitment * commitment
            if critics is not None:
                loss += heard * _verdict(critics, x, y, recipe)
            return loss, (spectral, commitment)

        (_, (spectral, commitment)), gradient = value_and_gradient(objective, output)
        codec.optimizer.apply(pull(gradient), codec.trainable_variables)
        return spectral, commitment, perplexity, critic_loss

    variables = [v for network in networks for v in (*network.variables, *network.optimizer.variables)]
    return compiled(step, variables)


def _verdict(critics: keras.Model, x: Any, y: Any, recipe: CodecRecipe) -> Any:
    """Return ``Σ (1 − s(y))²`` and the distance of what the critics' layers make of x and of y."""
    total = 0.0
    for (score, seen), (_, wanted) in zip(critics(y), critics(x), strict=True):
        total += recipe.critic_weight * ops.mean(ops.square(1 - score))
        for here, there in zip(seen, wanted, strict=True):
            distance = ops.mean(ops.abs(here - ops.stop_gradient(there)))
            total += recipe.matching_weight * distance / len(seen)
    return total
