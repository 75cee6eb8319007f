"""The convolutional network: ``y = f(W x + b)``, with a W that is small and is used everywhere.

A dense layer connects everything with everything: ``y = f(W x + b)``. A convolution is the same formula
with two changes. Each output looks at a small patch only, and all patches share one W, the *kernel*: a
sound moved by a frame, or a voice moved by a band, moves the output and changes nothing else. Pooling then
keeps the largest of each few outputs: that it was there, no longer exactly where.

The literal functions (`dense`, `conv2d`, `max_pool`) are the formulas in NumPy and equal to the Keras
layers. `build_cnn` builds what trains.

Conventions: channels last, as in Keras: [shape=(n_clips, n_rows, n_columns, n_channels)]; rows are frames
(time), columns are mel bands. What deep learning calls convolution is correlation: the kernel is not
flipped.

References
----------
LeCun, Bottou, Bengio, Haffner (1998), Gradient-based learning applied to document recognition.
Selvaraju and others (2017), Grad-CAM: visual explanations from deep networks via gradient-based localization.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .._validate import check_choice, check_positive, check_range
from .features import FeatureSettings

__all__ = ["MaskedPooling", "build_cnn", "conv2d", "dense", "grad_cam", "max_pool", "relu"]


def relu(x: np.ndarray) -> np.ndarray:
    """Return ``max(x, 0)``, the usual f."""
    return np.maximum(x, 0)


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
        The activation, such as `relu`. Default: none.

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
    >>> dense(np.array([1.0, 2.0]), W, b=np.array([0.5, 0.5]), f=relu).tolist()
    [1.5, 0.0]
    """
    x, W, b = np.asarray(x), np.asarray(W), np.asarray(b)
    if W.ndim != 2 or W.shape[1] != x.shape[-1]:
        raise ValueError(
            f"W has shape {W.shape}; expected (n_out, {x.shape[-1]}), one column for each input. "
            "A Keras kernel is (n_in, n_out): pass its transpose."
        )
    if b.shape != W.shape[:1]:
        raise ValueError(f"b has shape {b.shape}; expected ({W.shape[0]},), one bias for each row of W.")
    y = np.zeros((*x.shape[:-1], len(W)), np.result_type(x, W, b))
    for i in range(len(W)):
        # y_i = f( Σ_j W_ij x_j + b_i )
        y[..., i] = np.sum(W[i] * x, axis=-1) + b[i]
    return f(y)


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
    x, kernel = np.asarray(x), np.asarray(kernel)
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


def max_pool(x: np.ndarray, size: tuple[int, int] = (2, 2)) -> np.ndarray:
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
    >>> max_pool(np.array([[1, 2, 5], [4, 3, 6]]), (2, 2)).tolist()
    [[4]]
    """
    x = np.asarray(x)
    height, width = (check_positive(n, "size", integer=True) for n in size)
    n_rows, n_columns = x.shape[0] // height, x.shape[1] // width
    y = np.zeros((n_rows, n_columns, *x.shape[2:]), x.dtype)
    for t in range(n_rows):
        for k in range(n_columns):
            # y[t, k] = max over the tile
            y[t, k] = x[t * height : (t + 1) * height, k * width : (k + 1) * width].max(axis=(0, 1))
    return y


@keras.saving.register_keras_serializable("audio_edu")
class MaskedPooling(layers.Layer):
    """Mean and maximum over time, of the frames that count.

    Called with frames [shape=(n_clips, n_frames, n_channels)] and a mask [shape=(n_clips, n_frames * step,
    1)] of ones and zeros, of which every `step`-th is looked at; returns [shape=(n_clips, 2 * n_channels)].

    Parameters
    ----------
    step : int
        How many frames of the mask stand behind one frame of the input.
    """

    def __init__(self, step: int = 1, **options: Any):
        super().__init__(**options)
        self.step = step

    def call(self, x: Any, mask: Any = None) -> Any:
        """Pool; without a mask, over everything."""
        if mask is None:
            return ops.concatenate([ops.mean(x, axis=1), ops.max(x, axis=1)], axis=-1)
        m = mask[:, :: self.step][:, : x.shape[1]]
        mean = ops.sum(x * m, axis=1) / ops.maximum(ops.sum(m, axis=1), 1.0)
        return ops.concatenate([mean, ops.max(x * m - 1e4 * (1 - m), axis=1)], axis=-1)

    def get_config(self) -> dict:
        """Return what the layer was made with."""
        return {**super().get_config(), "step": self.step}


def build_cnn(
    kind: str = "small",
    *,
    settings: FeatureSettings | None = None,
    n_classes: int = 10,
    dropout: float = 0.2,
    width: int = 64,
) -> keras.Model:
    """Build a convolutional network that turns speech features into the probabilities of the classes.

    Parameters
    ----------
    kind : {"small", "document"}
        ``document`` is the network of the book's source documents made right: two *different* convolutions
        of 3 × 3, each followed by max pooling, then flattened, then two dense layers. ``small`` is the one
        that ships: strided convolutions, batch normalization, and pooling over the frames that hold speech
        alone.
    settings : FeatureSettings, optional
        Fixes the input's shape.
    n_classes : int
        The number of classes.
    dropout : float
        The share of values dropped before the last layer while training.
    width : int
        Channels of the last convolutions of the small one.

    Returns
    -------
    keras.Model
        From [shape=(n_clips, n_frames, n_mels + 1)] (`speech_features`) to logits [shape=(n_clips,
        n_classes)]: what stands before the softmax.

    Examples
    --------
    >>> build_cnn().output_shape
    (None, 10)
    """
    check_choice(kind, "kind", ("small", "document"))
    check_positive(n_classes, "n_classes", integer=True)
    check_range(dropout, "dropout", 0.0, 0.95)
    settings = settings or FeatureSettings()
    frames = layers.Input((settings.n_frames, settings.n_channels), name="frames")
    if kind == "document":
        return _document_cnn(frames, n_classes, dropout)

    n_mels = settings.n_mels
    mask, x = frames[..., n_mels:], frames[..., :n_mels, None]
    # (time, mel): 101×40 → 51×20 → 51×10 → 26×5
    for i, (channels, kernel, strides) in enumerate(
        [(16, (5, 5), (2, 2)), (width // 2, (3, 3), (1, 2)), (width * 3 // 4, (3, 3), (2, 2))], start=1
    ):
        x = _conv_block(
            x, layers.Conv2D(channels, kernel, strides, "same", use_bias=False, name=f"conv{i}"), i
        )
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    x = _conv_block(x, layers.Conv1D(width, 3, padding="same", use_bias=False, name="conv4"), 4)
    y = layers.SpatialDropout1D(dropout)(x)
    y = _conv_block(y, layers.Conv1D(width, 3, padding="same", use_bias=False, name="conv5"), 5)
    x = layers.Add()([x, y])
    x = MaskedPooling(step=4, name="pool")(x, mask)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(frames, logits, name="cnn")


def _conv_block(x: Any, convolution: layers.Layer, number: int) -> Any:
    x = convolution(x)
    # Few steps of training: averages that forget after 10 batches, not after 100
    x = layers.BatchNormalization(momentum=0.9, name=f"norm{number}")(x)
    return layers.ReLU(name=f"relu{number}")(x)


def _document_cnn(frames: Any, n_classes: int, dropout: float) -> keras.Model:
    n_frames, n_channels = frames.shape[1:]
    x = layers.Reshape((n_frames, n_channels, 1))(frames)
    x = layers.Conv2D(32, (3, 3), activation="relu", name="conv1")(x)
    x = layers.MaxPooling2D((2, 2), name="pool1")(x)
    # a second layer object: the same one again would have to take 32 channels where it was made for 1
    x = layers.Conv2D(32, (3, 3), activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D((2, 2), name="pool2")(x)
    # without this, the dense layers would work on each patch by itself
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu", name="dense")(x)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(frames, logits, name="document_cnn")


def grad_cam(network: keras.Model, x: np.ndarray, *, label: int, layer: str = "relu3") -> np.ndarray:
    """Ask which parts of a spectrogram spoke for a class: Grad-CAM.

    Each channel of a convolution's output A is weighted by how much the class's score rises with it, on
    average over the picture; what remains above zero of the sum is the map.

    Parameters
    ----------
    network : keras.Model
        From `build_cnn`.
    x : np.ndarray [shape=(n_frames, n_mels + 1)]
        The features of one clip.
    label : int
        The class in question.
    layer : str
        The layer whose output is looked at: ``relu1``, ``relu2`` or ``relu3`` of the small network,
        ``conv1`` or ``conv2`` of the documents'.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels)], float32
        From 0 to 1, stretched to the size of the spectrogram.

    Raises
    ------
    ValueError
        If the layer is unknown, or has no axis of frequency left.

    Examples
    --------
    >>> network = build_cnn()
    >>> grad_cam(network, np.ones((101, 41), np.float32), label=3).shape
    (101, 40)
    """
    from scipy.ndimage import zoom

    from ._gradients import input_gradient

    check_choice(layer, "layer", [each.name for each in network.layers])
    tensor = network.get_layer(layer).output
    if len(tensor.shape) != 4:
        raise ValueError(
            f"layer is {layer!r}, with output {tensor.shape}; expected (n_clips, time, frequency, channels)."
        )
    x = np.asarray(x, np.float32)[None]
    activation = np.array(keras.Model(network.input, tensor)(x, training=False))
    rest = keras.Model([tensor, network.input], network.output)
    gradient = input_gradient(
        lambda a: rest([a, ops.convert_to_tensor(x)], training=False)[0, label], activation
    )
    # α_c = mean over the picture of ∂ score / ∂ A_c
    alpha = gradient.mean(axis=(1, 2), keepdims=True)
    # map = max(0, Σ_c α_c A_c)
    heat = relu((alpha * activation).sum(axis=-1)[0])
    n_frames, n_mels = x.shape[1], x.shape[2] - 1
    heat = zoom(
        heat, (n_frames / heat.shape[0], n_mels / heat.shape[1]), order=1, grid_mode=True, mode="nearest"
    )
    return (heat / max(float(heat.max()), 1e-9)).astype(np.float32)
