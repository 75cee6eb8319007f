"""Batch normalization folded into the convolution before it, and the recogniser of digits without it.

At work, batch normalization multiplies each channel by a constant and adds another. So does a convolution:
the two are one convolution with another kernel and a bias.
"""

from collections.abc import Mapping

import numpy as np

from ..._validate import Positive, check_choice, checked
from ...recognition.recognize import Recognizer

#: Keras's: added to the variance, so that a channel that never changes is not divided by zero.
EPSILON = 1e-3


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
    >>> kernel, bias = fold_batch_norm(
    ...     np.ones((3, 1)), gamma=np.full(1, 2.0), beta=np.ones(1), mean=np.full(1, 5.0), variance=np.ones(1),
    ...     epsilon=1e-12)
    >>> kernel.ravel().round(6).tolist(), bias.round(6).tolist()
    ([2.0, 2.0, 2.0], [-9.0])
    """
    for name, value in (("gamma", gamma), ("beta", beta), ("mean", mean), ("variance", variance)):
        if value.shape != kernel.shape[-1:]:
            raise ValueError(f"{name} has shape {value.shape}; expected {kernel.shape[-1:]}, as the kernel has.")
    # γ (W x − µ) / √(σ² + ε) + β  =  (γ / √(σ² + ε)) W x  +  (β − µ γ / √(σ² + ε))
    scale = gamma / np.sqrt(variance + epsilon)
    return kernel * scale, beta - mean * scale


@checked
def folded_weights(model: Recognizer) -> dict[str, np.ndarray]:
    """Return what the convolutional recogniser needs at work: kernels with folded normalization, and biases.

    Parameters
    ----------
    model : Recognizer
        From `load_cnn`, or a training of a `cnn` of the kind ``small``.

    Returns
    -------
    dict of str to np.ndarray
        ``conv1/kernel``, ``conv1/bias`` and so on to ``conv5``, ``logits/kernel``, ``logits/bias``.

    Raises
    ------
    ValueError
        If `model` is another network.

    Examples
    --------
    >>> from audio_edu.recognition import load_cnn
    >>> sum(w.size for w in folded_weights(load_cnn()).values())
    78490
    """
    check_choice(model.network.name, "model.network.name", ("cnn",))
    return fold_all({v.path: np.asarray(v) for v in model.network.weights})


def fold_all(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """`folded_weights` of the variables by their names, as in ``cnn.npz``: needs no Keras."""
    found = {name.removeprefix("network/"): np.asarray(value, np.float32) for name, value in arrays.items()}
    out = {}
    for i in range(1, 6):
        norm = (found[f"norm{i}/{n}"] for n in ("gamma", "beta", "moving_mean", "moving_variance"))
        out[f"conv{i}/kernel"], out[f"conv{i}/bias"] = fold_batch_norm(found[f"conv{i}/kernel"], *norm)
    return out | {name: found[name] for name in ("logits/kernel", "logits/bias")}
