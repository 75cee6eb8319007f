"""Derivatives of a network's output by its input, on whichever backend Keras runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

__all__ = ["input_gradient"]


def input_gradient(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Return ∂f/∂x [shape of x] of a scalar function made of Keras layers and operations."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            y = f(tensor)
        return tape.gradient(y, tensor).numpy()
    if backend == "torch":
        tensor = keras.ops.convert_to_tensor(x).requires_grad_(True)
        f(tensor).backward()
        return tensor.grad.cpu().numpy()
    if backend == "jax":
        import jax

        return np.asarray(jax.grad(f)(keras.ops.convert_to_tensor(x)))
    raise RuntimeError(f"Keras runs on {backend!r}, which has no gradients; set KERAS_BACKEND=tensorflow.")
