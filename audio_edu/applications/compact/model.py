"""The recogniser of digits without batch normalization: what runs in the page, and what is made smaller."""

import io
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import layers

from ..._validate import check_choice, checked
from ...layers import MaskedPooling
from ...recognition.features import FeatureSettings
from ...recognition.recognize import Recognizer
from ...training import as_array
from .formulas import fold_all

#: Kernel, strides and channels that go in, of the convolutions in two dimensions (frames, bands).
IN_2D = (((5, 5), (2, 2)), ((3, 3), (1, 2)), ((3, 3), (2, 2)))


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
    78714
    """
    check_choice(model.network.name, "model.network.name", ("cnn",))
    return fold_all({v.path: as_array(v) for v in model.network.weights})


def build_folded(weights: Mapping[str, np.ndarray], settings: FeatureSettings | None = None) -> keras.Model:
    """Build the network of `folded_weights`: from frames to logits, as `build_cnn`'s.

    Parameters
    ----------
    weights : mapping of str to np.ndarray
        From `folded_weights`; quantized or pruned ones as well.
    settings : FeatureSettings, optional
        Fixes the input's shape.

    Returns
    -------
    keras.Model
        From [shape=(n_clips, n_frames, n_mels + 1)] to logits [shape=(n_clips, n_classes)].

    Examples
    --------
    >>> from audio_edu.recognition import load_cnn
    >>> build_folded(folded_weights(load_cnn())).count_params()
    78714
    """
    s = settings or FeatureSettings()
    frames = layers.Input((s.n_frames, s.n_channels), name="frames")
    mask, x = frames[..., s.n_mels :], frames[..., : s.n_mels, None]
    for i, (kernel, strides) in enumerate(IN_2D, start=1):
        n = weights[f"conv{i}/bias"].size
        x = layers.Conv2D(n, kernel, strides, "same", activation="relu", name=f"conv{i}")(x)
    x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    width = weights["conv4/bias"].size
    x = layers.Conv1D(width, 3, padding="same", activation="relu", name="conv4")(x)
    y = layers.Conv1D(width, 3, padding="same", activation="relu", name="conv5")(x)
    x = MaskedPooling(step=4, name="pool")(layers.Add()([x, y]), mask)
    network = keras.Model(frames, layers.Dense(weights["logits/bias"].size, name="logits")(x), name="folded")
    for variable in network.weights:
        variable.assign(weights[variable.path])
    return network


@checked
def size_on_disk(weights: Mapping[str, Any]) -> int:
    """Return the bytes that arrays take as a compressed ``.npz``.

    Examples
    --------
    >>> size_on_disk({"w": np.zeros(10_000, np.float32)}) < 400
    True
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **weights)
    return buffer.getbuffer().nbytes
