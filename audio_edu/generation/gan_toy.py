"""The game where one can see and hear it: sounds of two numbers.

A point in the square from -1 to 1 is a note: its first number says how high it is, its second how bright.
The real notes lie around eight places on a ring. A generator that has learned plays all eight; one that has
collapsed plays a note over and over. The step that trains it is the one that trains the real thing,
`audio_edu.generation.gan_training.adversarial_step`.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from .._validate import check_choice, check_positive
from ..reproducible import SEED, set_seed
from ..signal import harmonic_tone
from .gan_networks import MinibatchDeviation, SpectralDense
from .gan_training import adversarial_step

__all__ = ["N_PLACES", "note_pitch_hz", "places", "play_notes", "play_toy", "real_notes", "share_of_places"]

N_PLACES, SPREAD = 8, 0.04


def places() -> np.ndarray:
    """Return where the real notes lie [shape=(8, 2)]."""
    angle = 2 * np.pi * (np.arange(N_PLACES) + 0.5) / N_PLACES
    return 0.7 * np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def real_notes(n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw real notes [shape=(n, 2)], each around one of the eight places."""
    at = places()[rng.integers(N_PLACES, size=n)]
    return (at + SPREAD * rng.standard_normal((n, 2))).astype(np.float32)


def note_pitch_hz(notes: np.ndarray) -> np.ndarray:
    """Return the fundamental of each note: an octave from 0 to 1, 330 Hz in the middle."""
    return 330.0 * 2.0 ** np.asarray(notes, np.float64)[..., 0]


def play_notes(notes: np.ndarray, *, sample_rate: int = 8000, note_s: float = 0.16) -> np.ndarray:
    """Play notes one after the other.

    Parameters
    ----------
    notes : np.ndarray [shape=(n, 2)]
        How high (an octave from 0 to 1) and how bright (dull at -1), each.
    sample_rate : int
        Samples a second.
    note_s : float
        Seconds for each.

    Returns
    -------
    np.ndarray [shape=(n * note_s * sample_rate,)], float32
    """
    parts = [
        harmonic_tone(
            float(pitch),
            note_s,
            sample_rate,
            n_harmonics=8,
            rolloff_db=float(np.clip(12 - 11 * brightness, 1, 30)),
            amplitude=0.4,
        )
        for pitch, brightness in zip(note_pitch_hz(notes), np.asarray(notes)[:, 1], strict=True)
    ]
    return np.concatenate(parts)


def share_of_places(notes: np.ndarray) -> np.ndarray:
    """Return which share of the notes lies at each place [shape=(8,)]: within 5 spreads of it."""
    distance = np.linalg.norm(np.asarray(notes)[:, None] - places(), axis=-1)
    nearest = distance.argmin(axis=1)
    near = distance.min(axis=1) < 5 * SPREAD
    return np.bincount(nearest[near], minlength=N_PLACES) / len(notes)


def play_toy(
    *,
    n_steps: int = 1500,
    n_snapshots: int = 20,
    loss: str = "hinge",
    critic: str = "plain",
    critic_rate: float = 2e-3,
    generator_rate: float = 1e-3,
    head_start: int = 0,
    n_hidden: int = 64,
    seed: int = SEED,
) -> dict[str, Any]:
    """Train a generator of notes, and keep what it plays on the way.

    Parameters
    ----------
    n_steps : int
        Steps of the generator.
    n_snapshots : int
        How often it is asked to play.
    loss : {"hinge", "logarithm", "saturating"}
        See `adversarial_step`.
    critic : {"plain", "spectral", "deviation"}
        The critic: two layers; the same divided by their largest singular values; the same again, and told
        how different the notes of a group are.
    critic_rate, generator_rate : float
        Learning rates.
    head_start : int
        Steps in which the critic alone learns, before the generator begins.
    n_hidden : int
        Units of each hidden layer.
    seed : int
        Where chance comes from.

    Returns
    -------
    dict
        ``step`` [shape=(n_snapshots,)], ``notes`` [shape=(n_snapshots, 256, 2)] of always the same noise,
        ``places`` [shape=(n_snapshots,)], how many of the eight places have 2 % of the notes or more,
        ``score`` the last critic's on a grid [shape=(25, 25)], rows brightness.
    """
    check_positive(n_steps, "n_steps", integer=True)
    check_choice(critic, "critic", ("plain", "spectral", "deviation"))
    set_seed(seed)
    n_batch, n_z = 64, 2
    generator, judge = _generator(n_hidden, n_z), _critic(critic, n_hidden)
    optimizers = [
        keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9) for rate in (generator_rate, critic_rate)
    ]
    for optimizer, network in zip(optimizers, (generator, judge), strict=True):
        optimizer.build(network.trainable_variables)
    play = adversarial_step(generator, judge, None, *optimizers, 0.0, loss=loss)
    digits = np.zeros(n_batch, np.int32)
    always = np.random.default_rng(seed).standard_normal((256, n_z), dtype=np.float32)
    kept, when = [], np.unique(np.geomspace(1, n_steps, n_snapshots).astype(int))
    optimizers[0].learning_rate = 0.0
    for step in range(-head_start, n_steps + 1):
        if step == 0:
            optimizers[0].learning_rate = generator_rate
        if step == 0 or step in when:
            kept.append((step, np.asarray(generator([always, np.zeros(256, np.int32)]))))
        rng = np.random.default_rng((seed, step + head_start))
        z = rng.standard_normal((n_batch, n_z), dtype=np.float32)
        play(real_notes(n_batch, rng), digits, z, digits)
    axis = np.linspace(-1, 1, 25, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    grid = np.repeat(grid, 8, axis=0)
    score = np.asarray(judge([grid, np.zeros(len(grid), np.int32)])[0])[::8, 0].reshape(25, 25)
    notes = np.stack([n for _, n in kept])
    return {
        "step": np.array([s for s, _ in kept]),
        "notes": notes,
        "places": np.array([(share_of_places(n) >= 0.02).sum() for n in notes]),
        "score": score,
    }


def _generator(n_hidden: int, n_z: int) -> keras.Model:
    z, digit = keras.Input((n_z,)), keras.Input((), dtype="int32")
    x = z
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Dense(n_hidden)(x))
    return keras.Model([z, digit], layers.Dense(2, activation="tanh")(x))


def _critic(kind: str, n_hidden: int) -> keras.Model:
    dense = layers.Dense if kind == "plain" else SpectralDense
    x, digit = keras.Input((2,)), keras.Input((), dtype="int32")
    h = x
    for _ in range(2):
        h = layers.LeakyReLU(0.2)(dense(n_hidden)(h))
    if kind == "deviation":
        h = MinibatchDeviation()(h)
    return keras.Model([x, digit], [dense(1)(h), layers.Dense(10)(h)])
