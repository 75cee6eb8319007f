"""One step: the critic learns, if there is one; then the vocoder learns from spectra and from the critic."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ...layers.spectra import spectral_loss
from ...training import compiled, pull_back, value_and_gradient
from .recipe import VocoderRecipe

#: What a critic returns: for each period what each layer sees, the scores last.
Seen = list[list[Any]]


def critic_loss(real: Seen, fake: Seen) -> Any:
    """Return ``Σ_p mean (1 − D_p(x))² + mean D_p(y)²``: 1 for what is real, 0 for what is not."""
    pairs = zip(real, fake, strict=True)
    return sum(ops.mean(ops.square(1 - r[-1])) + ops.mean(ops.square(f[-1])) for r, f in pairs)


def adversarial_loss(fake: Seen) -> Any:
    """Return ``Σ_p mean (1 − D_p(y))²``: what is made is to be scored as if it were real."""
    return sum(ops.mean(ops.square(1 - f[-1])) for f in fake)


def feature_loss(real: Seen, fake: Seen) -> Any:
    """Return ``Σ_p Σ_l mean |h_l(x) − h_l(y)|``: the critic's layers are to see the same in both."""
    pairs = [(a, b) for r, f in zip(real, fake, strict=True) for a, b in zip(r[:-1], f[:-1], strict=True)]
    return sum(ops.mean(ops.abs(ops.stop_gradient(a) - b)) for a, b in pairs)


def vocoder_step(
    network: keras.Model, critic: keras.Model | None, recipe: VocoderRecipe, sample_rate: int
) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the training, compiled.

    Parameters
    ----------
    network, critic : keras.Model
        See `VocoderNetwork` and `Critic`; each compiled with its optimizer.
    recipe : VocoderRecipe
        For the weights of the losses.
    sample_rate : int
        Samples a second (Hz).

    Returns
    -------
    callable
        ``step(x, mel)`` changes the weights and returns the spectral loss; with a critic also its loss, and
        the two losses that it gives the network.
    """
    networks = [network] if critic is None else [network, critic]
    for each in networks:
        each.optimizer.build(each.trainable_variables)

    def step(*batch: Any) -> tuple[Any, ...]:
        x, mel = map(ops.convert_to_tensor, batch)
        (y, _), pull = pull_back(lambda: (network(mel), None), network)
        numbers: tuple[Any, ...] = ()
        if critic is not None:
            known, made = x, ops.stop_gradient(y)

            def of_critic() -> tuple[Any, Any]:
                return critic_loss(critic(known), critic(made)), None

            (loss, _), pull_critic = pull_back(of_critic, critic)
            critic.optimizer.apply(pull_critic(ops.ones_like(loss)), critic.trainable_variables)
            numbers = (loss,)

        def of_network(y: Any) -> tuple[Any, Any]:
            spectral = spectral_loss(x, y, sample_rate)
            if critic is None:
                return spectral, (spectral,)
            real, fake = critic(x), critic(y)
            adversarial, features = adversarial_loss(fake), feature_loss(real, fake)
            total = spectral + recipe.critic_weight * (adversarial + recipe.feature_weight * features)
            return total, (spectral, adversarial, features)

        (_, found), gradient = value_and_gradient(of_network, y)
        network.optimizer.apply(pull(gradient), network.trainable_variables)
        return found[0], *numbers, *found[1:]

    return compiled(step, [v for each in networks for v in (*each.variables, *each.optimizer.variables)])
