"""What a network costs, and three ways to make it cost less, literally.

Batch normalization is folded into the convolution before it: at work it multiplies each channel by a constant
and adds another, and so does a convolution. Pruning sets the smallest weights to zero. Quantization rounds
them to a few levels.

References
----------
Ioffe, Szegedy (2015), Batch normalization.
Han, Pool, Tran, Dally (2015), Learning both weights and connections for efficient neural networks.
Jacob and others (2018), Quantization and training of neural networks for efficient integer-arithmetic-only
inference.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import numpy as np

from ..._validate import Positive, Size, checked

#: Keras's: added to the variance, so that a channel that never changes is not divided by zero.
EPSILON = 1e-3
_Bits = Annotated[int, (2, 16)]
_Share = Annotated[float, (0.0, 1.0)]


@checked
def convolution_cost(
    size: Sequence[int], kernel: Sequence[int], n_in: Size, n_out: Size, strides: Sequence[int]
) -> dict[str, int]:
    """Count what a convolution with a bias costs, in any number of dimensions.

    Parameters
    ----------
    size : sequence of int
        Places of the input along each dimension, such as frames and bands. Zeros are filled in around it, so
        that with a stride of 1 the output has as many.
    kernel, strides : sequence of int
        Of each dimension.
    n_in, n_out : int
        Channels.

    Returns
    -------
    dict of str to int
        ``parameters``; ``multiplications``, one for each weight at each place of the output, those with a
        filled-in zero included; ``values``, how many numbers come out.

    Examples
    --------
    >>> convolution_cost((101, 40), (5, 5), 1, 16, (2, 2))
    {'parameters': 416, 'multiplications': 408000, 'values': 16320}
    """
    if not len(size) == len(kernel) == len(strides):
        raise ValueError(
            f"size, kernel and strides have {len(size)}, {len(kernel)} and {len(strides)} entries; expected "
            "one for each dimension in all three."
        )
    n_places = int(np.prod([-(-n // s) for n, s in zip(size, strides, strict=True)]))
    n_weights = int(np.prod(kernel)) * n_in * n_out
    return {
        "parameters": n_weights + n_out,
        "multiplications": n_places * n_weights,
        "values": n_places * n_out,
    }


@checked
def fold_batch_norm(
    kernel: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    mean: np.ndarray,
    variance: np.ndarray,
    epsilon: Positive = EPSILON,
) -> tuple[np.ndarray, np.ndarray]:
    """Fold batch normalization, as it works after training, into the convolution before it.

    Parameters
    ----------
    kernel : np.ndarray [shape=(..., n_out)]
        The convolution's weights, as Keras has them. It has no bias of its own.
    gamma, beta : np.ndarray [shape=(n_out,)]
        Scale and offset that were learned.
    mean, variance : np.ndarray [shape=(n_out,)]
        Of each channel, averaged while training.
    epsilon : float
        Added to the variance.

    Returns
    -------
    kernel : np.ndarray [shape=(..., n_out)]
    bias : np.ndarray [shape=(n_out,)]

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> one = np.ones(1)
    >>> kernel, bias = fold_batch_norm(np.ones((3, 1)), 2 * one, one, 5 * one, variance=one, epsilon=1e-9)
    >>> kernel.ravel().round(6).tolist(), bias.round(6).tolist()
    ([2.0, 2.0, 2.0], [-9.0])
    """
    for name, value in (("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)):
        if value.shape != kernel.shape[-1:]:
            raise ValueError(
                f"{name} has shape {value.shape}; expected {kernel.shape[-1:]}, as the kernel has."
            )
    # γ (W x − µ) / √(σ² + ε) + β  =  (γ / √(σ² + ε)) W x  +  β − µ γ / √(σ² + ε)
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, beta - mean * scale


@checked
def fold_all(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Fold normalization into the weights of a convolutional recogniser, by their names in ``cnn.npz``.

    The result has ``conv1/kernel``, ``conv1/bias`` and so on to ``conv5``, ``logits/kernel`` and its bias.

    Examples
    --------
    >>> import numpy as np
    >>> one = {f"norm{i}/{n}": np.ones(1) for i in range(1, 6)
    ...        for n in ("gamma", "beta", "moving_mean", "moving_variance")}
    >>> kernels = {f"conv{i}/kernel": np.ones((1, 1)) for i in range(1, 6)}
    >>> list(fold_all({**one, **kernels, "logits/kernel": np.ones((1, 1)), "logits/bias": np.ones(1)}))[:2]
    ['conv1/kernel', 'conv1/bias']
    """
    found = {name.removeprefix("network/"): np.asarray(value, np.float32) for name, value in arrays.items()}
    out = {}
    for i in range(1, 6):
        norm = (found[f"norm{i}/{n}"] for n in ("gamma", "beta", "moving_mean", "moving_variance"))
        out[f"conv{i}/kernel"], out[f"conv{i}/bias"] = fold_batch_norm(found[f"conv{i}/kernel"], *norm)
    return out | {name: found[name] for name in ("logits/kernel", "logits/bias")}


@checked
def quantize_weights(
    w: np.ndarray, bits: _Bits, *, per_channel: bool = True
) -> tuple[np.ndarray, np.ndarray]:
    """Round weights to whole numbers and a scale.

    Parameters
    ----------
    w : np.ndarray [shape=(..., n_out)]
        Weights, as Keras has them: the last axis is the output channel.
    bits : int
        The whole numbers lie within ±(2^(bits − 1) − 1).
    per_channel : bool
        A scale of its own for each output channel; else one for all.

    Returns
    -------
    codes : np.ndarray of int16 [shape=(..., n_out)]
    scale : np.ndarray [shape=(n_out,) or (1,)]
        ``codes * scale`` is what is used instead of `w`.

    Examples
    --------
    >>> codes, scale = quantize_weights(np.array([[0.5, 10.0], [-1.0, 5.0]]), 3)
    >>> codes.tolist(), scale.round(3).tolist()
    ([[2, 3], [-3, 2]], [0.333, 3.333])
    """
    most = 2 ** (bits - 1) - 1
    largest = (
        np.abs(w).max(axis=tuple(range(w.ndim - 1))) if per_channel else np.abs(w).max(keepdims=True).ravel()
    )
    scale = np.where(largest > 0, largest, 1.0) / most
    # q = round(w / Δ)
    return np.round(w / scale).astype(np.int16), scale


@checked
def prune(w: np.ndarray, share: _Share) -> np.ndarray:
    """Set the smallest weights, by magnitude, to zero.

    Parameters
    ----------
    w : np.ndarray
        Weights.
    share : float
        How many of them become zero, from 0 to 1.

    Returns
    -------
    np.ndarray [shape as w]

    Examples
    --------
    >>> prune(np.array([0.3, -2.0, 0.1, 1.0]), 0.5).tolist()
    [0.0, -2.0, 0.0, 1.0]
    """
    n_zero = round(share * w.size)
    out = w.copy().ravel()
    out[np.argsort(np.abs(out), kind="stable")[:n_zero]] = 0
    return out.reshape(w.shape)
