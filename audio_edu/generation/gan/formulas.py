"""The game of a GAN, literally: two players, each one linear map, with their gradients by hand.

Two players, one number: ``V(D, G) = E log D(x) + E log(1 − D(G(z)))``. The discriminator D makes it large,
the generator G makes it small. Where neither can do better, G's sounds are distributed as the real ones, as
far as D can see.

The generator is ``G(z) = tanh(W_g z + b_g)``, as the book's source document prints it. So is the
discriminator, but for its end: a probability needs σ, not tanh. These two learn to match a mean, and nothing
else; `audio_edu.generation.gan.toy` has the game with players that see more.

References
----------
Goodfellow and others (2014), Generative adversarial nets.
"""

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np

from ..._validate import MOST, Seed, Size, checked
from ...reproducible import SEED


@checked
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
    if W_g.ndim != 2 or z.shape[-1] != W_g.shape[1]:
        raise ValueError(f"W_g has shape {W_g.shape}; expected (n_x, {z.shape[-1]}) for this z.")
    # G(z) = tanh(W_g · z + b_g)
    return np.tanh(z @ W_g.T + b_g)


@checked
def discriminator(x: np.ndarray, W_d: np.ndarray, b_d: float | np.ndarray) -> np.ndarray:
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
    if W_d.shape != x.shape[-1:]:
        raise ValueError(f"W_d has shape {W_d.shape}; expected ({x.shape[-1]},) for this x.")
    # D(x) = σ(W_d · x + b_d),  σ(s) = 1 / (1 + e^{−s}), written so that nothing overflows
    return 0.5 + 0.5 * np.tanh(0.5 * (x @ W_d + b_d))


@checked
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
        return float(np.mean(np.log(d_real)) + np.mean(np.log(1 - d_fake)))


@checked
def linear_game(
    real: np.ndarray,
    *,
    n_steps: Size = 400,
    rate_d: float = 0.5,
    rate_g: float = 0.05,
    n_batch: Annotated[int, (1, 65_536)] = 256,
    start_spread: float = 0.5,
    head_start: Annotated[int, (0, MOST)] = 0,
    saturating: bool = False,
    seed: Seed = SEED,
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
        After each step: ``W_g``, ``b_g``, ``W_d``, ``b_d``; ``value``, V before the step; ``gradient_norm``,
        the mean length of the gradient that D hands to G.

    Examples
    --------
    >>> real = np.random.default_rng(0).normal([0.3, -0.2], 0.1, (500, 2))
    >>> *_, last = linear_game(real)
    >>> generated = generator(np.random.default_rng(1).normal(size=(500, 2)), last["W_g"], last["b_g"])
    >>> bool(np.abs(generated.mean(axis=0) - real.mean(axis=0)).max() < 0.2)
    True
    """
    rng = np.random.default_rng(seed)
    n_x = real.shape[-1]
    W_g, b_g = start_spread * rng.normal(size=(n_x, n_x)), np.zeros(n_x)
    W_d, b_d = np.zeros(n_x), 0.0
    for step in range(-head_start, n_steps):
        x = real[rng.integers(len(real), size=n_batch)]
        z = rng.normal(size=(n_batch, n_x))
        fake = generator(z, W_g, b_g)
        d_real, d_fake = discriminator(x, W_d, b_d), discriminator(fake, W_d, b_d)
        value = game_value(d_real, d_fake)
        # D climbs:  ∂V/∂W_d = E (1 − D(x)) x − E D(G(z)) G(z)
        W_d = W_d + rate_d * ((1 - d_real) @ x - d_fake @ fake) / n_batch
        b_d = b_d + rate_d * float(np.mean(1 - d_real) - np.mean(d_fake))
        if step < 0:
            continue
        # G climbs E log D(G(z)):     ∂/∂G = (1 − D(G(z))) W_d
        # or −E log(1 − D(G(z))):     ∂/∂G = D(G(z)) W_d
        d_fake = discriminator(fake, W_d, b_d)
        gradient = (d_fake if saturating else 1 - d_fake)[:, None] * W_d
        # then through tanh, whose slope is 1 − tanh²
        slope = gradient * (1 - fake**2)
        W_g = W_g + rate_g * slope.T @ z / n_batch
        b_g = b_g + rate_g * slope.mean(axis=0)
        norm = float(np.linalg.norm(gradient, axis=1).mean())
        yield {"W_g": W_g, "b_g": b_g, "W_d": W_d, "b_d": b_d, "value": value, "gradient_norm": norm}
