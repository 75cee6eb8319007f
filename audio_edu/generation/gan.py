"""Generating spoken digits with a generative adversarial network: load one, and let it speak.

One network makes sounds, another tells them from real ones, and both learn from the other's successes. The
parts: the game itself, literally (`audio_edu.generation.gan_game`) and where one can see and hear it
(`audio_edu.generation.gan_toy`); the networks (`audio_edu.generation.gan_networks`); spectrograms as they see
them, and the way back to sound (`audio_edu.generation.gan_pictures`); training
(`audio_edu.generation.gan_training`); and judging (`audio_edu.generation.gan_evaluation`).

References
----------
Goodfellow and others (2014), Generative adversarial nets.
Donahue, McAuley and Puckette (2019), Adversarial audio synthesis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .._validate import check_positive, check_range
from ..checkpoints import load_checkpoint, save_checkpoint, set_weights
from ..reproducible import SEED

__all__ = ["Gan", "generate", "generate_batch", "load_gan", "save_gan"]


class Gan:
    """A trained generator with its way to sound.

    Parameters
    ----------
    recipe : GanRecipe
        How it was made.
    network : keras.Model
        The generator: from noise and digits to pictures.
    pictures : Pictures
        From pictures to sounds.
    critic : keras.Model, optional
        Its opponent.
    card : dict, optional
        What else is known of it: command, seed, wall time, metrics.
    """

    sample_rate = 8000

    def __init__(
        self,
        recipe: Any,
        network: Any,
        pictures: Any,
        *,
        critic: Any = None,
        card: dict[str, Any] | None = None,
    ):
        self.recipe, self.network, self.pictures, self.critic = recipe, network, pictures, critic
        self.card = dict(card or {})

    @property
    def n_parameters(self) -> int:
        """How many numbers the generator learned."""
        return int(sum(np.prod(w.shape) for w in self.network.trainable_weights))

    def noise(self, n: int, *, seed: int = SEED) -> np.ndarray:
        """Draw noise [shape=(n, n_z)]: a row is a voice, and the way it speaks."""
        check_positive(n, "n", integer=True)
        rng = np.random.default_rng((check_range(seed, "seed", 0, 2**32 - 1, integer=True), 0))
        return rng.standard_normal((n, self.recipe.n_z), dtype=np.float32)

    def paint(self, digits: Sequence[int] | np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the pictures (or samples) that the generator makes.

        Parameters
        ----------
        digits : sequence of int [shape=(n,)]
            What to say, 0 to 9.
        z : np.ndarray [shape=(n, n_z)]
            Noise.

        Returns
        -------
        np.ndarray [shape=(n, 256, 48, 1) or (n, 6144, 1)], float32
            From -1 to 1.

        Raises
        ------
        ValueError
            If a digit is unknown or the shapes do not fit.
        """
        n_classes = self.network.get_layer("digit_table").input_dim
        digits = np.asarray(digits)
        if digits.dtype.kind not in "iu" or digits.ndim != 1:
            raise ValueError(f"digits is {digits!r}; expected whole numbers, one for each sound.")
        for digit in digits.tolist():
            check_range(digit, "digit", 0, n_classes - 1, integer=True)
        z = np.asarray(z, np.float32)
        if z.shape != (len(digits), self.recipe.n_z):
            raise ValueError(f"z has shape {z.shape}; expected ({len(digits)}, {self.recipe.n_z}).")
        parts = [
            np.asarray(self.network([z[i : i + 64], digits[i : i + 64].astype(np.int32)], training=False))
            for i in range(0, len(digits), 64)
        ]
        return np.concatenate(parts) if parts else np.zeros((0, *self.network.output_shape[1:]), np.float32)


def generate(
    model: Gan, *, digit: int, z: np.ndarray | None = None, seed: int = SEED, n_iter: int = 32
) -> np.ndarray:
    """Say a digit.

    Parameters
    ----------
    model : Gan
        From `load_gan`.
    digit : int
        What to say, 0 to 9.
    z : np.ndarray [shape=(n_z,)], optional
        The voice. Default: drawn from `seed`.
    seed : int
        Draws the voice where none is given.
    n_iter : int
        Iterations of the search for a phase.

    Returns
    -------
    np.ndarray [shape=(6144,)], float32
        0.768 s at 8 kHz, from -1 to 1.

    Examples
    --------
    >>> generate(load_gan(), digit=7, seed=1).shape  # doctest: +SKIP
    (6144,)
    """
    z = model.noise(1, seed=seed) if z is None else np.asarray(z)[None]
    return generate_batch(model, [digit], z=z, n_iter=n_iter)[0]


def generate_batch(
    model: Gan,
    digits: Sequence[int] | np.ndarray,
    *,
    z: np.ndarray | None = None,
    seed: int = SEED,
    n_iter: int = 32,
) -> np.ndarray:
    """Say several digits, each in a voice of its own.

    Parameters
    ----------
    model : Gan
        From `load_gan`.
    digits : sequence of int [shape=(n,)]
        What to say.
    z : np.ndarray [shape=(n, n_z)], optional
        The voices. Default: drawn from `seed`, all different.
    seed : int
        Draws the voices where none are given.
    n_iter : int
        Iterations of the search for a phase.

    Returns
    -------
    np.ndarray [shape=(n, 6144)], float32
    """
    check_range(n_iter, "n_iter", 0, 10_000, integer=True)
    z = model.noise(len(digits), seed=seed) if z is None else z
    return model.pictures.sounds(model.paint(digits, z), n_iter=n_iter)


def save_gan(path: str | Path, model: Gan, card: dict[str, Any]) -> None:
    """Write a checkpoint: the generator, the critic if there is one, and the scale of the pictures.

    Parameters
    ----------
    path : str or Path
        The ``.npz``; the card goes beside it.
    model : Gan
        What to write.
    card : dict
        What to tell about it; ``name``, ``recipe``, ``n_classes``, ``n_parameters`` and ``with_critic`` are
        added.
    """
    networks = [model.network, *([model.critic] if model.critic is not None else [])]
    n_classes = model.network.get_layer("digit_table").input_dim
    weights = [model.pictures.mean, model.pictures.spread]
    weights += [w for network in networks for w in network.get_weights()]
    own = {
        "name": "gan" if model.recipe.kind == "spectrogram" else f"gan_{model.recipe.kind}",
        "recipe": asdict(model.recipe),
        "n_classes": n_classes,
        "n_parameters": model.n_parameters,
        "with_critic": model.critic is not None,
    }
    save_checkpoint(path, weights, {**own, **card, "recipe": own["recipe"]})


def load_gan(path: str | Path | None = None) -> Gan:
    """Load a generator, with its critic where the checkpoint has one.

    Parameters
    ----------
    path : str or Path, optional
        An ``.npz`` with its card beside it, or the name of a shipped one, ``gan`` (the default) or
        ``gan_waveform``.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    ValueError
        If it is damaged, or holds something else.
    """
    from .gan_networks import build_critic, build_generator
    from .gan_pictures import Pictures
    from .gan_training import GanRecipe

    source = "gan" if path is None else path
    weights, card = load_checkpoint(source, kinds=("gan", "gan_waveform"))
    try:
        recipe, n_classes = GanRecipe.from_dict(card["recipe"]), int(card["n_classes"])
        with_critic = bool(card["with_critic"])
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"The card of {source} does not describe a GAN ({error}); train it again."
        ) from error
    network = build_generator(recipe.kind, recipe.generator_channels, n_z=recipe.n_z, n_classes=n_classes)
    n = 2 + len(network.get_weights())
    if len(weights) < n or any(w.shape != (256,) for w in weights[:2]):
        raise ValueError(f"{source} does not hold the weights of the network in its card; train it again.")
    set_weights(network, weights[2:n], source)
    critic = None
    if with_critic:
        critic = build_critic(recipe.kind, recipe.critic_channels, n_classes=n_classes)
        set_weights(critic, weights[n:], source)
    return Gan(recipe, network, Pictures(recipe.kind, *weights[:2]), critic=critic, card=card)
