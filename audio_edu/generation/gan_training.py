"""Training a GAN: ``audio-edu train gan [--resume]``.

One step: the critic sees real clips and generated ones and learns to score the real ones higher; then the
generator learns to be scored higher by the critic as it now is. Both by the hinge loss. A head of the critic
learns to name the digits of the *real* clips, and the generator is also asked to please it.

What counts in the end is not the generator of the last step, which sways as the game goes on, but a running
average of its weights.

Chance is derived, never remembered: clips, shifts, noise and digits of a step come from ``(seed, step)``. So
training that goes on after a kill ends with the very weights it would have had, and a longer training is a
shorter one continued.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from .._validate import check_choice, check_positive
from ..checkpoints import fingerprint, restore_state, save_state
from ..datasets import Corpus
from ..reproducible import SEED, set_seed
from .gan_networks import KINDS, build_critic, build_generator
from .gan_pictures import N_SAMPLES, Pictures

__all__ = ["RECIPE", "WAVEFORM_RECIPE", "GanRecipe", "adversarial_step", "train", "words_that_fit"]

#: So often the state is written, in seconds, and a point of the curve, in steps.
SAVE_EVERY_S, POINT_EVERY = 60.0, 100


@dataclass(frozen=True)
class GanRecipe:
    """Everything that decides what comes out of a training.

    Parameters
    ----------
    kind : {"spectrogram", "waveform"}
        What the networks make and judge.
    n_steps : int
        How long. Not part of a training's identity: a longer one goes on from a shorter one's state.
    batch_size : int
        Real clips, and generated ones, in a step; a multiple of 8.
    n_z : int
        Numbers of noise.
    generator_channels, critic_channels : tuple of int
        See `build_generator`, `build_critic`.
    generator_rate, critic_rate : float
        Adam's learning rates. Its β1 is 0, its β2 0.9.
    classifier_weight : float
        How much the generator is asked to have its digits recognized by the critic's second head.
    averaging : float
        The running average of the generator's weights keeps so much of itself at each step.
    shift_samples : int
        Real clips begin up to so many samples later.
    seed : int
        Where all chance comes from.
    """

    kind: str = "spectrogram"
    n_steps: int = 6_600
    batch_size: int = 32
    n_z: int = 64
    generator_channels: tuple[int, ...] = (128, 64, 32, 24)
    critic_channels: tuple[int, ...] = (24, 48, 64, 128)
    generator_rate: float = 4e-4
    critic_rate: float = 6e-4
    classifier_weight: float = 0.5
    averaging: float = 0.999
    shift_samples: int = 256
    seed: int = SEED

    def __post_init__(self) -> None:
        check_choice(self.kind, "kind", KINDS)
        check_positive(self.n_steps, "n_steps", integer=True)
        if self.batch_size < 8 or self.batch_size % 8:
            raise ValueError(f"batch_size is {self.batch_size}; expected a multiple of 8.")

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> GanRecipe:
        """Make a recipe of what `dataclasses.asdict` and JSON made of one."""
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


#: What ships as ``gan`` and as ``gan_waveform``.
RECIPE = GanRecipe()
WAVEFORM_RECIPE = GanRecipe(
    kind="waveform",
    n_steps=2_000,
    generator_channels=(128, 64, 32, 16, 16),
    critic_channels=(16, 32, 64, 96, 128),
)


def words_that_fit(corpus: Corpus) -> Corpus:
    """Return the clips that are no longer than a picture, 0.768 s."""
    return corpus.select(corpus.lengths <= N_SAMPLES)


def train(
    recipe: GanRecipe,
    corpus: Corpus,
    *,
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    n_steps_now: int | None = None,
) -> tuple[Any, dict[str, Any]]:
    """Train a generator against a critic.

    Parameters
    ----------
    recipe : GanRecipe
        What and how.
    corpus : Corpus
        What to learn from, at 8 kHz; take ``corpus.train``. Clips longer than 0.768 s are left out.
    state_path : str or Path, optional
        Where the state is written at least every two minutes (``.npz``). Default: nowhere.
    resume : bool
        Go on from the state at `state_path`, if there is one.
    progress : bool
        Show a progress bar.
    n_steps_now : int, optional
        Stop after so many steps, as if interrupted.

    Returns
    -------
    model : Gan
        With the averaged generator, and the critic.
    report : dict
        ``losses`` (the critic's) and ``generator_losses``, means over equal numbers of steps;
        ``accuracy_real`` and ``accuracy_fake``, the shares the critic had right; ``wall_s`` of training in
        all (also before a resume); ``n_steps``.

    Raises
    ------
    ValueError
        If the state is of another recipe or corpus, or the corpus has fewer clips than a batch.
    """
    from .gan import Gan

    corpus = words_that_fit(corpus)
    if len(corpus) < recipe.batch_size:
        raise ValueError(f"corpus has {len(corpus)} clips, fewer than one batch of {recipe.batch_size}.")
    n_classes = len(corpus.label_names)
    set_seed(recipe.seed)
    pictures = Pictures.fit(recipe.kind, corpus)
    sizes = {"n_z": recipe.n_z, "n_classes": n_classes}
    generator = build_generator(recipe.kind, recipe.generator_channels, **sizes)
    averaged = build_generator(recipe.kind, recipe.generator_channels, **sizes)
    averaged.set_weights(generator.get_weights())
    critic = build_critic(recipe.kind, recipe.critic_channels, n_classes=n_classes)
    optimizers = [
        keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9)
        for rate in (recipe.generator_rate, recipe.critic_rate)
    ]
    for optimizer, network in zip(optimizers, (generator, critic), strict=True):
        optimizer.build(network.trainable_variables)
    variables = {
        "generator": generator.variables,
        "critic": critic.variables,
        "averaged": averaged.variables,
        "generator_optimizer": optimizers[0].variables,
        "critic_optimizer": optimizers[1].variables,
    }

    identity = fingerprint(replace(recipe, n_steps=1), corpus)
    step, wall_s, curve = 0, 0.0, []
    if resume and state_path and Path(state_path).is_file():
        numbers = restore_state(state_path, identity, variables)
        step, wall_s, curve = int(numbers["step"]), float(numbers["wall_s"]), numbers["curve"].tolist()
    last = min(recipe.n_steps, step + (n_steps_now or recipe.n_steps))
    play = adversarial_step(
        generator, critic, averaged, *optimizers, recipe.classifier_weight, recipe.averaging
    )

    def save() -> None:
        numbers = {"step": step, "wall_s": wall_s + time.perf_counter() - start, "curve": np.array(curve)}
        save_state(state_path, identity, variables, numbers)

    bar = _bar(recipe, step) if progress else None
    start = saved = time.perf_counter()
    while step < last:
        values = play(*_batch(recipe, corpus, pictures, step))
        if step % POINT_EVERY == 0:
            curve.append(np.zeros(len(values)))
        n_in_point = step % POINT_EVERY + 1
        curve[-1] = np.asarray(curve[-1]) + (np.array(values) - curve[-1]) / n_in_point
        step += 1
        if bar:
            bar.update()
            bar.set_postfix(critic=f"{curve[-1][0]:.2f}", generator=f"{curve[-1][1]:.2f}", refresh=False)
        if state_path and time.perf_counter() - saved > SAVE_EVERY_S:
            save()
            saved = time.perf_counter()
    if bar:
        bar.close()
    if state_path:
        save()
    report = {"n_steps": step, "wall_s": round(wall_s + time.perf_counter() - start, 1), **_report(curve)}
    return Gan(recipe, averaged, pictures, critic=critic), report


def adversarial_step(
    generator: keras.Model,
    critic: keras.Model,
    averaged: keras.Model | None,
    generator_optimizer: keras.optimizers.Optimizer,
    critic_optimizer: keras.optimizers.Optimizer,
    classifier_weight: float = 0.5,
    averaging: float = 0.999,
    *,
    loss: str = "hinge",
) -> Callable[..., tuple[Any, ...]]:
    """Return one step of the game, compiled: the only place that needs the backend's gradient tape.

    Parameters
    ----------
    generator, critic : keras.Model
        See `build_generator`, `build_critic`.
    averaged : keras.Model or None
        A generator whose weights follow as a running average.
    generator_optimizer, critic_optimizer : keras.optimizers.Optimizer
        Built for the networks' trainable variables.
    classifier_weight, averaging : float
        See `GanRecipe`.
    loss : {"hinge", "logarithm", "saturating"}
        ``saturating`` is the game's own value, ``log D(x)`` and ``log(1 − D(G(z)))`` with D = σ(score);
        ``logarithm`` lets the generator climb ``log D(G(z))`` instead; ``hinge`` is what ships.

    Returns
    -------
    callable
        ``play(real, real_digits, z, fake_digits)`` changes the weights and returns the critic's loss, the
        generator's, and the shares of real and of generated clips on the right side of zero.
    """
    import tensorflow as tf

    check_choice(loss, "loss", _LOSSES)
    loss_of_critic, loss_of_generator = _LOSSES[loss]

    @tf.function(jit_compile=False)
    def play(real: Any, real_digits: Any, z: Any, fake_digits: Any) -> tuple[Any, ...]:
        n = real.shape[0]
        with tf.GradientTape() as generator_tape:
            fake = generator([z, fake_digits], training=True)
            with generator_tape.stop_recording():
                with tf.GradientTape() as critic_tape:
                    seen = ops.concatenate([real, ops.stop_gradient(fake)], axis=0)
                    score, logits = critic(
                        [seen, ops.concatenate([real_digits, fake_digits], axis=0)], training=True
                    )
                    critic_loss = loss_of_critic(score[:n], score[n:])
                    named = ops.mean(_cross_entropy(real_digits, logits[:n]))
                    total = critic_loss + named if classifier_weight else critic_loss
                gradients = critic_tape.gradient(total, critic.trainable_variables)
                if not classifier_weight:
                    gradients = [
                        ops.zeros_like(v) if g is None else g
                        for g, v in zip(gradients, critic.trainable_variables, strict=True)
                    ]
                critic_optimizer.apply(gradients, critic.trainable_variables)
            new_score, new_logits = critic([fake, fake_digits], training=False)
            generator_loss = loss_of_generator(new_score)
            # λ · the cross-entropy of the digit asked for
            pleased = generator_loss + classifier_weight * ops.mean(_cross_entropy(fake_digits, new_logits))
        gradients = generator_tape.gradient(pleased, generator.trainable_variables)
        generator_optimizer.apply(gradients, generator.trainable_variables)
        if averaged is not None:
            for mean, now in zip(averaged.variables, generator.variables, strict=True):
                mean.assign(averaging * mean + (1 - averaging) * now)
        right = [ops.mean(ops.cast(s > 0, "float32")) for s in (score[:n], -score[n:])]
        return critic_loss, generator_loss, *right

    return play


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
    # L_D as above,  L_G = E log(1 − σ(s(G(z))))
    "saturating": (
        lambda real, fake: ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake)),
        lambda fake: -ops.mean(ops.softplus(fake)),
    ),
}


def _cross_entropy(labels: Any, logits: Any) -> Any:
    return ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)


def _batch(recipe: GanRecipe, corpus: Corpus, pictures: Pictures, step: int) -> tuple[np.ndarray, ...]:
    """Make the inputs of a step: real clips and their digits, noise and the digits to ask for."""
    rng = np.random.default_rng((recipe.seed, step))
    n = recipe.batch_size
    rows = rng.integers(len(corpus), size=n)
    begins = rng.integers(recipe.shift_samples + 1, size=n)
    clips = [np.pad(corpus.audio[i], (begin, 0)) for i, begin in zip(rows, begins, strict=True)]
    z = rng.standard_normal((n, recipe.n_z), dtype=np.float32)
    asked = rng.integers(len(corpus.label_names), size=n)
    return pictures.of(clips), corpus.labels[rows].astype(np.int32), z, asked.astype(np.int32)


def _report(curve: list[Any]) -> dict[str, list[float]]:
    """Thin the curve out to 200 points at most."""
    values = np.array(curve, np.float64).reshape(-1, 4)
    thin = [part.mean(axis=0) for part in np.array_split(values, min(len(values), 200) or 1) if len(part)]
    names = ("losses", "generator_losses", "accuracy_real", "accuracy_fake")
    return {name: [round(float(v[i]), 4) for v in thin] for i, name in enumerate(names)}


def _bar(recipe: GanRecipe, step: int) -> Any:
    from tqdm import tqdm

    return tqdm(
        total=recipe.n_steps, initial=step, desc=f"train {recipe.kind} GAN", unit="step", mininterval=1
    )
