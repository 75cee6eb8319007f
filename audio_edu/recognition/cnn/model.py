"""The convolutional network in Keras.

Conventions: channels last [shape=(n_clips, n_frames, n_mels, n_channels)]; the formulas are in
`audio_edu.recognition.cnn.formulas`.
"""

from typing import Any

import keras
from keras import layers

from ..._validate import check_choice, check_positive, check_range
from ...layers import MaskedPooling
from ..features import FeatureSettings


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
        of 3 × 3, each followed by max pooling, then flattened, then two dense layers; it sees the bands and
        not the mask. ``small`` is the one
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
    n_mels = settings.n_mels
    mask, x = frames[..., n_mels:], frames[..., :n_mels, None]
    if kind == "document":
        return _document_cnn(frames, x, n_classes, dropout)

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


def _document_cnn(frames: Any, x: Any, n_classes: int, dropout: float) -> keras.Model:
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
