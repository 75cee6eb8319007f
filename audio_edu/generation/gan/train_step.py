"""One step of the game: the critic learns, then the generator learns from the critic as it now is.

The critic learns to score real clips higher than generated ones, and a second head of it to name the digits
of the *real* clips; the generator learns to be scored high, and to have its digits named as asked for.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from ..._validate import check_choice
from ...training import compiled, pull_back, value_and_gradient

#: By name: the critic's loss of its scores for real and generated clips, the generator's of the latter.
_LOSSES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any], Any]]] = {
    # L_D = E max(0, 1 − s(x)) + E max(0, 1 + s(G(z))),  L_G = −E s(G(z))
    "hinge": (
        lambda real, fake: ops.mean(ops.relu(1 - real)) + ops.mean(ops.relu(1 + fake)),
        lambda fake: -ops.mean(fake),
    ),
    # L_D = −E log σ(s(x)) − E log(1 − σ(s(G(z)))),  L_G = −E log σ(s(G(z)))
    "logarithm": (
        lambda real, fake: ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake)),
        lambda fake: ops.mean(ops.softplus(-fake)),
    ),
}


def adversarial_step(
    generator: keras.Model, critic: keras.Model, classifier_weight: float = 0.5, *, loss: str = "hinge"
) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the game, compiled.

    Parameters
    ----------
    generator, critic : keras.Model
        See `build_generator`, `build_critic`; each compiled with its optimizer.
    classifier_weight : float
        See `GanRecipe`; 0 leaves the critic's second head alone.
    loss : {"hinge", "logarithm"}
        ``logarithm`` is the game's own value for the critic, ``log D(x)`` and ``log(1 − D(G(z)))`` with D =
        σ(score), and lets the generator climb ``log D(G(z))``; ``hinge`` is what ships.

    Returns
    -------
    callable
        ``train_step(real, real_digits, z, fake_digits)`` changes the weights and returns the critic's loss,
        the generator's, and the shares of real and of generated clips on the right side of zero.
    """
    loss_of_critic, loss_of_generator = _LOSSES[check_choice(loss, "loss", _LOSSES)]
    networks = (generator, critic)
    for network in networks:
        network.optimizer.build(network.trainable_variables)

    def train_step(*batch: Any) -> tuple[Any, ...]:
        real, real_digits, z, fake_digits = map(ops.convert_to_tensor, batch)
        n = real.shape[0]
        (fake, _), pull_generator = pull_back(
            lambda: (generator([z, fake_digits], training=True), None), generator
        )
        clips = ops.concatenate([real, ops.stop_gradient(fake)], axis=0)
        digits = ops.concatenate([real_digits, fake_digits], axis=0)

        def critic_objective() -> tuple[Any, Any]:
            score, logits = critic([clips, digits], training=True)
            critic_loss = loss_of_critic(score[:n], score[n:])
            named = ops.mean(_cross_entropy(real_digits, logits[:n]))
            return critic_loss + named if classifier_weight else critic_loss, (critic_loss, score)

        (total, (critic_loss, score)), pull_critic = pull_back(critic_objective, critic)
        critic.optimizer.apply(pull_critic(ops.ones_like(total)), critic.trainable_variables)

        def generator_objective(fake: Any) -> tuple[Any, Any]:
            score, logits = critic([fake, fake_digits], training=False)
            generator_loss = loss_of_generator(score)
            # λ · the cross-entropy of the digit asked for
            named = classifier_weight * ops.mean(_cross_entropy(fake_digits, logits))
            return generator_loss + named, generator_loss

        (_, generator_loss), gradient = value_and_gradient(generator_objective, fake)
        generator.optimizer.apply(pull_generator(gradient), generator.trainable_variables)
        right = [ops.mean(ops.cast(s > 0, "float32")) for s in (score[:n], -score[n:])]
        return critic_loss, generator_loss, *right

    variables = [v for network in networks for v in (*network.variables, *network.optimizer.variables)]
    return compiled(train_step, variables)


def _cross_entropy(labels: Any, logits: Any) -> Any:
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
