"""Generative adversarial networks: one network makes sounds, another tells them from real ones.

Two players, one number: ``V(D, G) = E log D(x) + E log(1 − D(G(z)))``. The discriminator D makes it large,
the generator G makes it small. Where neither can do better, G's sounds are distributed as the real ones.

The literal functions are the formulas in NumPy, with their gradients by hand: a generator
``G(z) = tanh(W_g z + b_g)`` as the book's source document prints it, and a discriminator that is one linear
map, the document's but for its end: a probability needs σ, not tanh. They learn to match a mean, and nothing
else; `audio_edu.generation.gan_toy` shows the game with networks that can do better.

`Gan` is the real thing: spectrograms of spoken digits (`audio_edu.generation.gan_networks`,
`audio_edu.generation.gan_pictures`), a digit asked for, and a phase found for what was painted.

References
----------
Goodfellow and others (2014), Generative adversarial nets.
Donahue, McAuley and Puckette (2019), Adversarial audio synthesis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .._validate import check_positive, check_range
from ..checkpoints import load_checkpoint, save_checkpoint, set_weights
from ..reproducible import SEED

__all__ = [
    "Gan",
    "discriminator",
    "game_value",
    "generate",
    "generate_batch",
    "generator",
    "linear_game",
    "load_gan",
    "save_gan",
]


def generator(z: np.ndarray, W_g: np.ndarray, b_g: np.ndarray) -> np.ndarray:
    """Compute ``G(z) = tanh(W_g z + b_g)``.

    Parameters
    ----------
    z : np.ndarray [shape=(n, n_z)]
        Noise, a row for each sound.
    W_g : np.ndarray [shape=(n_x, n_z)]
        Weights.
    b_g : np.ndarray [shape=(n_x,)]
        Biases.

    Returns
    -------
    np.ndarray [shape=(n, n_x)]
        From -1 to 1.

    Examples
    --------
    >>> generator(np.zeros((3, 2)), np.eye(2), np.zeros(2)).shape
    (3, 2)
    """
    z, W_g = np.asarray(z), np.asarray(W_g)
    if W_g.ndim != 2 or z.shape[-1] != W_g.shape[1]:
        raise ValueError(f"W_g has shape {W_g.shape}; expected (n_x, {z.shape[-1]}) for this z.")
    # G(z) = tanh(W_g · z + b_g)
    return np.tanh(z @ W_g.T + b_g)


def discriminator(x: np.ndarray, W_d: np.ndarray, b_d: float) -> np.ndarray:
    """Compute ``D(x) = σ(W_d x + b_d)``, the probability that x is real.

    Parameters
    ----------
    x : np.ndarray [shape=(n, n_x)]
        Sounds.
    W_d : np.ndarray [shape=(n_x,)]
        Weights.
    b_d : float
        Bias.

    Returns
    -------
    np.ndarray [shape=(n,)]
        From 0 to 1.

    Examples
    --------
    >>> discriminator(np.zeros((3, 2)), np.ones(2), 0.0).tolist()
    [0.5, 0.5, 0.5]
    """
    x, W_d = np.asarray(x), np.asarray(W_d)
    if W_d.shape != x.shape[-1:]:
        raise ValueError(f"W_d has shape {W_d.shape}; expected ({x.shape[-1]},) for this x.")
    # D(x) = σ(W_d · x + b_d),  σ(s) = 1 / (1 + e^{−s}), written so that nothing overflows
    return 0.5 + 0.5 * np.tanh(0.5 * (x @ W_d + b_d))


def game_value(d_real: np.ndarray, d_fake: np.ndarray) -> float:
    """Compute ``V = E log D(x) + E log(1 − D(G(z)))``.

    Parameters
    ----------
    d_real, d_fake : np.ndarray
        D's probabilities for real and for generated sounds, from 0 to 1.

    Returns
    -------
    float
        At most 0. ``−2 log 2 = −1.39`` where D cannot tell and says one half to everything.

    Raises
    ------
    ValueError
        If a probability is none: for example of a discriminator that ends in tanh.

    Examples
    --------
    >>> round(game_value(np.full(4, 0.5), np.full(4, 0.5)), 2)
    -1.39
    """
    for name, d in (("d_real", d_real), ("d_fake", d_fake)):
        if np.min(d) < 0 or np.max(d) > 1:
            raise ValueError(
                f"{name} goes from {np.min(d):.3g} to {np.max(d):.3g}; expected probabilities, 0 to 1. "
                "End the discriminator in σ, not in tanh."
            )
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log(d_real)) + np.mean(np.log(1 - np.asarray(d_fake))))


def linear_game(
    real: np.ndarray,
    *,
    n_steps: int = 400,
    rate_d: float = 0.5,
    rate_g: float = 0.05,
    n_batch: int = 256,
    start_spread: float = 0.5,
    head_start: int = 0,
    saturating: bool = False,
    seed: int = SEED,
) -> Iterator[dict[str, Any]]:
    """Play the document's game: both players one linear map, gradients by hand.

    Parameters
    ----------
    real : np.ndarray [shape=(n, n_x)]
        Real sounds, from -1 to 1.
    n_steps : int
        Steps, of D and then of G.
    rate_d, rate_g : float
        Learning rates.
    n_batch : int
        Sounds of each sort in a step.
    start_spread : float
        How different G's first sounds are.
    head_start : int
        Steps that D takes alone before the first one.
    saturating : bool
        G goes down ``log(1 − D(G(z)))``, V as it stands, instead of up ``log D(G(z))``: where D is sure of
        itself, nearly nothing of that slope is left.
    seed : int
        Where chance comes from.

    Yields
    ------
    dict
        After each step: ``W_g``, ``b_g``, ``W_d``, ``b_d``; ``value``, V before the step; ``slope``, the mean
        length of what D told G.

    Examples
    --------
    >>> real = np.random.default_rng(0).normal([0.3, -0.2], 0.1, (500, 2))
    >>> *_, last = linear_game(real)
    >>> made = generator(np.random.default_rng(1).normal(size=(500, 2)), last["W_g"], last["b_g"])
    >>> bool(np.abs(made.mean(axis=0) - real.mean(axis=0)).max() < 0.2)
    True
    """
    check_positive(n_steps, "n_steps", integer=True)
    rng = np.random.default_rng(seed)
    n_x = real.shape[-1]
    W_g, b_g = start_spread * rng.normal(size=(n_x, n_x)), np.zeros(n_x)
    W_d, b_d = np.zeros(n_x), 0.0
    for step in range(-head_start, n_steps):
        x = real[rng.integers(len(real), size=n_batch)]
        z = rng.normal(size=(n_batch, n_x))
        made = generator(z, W_g, b_g)
        d_real, d_made = discriminator(x, W_d, b_d), discriminator(made, W_d, b_d)
        value = game_value(d_real, d_made)
        # D climbs:  ∂V/∂W_d = E (1 − D(x)) x − E D(G(z)) G(z)
        W_d = W_d + rate_d * ((1 - d_real) @ x - d_made @ made) / n_batch
        b_d = b_d + rate_d * float(np.mean(1 - d_real) - np.mean(d_made))
        if step < 0:
            continue
        # G climbs E log D(G(z)):     ∂/∂G = (1 − D(G(z))) W_d
        # or −E log(1 − D(G(z))):     ∂/∂G = D(G(z)) W_d
        d_made = discriminator(made, W_d, b_d)
        told = (d_made if saturating else 1 - d_made)[:, None] * W_d
        # then through tanh, whose slope is 1 − tanh²
        slope = told * (1 - made**2)
        W_g = W_g + rate_g * slope.T @ z / n_batch
        b_g = b_g + rate_g * slope.mean(axis=0)
        length = float(np.linalg.norm(told, axis=1).mean())
        yield {"W_g": W_g, "b_g": b_g, "W_d": W_d, "b_d": b_d, "value": value, "slope": length}


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
    model: Gan, *, digit: int, z: np.ndarray | None = None, seed: int = SEED, n_iter: int = 64
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
    n_iter: int = 64,
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
        raise ValueError(f"The card of {source} does not describe a GAN ({error}); train it again.") from error
    network = build_generator(
        recipe.kind, recipe.generator_channels, n_z=recipe.n_z, n_classes=n_classes
    )
    n = 2 + len(network.get_weights())
    if len(weights) < n or any(w.shape != (256,) for w in weights[:2]):
        raise ValueError(f"{source} does not hold the weights of the network in its card; train it again.")
    set_weights(network, weights[2:n], source)
    critic = None
    if with_critic:
        critic = build_critic(recipe.kind, recipe.critic_channels, n_classes=n_classes)
        set_weights(critic, weights[n:], source)
    return Gan(recipe, network, Pictures(recipe.kind, *weights[:2]), critic=critic, card=card)
