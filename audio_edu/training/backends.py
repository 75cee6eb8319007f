"""Gradients and compilation on whichever backend Keras runs: the one place that knows all three.

`keras.ops` says what is computed; how it is differentiated differs between TensorFlow (a tape that records),
PyTorch (tensors that remember) and JAX (functions that are transformed). Models that train by ``fit``'s
``train_on_batch`` need nothing of this; a game of two networks, and a map of what a network looked at, do.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from .._machine import BACKENDS


def as_array(x: Any) -> np.ndarray:
    """Return a tensor or a Keras variable as a NumPy array."""
    x = x.value if isinstance(x, keras.Variable) else x
    return x.numpy() if _backend() == "tensorflow" else keras.ops.convert_to_numpy(x)


def pull_back(
    f: Callable[[], tuple[Any, Any]], network: keras.Model
) -> tuple[tuple[Any, Any], Callable[[Any], list[Any]]]:
    """Call a function of a network's weights, and prepare to send a gradient back through it.

    This is the chain rule with its seam open: f makes y of the weights w, somebody else knows ∂L/∂y, and
    ``pull(∂L/∂y)`` returns ∂L/∂w. So a generator can be moved by what a critic says of its sounds.

    Parameters
    ----------
    f : callable
        Called once without arguments; calls `network`; returns ``(y, anything else)``. The network may change
        its own non-trainable variables while it is called.
    network : keras.Model
        Whose trainable variables the gradient is for.

    Returns
    -------
    outputs : tuple
        What f returned.
    pull : callable
        From ∂L/∂y [shape of y] to a list of ∂L/∂w, zero where y does not depend on w. To be called once.
    """
    backend, weights = _backend(), network.trainable_variables
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            for w in weights:
                tape.watch(w.value)
            outputs = f()

        def pull(gradient: Any) -> list[Any]:
            return tape.gradient(
                outputs[0],
                [w.value for w in weights],
                output_gradients=gradient,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )

        return outputs, pull
    if backend == "torch":
        import torch

        with torch.enable_grad():
            outputs = f()

        def pull(gradient: Any) -> list[Any]:
            values = [w.value for w in weights]
            found = torch.autograd.grad(outputs[0], values, gradient, allow_unused=True)
            return [torch.zeros_like(v) if g is None else g for v, g in zip(values, found, strict=True)]

        return outputs, pull
    import jax

    others = network.non_trainable_variables
    before = [v.value for v in others]

    def pure(values: list[Any]) -> tuple[Any, tuple[Any, list[Any]]]:
        known = list(zip([*weights, *others], [*values, *before], strict=True))
        with keras.StatelessScope(state_mapping=known) as scope:
            y, rest = f()
        return y, (rest, [scope.get_current_value(v) for v in others])

    y, pull_values, (rest, after) = jax.vjp(pure, [w.value for w in weights], has_aux=True)
    for variable, value in zip(others, after, strict=True):
        variable.assign(value)
    return (y, rest), lambda gradient: pull_values(gradient)[0]


def value_and_gradient(f: Callable[[Any], tuple[Any, Any]], x: Any) -> tuple[tuple[Any, Any], Any]:
    """Return ``f(x) = (y, anything else)``, y a number, and ∂y/∂x [shape of x], as tensors."""
    backend = _backend()
    if backend == "tensorflow":
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = f(x)
        return outputs, tape.gradient(outputs[0], x)
    if backend == "torch":
        import torch

        with torch.enable_grad():
            x = keras.ops.convert_to_tensor(x).detach().requires_grad_(True)
            outputs = f(x)
            return outputs, torch.autograd.grad(outputs[0], x)[0]
    import jax

    return jax.value_and_grad(f, has_aux=True)(keras.ops.convert_to_tensor(x))


def input_gradient(f: Callable[[Any], Any], x: np.ndarray) -> np.ndarray:
    """Return ∂f/∂x [shape of x] of a scalar function made of Keras layers and operations.

    Examples
    --------
    >>> input_gradient(lambda x: keras.ops.sum(x**2), np.array([1.0, -3.0], np.float32)).tolist()
    [2.0, -6.0]
    """
    return as_array(value_and_gradient(lambda x: (f(x), None), x)[1])


def by_xla(wanted: bool) -> bool | str:
    """Return what `keras.Model.compile` is told as ``jit_compile``: XLA is a choice on TensorFlow only."""
    return wanted if _backend() == "tensorflow" else "auto"


def compiled(step: Callable[..., Any], variables: Sequence[keras.Variable] = ()) -> Callable[..., Any]:
    """Return a function compiled as the backend does it: a graph, a just-in-time compilation, or as it is.

    Parameters
    ----------
    step : callable
        Takes arrays, returns tensors, and may assign to `variables`.
    variables : sequence of keras.Variable
        All that it changes.
    """
    backend = _backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(step, jit_compile=False)
    if backend == "torch":
        import torch

        return torch.no_grad()(step)
    import jax

    @jax.jit
    def pure(values: list[Any], *inputs: Any) -> tuple[Any, list[Any]]:
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))) as scope:
            outputs = step(*inputs)
        return outputs, [scope.get_current_value(v) for v in variables]

    def run(*inputs: Any) -> Any:
        outputs, values = pure([v.value for v in variables], *_spread(inputs))
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        return outputs

    return run


def leave() -> None:
    """Part with the other processes of a training, once all of them have come so far (on JAX)."""
    import jax

    jax.distributed.shutdown()


def _spread(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Make one array over all processes of the part that each of them holds, as Keras does in its steps."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return inputs
    import jax

    layouts = [distribution.get_data_layout(np.shape(x)).backend_layout for x in inputs]
    return tuple(map(jax.make_array_from_process_local_data, layouts, inputs))


def _backend() -> str:
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise RuntimeError(f"Keras runs on {backend!r}; gradients need one of {', '.join(BACKENDS)}.")
    return backend
