"""The formulas of a WaveNet, literally, in NumPy: what the layers of Keras are tested against."""

import numpy as np

from ..._validate import Size, checked
from ...layers import sigmoid


@checked
def causal_convolution(x: np.ndarray, kernel: np.ndarray, *, dilation: Size = 1) -> np.ndarray:
    """Weigh present and past samples, `dilation` apart; before the first sample stand zeros.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples, n_in)]
        A sequence.
    kernel : np.ndarray [shape=(n_taps, n_in, n_out)]
        The weights; the last tap is for the present sample.
    dilation : int
        The distance between taps.

    Returns
    -------
    np.ndarray [shape=(n_samples, n_out)]

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> x = np.array([[1.0], [2.0], [3.0], [4.0]])
    >>> causal_convolution(x, np.ones((2, 1, 1)), dilation=2)[:, 0].tolist()
    [1.0, 2.0, 4.0, 6.0]
    """
    if x.ndim != 2 or kernel.ndim != 3 or kernel.shape[1] != x.shape[1]:
        raise ValueError(
            f"x has shape {x.shape}, kernel {kernel.shape}; expected (n_samples, n_in) and (n_taps, n_in, "
            "n_out) with the same n_in."
        )
    n_taps = len(kernel)
    y = np.zeros((len(x), kernel.shape[2]))
    for t in range(len(x)):
        for k in range(n_taps):
            # y[t] = Σ_k x[t − (K − 1 − k) d] · kernel[k]
            past = t - (n_taps - 1 - k) * dilation
            if past >= 0:
                y[t] += x[past] @ kernel[k]
    return y


@checked
def gated_residual(
    x: np.ndarray,
    W_f: np.ndarray,
    W_g: np.ndarray,
    c_f: np.ndarray,
    c_g: np.ndarray,
    R: np.ndarray,
    b: np.ndarray,
    *,
    dilation: Size = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Compute one layer of a WaveNet.

    Parameters
    ----------
    x : np.ndarray [shape=(n_samples, C)]
        What the layer below hands over.
    W_f, W_g : np.ndarray [shape=(2, C, C)]
        Kernels of the filter and of the gate: for the sample `dilation` ago, for the present one.
    c_f, c_g : np.ndarray [shape=(C,) or (n_samples, C)]
        What the condition adds to the filter and to the gate.
    R, b : np.ndarray [shape=(C, C)] and [shape=(C,)]
        From the gated channels back to the residual ones.
    dilation : int
        How far the layer looks back.

    Returns
    -------
    x : np.ndarray [shape=(n_samples, C)]
        For the next layer.
    z : np.ndarray [shape=(n_samples, C)]
        For the skip connection.
    """
    # f = tanh(W_f * x + V_f c)
    f = np.tanh(causal_convolution(x, W_f, dilation=dilation) + c_f)
    # g = σ(W_g * x + V_g c)
    g = sigmoid(causal_convolution(x, W_g, dilation=dilation) + c_g)
    # z = f ⊙ g
    z = f * g
    # x ← x + R z + b
    return x + z @ R + b, z
