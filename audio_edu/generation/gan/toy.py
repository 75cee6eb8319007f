"""The game where one can see and hear it: sounds of two numbers.

A point in the square from -1 to 1 is a note: its first number says how high it is, its second how bright.
The real notes have eight modes on a ring. A generator that has learned makes notes of all eight; one that has
collapsed makes one note over and over. The step that trains it is the one that trains the real thing,
`audio_edu.generation.gan.adversarial_step`.
"""

from typing import Annotated, Any

import keras
import numpy as np
from keras import layers

from ..._validate import Positive, Size, checked
from ...reproducible import SEED, set_seed
from ...signal import harmonic_tone
from ...training import as_array
from .train_step import adversarial_step

N_MODES, SPREAD = 8, 0.04
#: Annotation: they lie in the square from -1 to 1, or near it.
Notes = Annotated[np.ndarray, (-2.0, 2.0)]


@checked
def mode_centers() -> np.ndarray:
    """Return where the real notes lie [shape=(8, 2)]."""
    angle = 2 * np.pi * (np.arange(N_MODES) + 0.5) / N_MODES
    return 0.7 * np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


@checked
def real_notes(n: Size, rng: np.random.Generator) -> np.ndarray:
    """Draw real notes [shape=(n, 2)], each around one of the eight centers."""
    centers = mode_centers()[rng.integers(N_MODES, size=n)]
    return (centers + SPREAD * rng.standard_normal((n, 2))).astype(np.float32)


@checked
def note_pitch_hz(notes: Notes) -> np.ndarray:
    """Return the fundamental of each note: an octave from 0 to 1, 330 Hz in the middle."""
    return 330.0 * 2.0 ** notes.astype(np.float64)[..., 0]


@checked
def synthesize(
    notes: Notes, *, sample_rate: int = 8000, note_s: Annotated[float, (0.01, 60.0)] = 0.16
) -> np.ndarray:
    """Return the sound of notes, one after the other.

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
        for pitch, brightness in zip(note_pitch_hz(notes), notes[:, 1], strict=True)
    ]
    return np.concatenate(parts)


@checked
def mode_shares(notes: Notes) -> np.ndarray:
    """Return which share of the notes belongs to each mode [shape=(8,)]: within 5 spreads of its center."""
    distance = np.linalg.norm(notes[:, None] - mode_centers(), axis=-1)
    nearest = distance.argmin(axis=1)
    near = distance.min(axis=1) < 5 * SPREAD
    return np.bincount(nearest[near], minlength=N_MODES) / len(notes)


@checked
def train_toy(
    *, n_steps: Size = 1500, critic_rate: Positive = 2e-3, generator_rate: Positive = 1e-3, seed: int = SEED
) -> dict[str, Any]:
    """Train a generator of notes, and keep what it generates on the way.

    Parameters
    ----------
    n_steps : int
        Steps of the generator.
    critic_rate, generator_rate : float
        Learning rates.
    seed : int
        Where chance comes from.

    Returns
    -------
    dict
        ``step`` [shape=(n_snapshots,)], 20 or fewer; ``notes`` [shape=(n_snapshots, 256, 2)] of always the
        same noise, ``n_modes`` [shape=(n_snapshots,)], how many of the eight modes have 2 % of the notes or
        more, ``score`` the last critic's on a grid [shape=(25, 25)], rows brightness.
    """
    set_seed(seed)
    n_batch, n_z = 64, 2
    networks = toy_generator(n_z), toy_critic()
    for network, rate in zip(networks, (generator_rate, critic_rate), strict=True):
        network.compile(keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.9))
    train_step = adversarial_step(*networks, 0.0)

    def output(network: keras.Model, x: np.ndarray) -> np.ndarray:
        y = network([x, np.zeros(len(x), np.int32)])
        return as_array(y[0] if isinstance(y, list) else y)

    digits = np.zeros(n_batch, np.int32)
    z_kept = np.random.default_rng(seed).standard_normal((256, n_z), dtype=np.float32)
    steps, kept = [], []
    snapshots = {0, *np.geomspace(1, n_steps, 20).astype(int).tolist()}
    for step in range(n_steps + 1):
        if step in snapshots:
            steps.append(step)
            kept.append(output(networks[0], z_kept))
        rng = np.random.default_rng((seed, step))
        z = rng.standard_normal((n_batch, n_z), dtype=np.float32)
        train_step(real_notes(n_batch, rng), digits, z, digits)
    axis = np.linspace(-1, 1, 25, dtype=np.float32)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    score = output(networks[1], grid).reshape(25, 25)
    n_modes = np.array([(mode_shares(notes) >= 0.02).sum() for notes in kept])
    return {"step": np.array(steps), "notes": np.stack(kept), "n_modes": n_modes, "score": score}


@checked
def toy_generator(n_z: int) -> keras.Model:
    """Build G: from noise and a digit, which it ignores, to notes."""
    z, digit = keras.Input((n_z,)), keras.Input((), dtype="int32")
    x = z
    for _ in range(2):
        x = layers.LeakyReLU(0.2)(layers.Dense(64)(x))
    return keras.Model([z, digit], layers.Dense(2, activation="tanh")(x))


@checked
def toy_critic() -> keras.Model:
    """Build D: from notes and a digit, which it ignores, to a score and logits."""
    x, digit = keras.Input((2,)), keras.Input((), dtype="int32")
    h = x
    for _ in range(2):
        h = layers.LeakyReLU(0.2)(layers.Dense(64)(h))
    return keras.Model([x, digit], [layers.Dense(1)(h), layers.Dense(10)(h)])
