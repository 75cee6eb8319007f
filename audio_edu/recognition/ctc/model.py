"""The network in Keras: two convolutions, recurrent layers, a letter or a blank for every 20 ms.

The kind is that of DeepSpeech 2 (Amodei and others, 2016), a thousandth of its size.
"""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

#: Frames of the spectrogram for one of the network's: 20 ms.
STEP = 2
#: Frames and bands that each convolution sees, and what it skips.
KERNELS, STRIDES = ((11, 7), (5, 5)), ((STEP, 2), (1, 2))
#: So many frames beside its own does the network's frame see through the convolutions.
CONTEXT = KERNELS[0][0] - 1 + STEP * (KERNELS[1][0] - 1)


def ctc_loss(y: Any, logits: Any) -> Any:
    """Return −log P(y|x) of each recording [shape=(n_clips,)], summed over alignments.

    Parameters
    ----------
    y : tensor [shape=(n_clips, n_most_letters)], int
        Letters; 0, the blank, fills the rest of a row.
    logits : tensor [shape=(n_clips, n_frames, n_symbols)]
        All frames count: silence is written as blanks.
    """
    y = ops.cast(y, "int32")
    n_letters = ops.sum(ops.cast(y != 0, "int32"), axis=1)
    n_frames = ops.zeros_like(n_letters) + ops.shape(logits)[1]
    return ops.ctc_loss(y, logits, n_letters, n_frames, mask_index=0)


def build_ctc(
    n_symbols: int,
    *,
    n_mels: int = 40,
    channels: Sequence[int] = (32, 32),
    n_units: int = 128,
    n_layers: int = 3,
    causal: bool = False,
    dropout: float = 0.15,
) -> keras.Model:
    """Build a network that gives each 20 ms of speech logits over letters and the blank.

    Parameters
    ----------
    n_symbols : int
        Letters, and the blank.
    n_mels : int
        Mel bands.
    channels : sequence of int
        Channels of the two convolutions.
    n_units : int
        Size of the memory of each recurrent layer (GRU), in each direction.
    n_layers : int
        How many recurrent layers.
    causal : bool
        Read from left to right alone, and let convolutions see the past only.
    dropout : float
        The share of values that are set to zero before each later layer while training.

    Returns
    -------
    keras.Model
        From frames [shape=(n_clips, n_frames, n_mels)], ``n_frames`` even, to logits
        [shape=(n_clips, n_frames / 2, n_symbols)].

    Examples
    --------
    >>> build_ctc(29, channels=(2, 2), n_units=4, n_layers=1).output_shape
    (None, None, 29)
    """
    frames = layers.Input((None, n_mels), name="frames")
    x = layers.Reshape((-1, n_mels, 1), name="one_channel")(frames)
    before = CONTEXT if causal else CONTEXT // 2
    # all frames that the convolutions see beyond the recording are zeros at their input
    x = layers.ZeroPadding2D(((before, CONTEXT - before), (0, 0)), name="around")(x)
    for i, (n, kernel, strides) in enumerate(zip(channels, KERNELS, STRIDES, strict=True)):
        x = layers.ZeroPadding2D(((0, 0), (kernel[1] // 2,) * 2), name=f"bands{i}")(x)
        x = layers.Conv2D(n, kernel, strides, use_bias=False, name=f"conv{i}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
    x = layers.Reshape((-1, x.shape[2] * x.shape[3]), name="flat")(x)
    for i in range(n_layers):
        x = layers.Dropout(dropout, name=f"dropout{i}")(x)
        memory = layers.GRU(n_units, return_sequences=True, name=f"memory{i}")
        x = (memory if causal else layers.Bidirectional(memory, name=f"memory{i}_both"))(x)
    return keras.Model(frames, layers.Dense(n_symbols, name="logits")(x), name="ctc")
