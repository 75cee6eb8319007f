"""What would change the answer? The least change of the samples, and a change that is itself speech.

The first answers for the network: a few thousandths of the sound's power, spread so that the network's margin
falls fastest. The second asks a generator for sounds between two words in one voice.

References
----------
Szegedy and others (2014), Intriguing properties of neural networks (adversarial examples).
Moosavi-Dezfooli, Fawzi, Frossard (2016), DeepFool (step by step to the nearest linear boundary).
Wachter, Mittelstadt, Russell (2017), Counterfactual explanations without opening the black box.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ..._validate import Clip, Positive, Size, check_range, checked
from ...generation.gan import Gan
from ...recognition import Recognizer, SpeechFeatures
from ...training import as_array, value_and_gradient


@checked
def step_to_boundary(margin: float, gradient: np.ndarray) -> np.ndarray:
    """Return the least step, in the sense of its energy, that brings a linear margin to 0.

    Parameters
    ----------
    margin : float
        m, where one stands.
    gradient : np.ndarray
        g = ∂m/∂x.

    Returns
    -------
    np.ndarray [shape of gradient]
        −m g / |g|².

    Raises
    ------
    ValueError
        If the gradient is 0: then no small step changes anything.

    Examples
    --------
    >>> step_to_boundary(-5.0, np.array([3.0, 4.0])).tolist()
    [0.6, 0.8]
    """
    energy = float(np.sum(np.square(gradient, dtype=np.float64)))
    if energy == 0:
        raise ValueError("gradient is 0 everywhere; expected a direction in which the margin changes.")
    # min |δ|² with m + g·δ = 0: δ = −m g / |g|²
    return -margin * gradient / energy


def logits_of_samples(recognizer: Recognizer) -> keras.Model:
    """Return the network from samples [shape=(n_clips, n_samples)] to logits, with features in between.

    Examples
    --------
    >>> from audio_edu.recognition import load_cnn
    >>> logits_of_samples(load_cnn()).output_shape
    (None, 10)
    """
    samples = keras.Input((recognizer.settings.n_samples,), name="samples")
    frames = SpeechFeatures(recognizer.settings)(samples)
    return keras.Model(samples, recognizer.network(frames))


@checked
def least_change(
    model: keras.Model,
    x: Clip,
    target: int,
    *,
    margin: Positive = 0.5,
    n_steps: Size = 60,
    largest: Positive = 0.02,
) -> np.ndarray:
    """Look for a small change of a clip's samples after which a network takes it for another class.

    Each step goes to where the margin would be reached if it were linear, but by at most `largest` times the
    length of x. At the end the whole change is made smaller as long as the answer stays.

    Parameters
    ----------
    model : keras.Model
        From samples to logits; see `logits_of_samples`.
    x : np.ndarray [shape=(n_samples,)]
        A clip, at most as long as the network takes.
    target : int
        The class that it shall be taken for.
    margin : float
        By how much the target's logit shall exceed all others.
    n_steps : int
        Steps, at most.
    largest : float
        The longest step, as a share of the length (the root of the energy) of x.

    Returns
    -------
    np.ndarray [shape=(n_samples,)], float32
        The change δ; all 0 if x is taken for the target already, or if nothing was found.

    Examples
    --------
    >>> from audio_edu.datasets import load_digits
    >>> from audio_edu.recognition import load_cnn
    >>> model, x = logits_of_samples(load_cnn()), load_digits().test.audio[21]
    >>> delta = least_change(model, x, 1)
    >>> bool(np.sum(delta**2) < 0.1 * np.sum(x**2))
    True
    """
    n_samples, n_classes = model.input_shape[-1], model.output_shape[-1]
    check_range(target, "target", 0, n_classes - 1, integer=True)
    if len(x) > n_samples:
        raise ValueError(f"x has {len(x)} samples; the network takes at most {n_samples}.")
    size = float(np.sqrt(np.sum(np.square(x, dtype=np.float64))))
    padded = np.pad(x.astype(np.float32), (0, n_samples - len(x)))[None]
    inside = (np.arange(n_samples) < len(x)).astype(np.float32)
    others = np.float32([-1e9 if k == target else 0 for k in range(n_classes)])

    def excess(at: Any) -> tuple[Any, Any]:
        logits = model(at, training=False)[0]
        return logits[target] - ops.max(logits + others), None

    def found_by(delta: np.ndarray) -> bool:
        return float(as_array(excess(padded + delta)[0])) >= margin

    delta = np.zeros_like(padded)
    for _ in range(n_steps):
        (value, _), gradient = value_and_gradient(excess, padded + delta)
        value, gradient = float(as_array(value)), as_array(gradient) * inside
        if value >= margin or not gradient.any():
            break
        step = step_to_boundary(value - 1.05 * margin, gradient)
        length = float(np.sqrt(np.sum(step**2)))
        delta = delta + step * min(1.0, largest * size / max(length, 1e-12))
    if not found_by(delta):
        return np.zeros(len(x), np.float32)
    low, high = 0.0, 1.0
    for _ in range(8):  # the shortest way along this line
        middle = (low + high) / 2
        low, high = (low, middle) if found_by(middle * delta) else (middle, high)
    return (high * delta)[0, : len(x)]


@checked
def between_digits(
    gan: Gan, z: np.ndarray, first: int, second: int, shares: Sequence[float], *, n_iter: int = 32
) -> np.ndarray:
    """Let a generator say what lies between two digits, in one voice.

    The network looks a digit up in a table of vectors. Here it gets a mixture of two rows; the noise, which
    decides the voice, stays.

    Parameters
    ----------
    gan : Gan
        From `load_gan`.
    z : np.ndarray [shape=(n_z,)]
        The voice.
    first, second : int
        Two digits.
    shares : sequence of float
        0 is the first digit, 1 the second.
    n_iter : int
        Iterations of the search for a phase.

    Returns
    -------
    np.ndarray [shape=(n_shares, n_samples)]

    Examples
    --------
    >>> from audio_edu.generation import load_gan
    >>> gan = load_gan()
    >>> between_digits(gan, gan.noise(1)[0], 7, 1, [0.0, 0.5], n_iter=1).shape
    (2, 6144)
    """
    for name, digit in (("first", first), ("second", second)):
        check_range(digit, name, 0, len(gan.label_names) - 1, integer=True)
    if z.shape != (gan.recipe.n_z,):
        raise ValueError(f"z has shape {z.shape}; expected ({gan.recipe.n_z},).")
    lookup = gan.generator.get_layer("digit_table")
    body = keras.Model([gan.generator.inputs[0], lookup.output], gan.generator.output)
    a, b = as_array(lookup(np.array([first, second])))
    rows = np.stack([(1 - s) * a + s * b for s in shares]).astype(np.float32)
    images = body([np.repeat(z[None].astype(np.float32), len(rows), axis=0), rows], training=False)
    return gan.transform.inverse_transform(as_array(images), n_iter=n_iter)
