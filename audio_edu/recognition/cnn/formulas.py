"""The convolution of a neural network, literally: ``y = f(W x + b)`` with a small W that is used everywhere.

A dense layer connects everything with everything: ``y = f(W x + b)``. A convolution is the same formula
with two changes. Each output looks at a small patch only, and all patches share one W, the *kernel*: a
sound moved by a frame, or a voice moved by a band, moves the output and changes nothing else. Pooling then
keeps the largest of each few outputs: that it was there, no longer exactly where.

What deep learning calls convolution is correlation: the kernel is not flipped.

References
----------
LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document recognition.
"""

from collections.abc import Callable

import numpy as np

from ..._validate import Size, check_choice, checked


@checked
def dense(
    x: np.ndarray, W: np.ndarray, b: np.ndarray, f: Callable[[np.ndarray], np.ndarray] = lambda z: z
) -> np.ndarray:
    """Compute ``y = f(W x + b)``, one output after the other.

    Parameters
    ----------
    x : np.ndarray [shape=(..., n_in)]
        Inputs.
    W : np.ndarray [shape=(n_out, n_in)]
        A row of weights for each output, as in the formula. Keras's ``kernel`` is the transpose.
    b : np.ndarray [shape=(n_out,)]
        Biases.
    f : callable
        The activation, such as `audio_edu.layers.relu`. Default: none.

    Returns
    -------
    np.ndarray [shape=(..., n_out)]

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> W = np.array([[1.0, 0.0], [0.0, -1.0]])
    >>> from audio_edu.layers import relu
    >>> dense(np.array([1.0, 2.0]), W, b=np.array([0.5, 0.5]), f=relu).tolist()
    [1.5, 0.0]
    """
    if W.ndim != 2 or W.shape[1] != x.shape[-1]:
        raise ValueError(
            f"W has shape {W.shape}; expected (n_out, {x.shape[-1]}), one column for each input in x. "
            "A Keras kernel is (n_in, n_out): pass its transpose."
        )
    if b.shape != W.shape[:1]:
        raise ValueError(f"b has shape {b.shape}; expected ({W.shape[0]},), one bias for each row of W.")
    y = np.zeros((*x.shape[:-1], len(W)), np.result_type(x, W, b))
    for i in range(len(W)):
        # y_i = f( Σ_j W_ij x_j + b_i )
        y[..., i] = np.sum(W[i] * x, axis=-1) + b[i]
    return f(y)


@checked
def conv2d(
    x: np.ndarray, kernel: np.ndarray, b: np.ndarray | None = None, *, padding: str = "valid"
) -> np.ndarray:
    """Slide a kernel over a picture and sum the products.

    Parameters
    ----------
    x : np.ndarray [shape=(n_rows, n_columns) or (n_rows, n_columns, n_in)]
        One picture, for example a log-mel spectrogram, with or without channels.
    kernel : np.ndarray [shape=(height, width) or (height, width, n_in, n_out)]
        The weights, as Keras keeps them.
    b : np.ndarray [shape=(n_out,)], optional
        Biases. Default: none.
    padding : {"valid", "same"}
        ``valid`` keeps to positions where the whole kernel fits; ``same`` puts zeros around the picture so
        that the output is as large as the input.

    Returns
    -------
    np.ndarray [shape=(n_rows_out, n_columns_out) or (n_rows_out, n_columns_out, n_out)]
        Without a channel axis if both inputs came without one.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    An edge detector over time: how much louder each band is than two frames before.

    >>> x = np.array([[0.0], [0.0], [1.0], [1.0], [1.0]])
    >>> conv2d(x, np.array([[-1.0], [0.0], [1.0]]))[:, 0].tolist()
    [1.0, 1.0, 0.0]
    """
    check_choice(padding, "padding", ("valid", "same"))
    plain = x.ndim == 2 and kernel.ndim == 2
    x = x[..., None] if x.ndim == 2 else x
    kernel = kernel[..., None, None] if kernel.ndim == 2 else kernel
    if x.ndim != 3 or kernel.ndim != 4 or kernel.shape[2] != x.shape[2]:
        raise ValueError(
            f"x has shape {x.shape}, kernel {kernel.shape}; expected (n_rows, n_columns, n_in) and "
            "(height, width, n_in, n_out) with the same n_in."
        )
    height, width, _, n_out = kernel.shape
    if padding == "same":
        up, left = (height - 1) // 2, (width - 1) // 2
        x = np.pad(x, ((up, height - 1 - up), (left, width - 1 - left), (0, 0)))
    n_rows, n_columns = x.shape[0] - height + 1, x.shape[1] - width + 1
    if n_rows < 1 or n_columns < 1:
        raise ValueError(f"kernel is {height}×{width}, larger than x, {x.shape[0]}×{x.shape[1]}.")
    y = np.zeros((n_rows, n_columns, n_out), np.result_type(x, kernel))
    for t in range(n_rows):
        for k in range(n_columns):
            # y[t, k, o] = Σ_i Σ_j Σ_c  x[t+i, k+j, c] · kernel[i, j, c, o]
            y[t, k] = np.einsum("ijc,ijco->o", x[t : t + height, k : k + width], kernel)
    y = y if b is None else y + b
    return y[..., 0] if plain else y


@checked
def max_pool(x: np.ndarray, size: tuple[Size, Size] = (2, 2)) -> np.ndarray:
    """Keep the largest value of each tile; rows and columns that fill no tile are dropped.

    Parameters
    ----------
    x : np.ndarray [shape=(n_rows, n_columns) or (n_rows, n_columns, n_channels)]
        A picture.
    size : (int, int)
        Rows and columns of a tile.

    Returns
    -------
    np.ndarray [shape=(n_rows // size[0], n_columns // size[1], ...)]

    Examples
    --------
    >>> max_pool(np.array([[1.0, 2.0, 5.0], [4.0, 3.0, 6.0]]), (2, 2)).tolist()
    [[4.0]]
    """
    height, width = size
    n_rows, n_columns = x.shape[0] // height, x.shape[1] // width
    y = np.zeros((n_rows, n_columns, *x.shape[2:]), x.dtype)
    for t in range(n_rows):
        for k in range(n_columns):
            # y[t, k] = max over the tile
            y[t, k] = x[t * height : (t + 1) * height, k * width : (k + 1) * width].max(axis=(0, 1))
    return y
