"""The recurrent network in Keras, its weights for the literal formulas, and how far its gradients reach."""

import keras
import numpy as np
from keras import layers

from ..._validate import check_choice, check_positive, check_range
from ...layers import MaskedPooling
from ...training import input_gradient
from ..features import FeatureSettings

CELLS = {"SimpleRNN": layers.SimpleRNN, "LSTM": layers.LSTM, "GRU": layers.GRU}


def from_keras(layer: layers.Layer) -> dict[str, np.ndarray]:
    """Take the weights of a Keras ``SimpleRNN``, ``LSTM`` or ``GRU`` for the literal functions.

    Returns
    -------
    dict
        ``W_xh``, ``W_hh``, ``b_h``, and for a GRU ``b_hh``.

    Examples
    --------
    >>> layer = keras.layers.SimpleRNN(3)
    >>> layer.build((None, None, 2))
    >>> {name: w.shape for name, w in from_keras(layer).items()}
    {'W_xh': (3, 2), 'W_hh': (3, 3), 'b_h': (3,)}
    """
    kernel, recurrent, bias = (np.array(w) for w in layer.get_weights())
    weights = {"W_xh": kernel.T, "W_hh": recurrent.T, "b_h": bias}
    if bias.ndim == 2:
        weights["b_h"], weights["b_hh"] = bias
    return weights


def gradient_norms(layer: layers.Layer, x: np.ndarray) -> np.ndarray:
    """Measure how much the last memory still depends on each earlier input: ‖∂ Σ h_T / ∂ x_t‖.

    Parameters
    ----------
    layer : keras.layers.Layer
        A recurrent layer that returns its last memory, such as ``keras.layers.SimpleRNN(32)``.
    x : np.ndarray [shape=(n_clips, n_steps, n_in)]
        Sequences.

    Returns
    -------
    np.ndarray [shape=(n_steps,)]
        The mean over the clips. The first entry is the step farthest from the end.

    Notes
    -----
    ∂h_T/∂x_t holds the product of T − t Jacobians ``diag(f′) W_hh``. Where their largest singular value
    stays below 1 it falls exponentially with the distance.

    Examples
    --------
    >>> norms = gradient_norms(keras.layers.SimpleRNN(4, seed=0), np.ones((1, 50, 2), np.float32))
    >>> norms.shape, bool(norms[0] < norms[-1])
    ((50,), True)
    """
    gradient = input_gradient(lambda inputs: keras.ops.sum(layer(inputs)), np.asarray(x, np.float32))
    return np.linalg.norm(gradient, axis=-1).mean(axis=0)


def build_rnn(
    cell: str = "GRU",
    *,
    settings: FeatureSettings | None = None,
    n_classes: int = 10,
    n_hidden: int = 64,
    bidirectional: bool = True,
    dropout: float = 0.3,
) -> keras.Model:
    """Build a recurrent network that turns speech features into logits.

    Three frames are read at a time (34 steps for a second instead of 101); a first recurrent layer, dropout,
    a second one, and the mean and the maximum of its memory over the frames that hold speech.

    Parameters
    ----------
    cell : {"SimpleRNN", "LSTM", "GRU"}
        The kind of memory.
    settings : FeatureSettings, optional
        Fixes the input's shape.
    n_classes : int
        The number of classes.
    n_hidden : int
        The size of the memory.
    bidirectional : bool
        Read from right to left too.
    dropout : float
        The share of values that are set to zero between the layers while training; the others grow to make
        up for it.

    Returns
    -------
    keras.Model
        From [shape=(n_clips, n_frames, n_mels + 1)] (`audio_edu.recognition.speech_features`) to logits
        [shape=(n_clips, n_classes)].

    Examples
    --------
    >>> build_rnn("LSTM", n_hidden=8).output_shape
    (None, 10)
    """
    check_choice(cell, "cell", CELLS)
    check_positive(n_classes, "n_classes", integer=True)
    check_positive(n_hidden, "n_hidden", integer=True)
    check_range(dropout, "dropout", 0.0, 0.95)
    settings = settings or FeatureSettings()
    frames = layers.Input((settings.n_frames, settings.n_channels), name="frames")
    mask = frames[..., settings.n_mels :]
    x = layers.Conv1D(n_hidden, 5, strides=3, padding="same", use_bias=False, name="thirds")(frames)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.ReLU()(x)

    def recur(name: str) -> layers.Layer:
        layer = CELLS[cell](n_hidden, return_sequences=True, name=name)
        return layers.Bidirectional(layer, name=f"{name}_both") if bidirectional else layer

    x = recur("memory1")(x)
    x = layers.Dropout(dropout)(x)
    x = recur("memory2")(x)
    x = MaskedPooling(step=3, name="pool")(x, mask)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(frames, logits, name="rnn")
