"""The network in Keras: convolutions, a probability for each frame and tag, attention over the frames."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

#: Frames of the spectrogram for one of the network's: 80 ms.
STEP = 4


class TagPooling(layers.Layer):
    """Frames [shape=(n_clips, n_frames, n_channels)] to the tags of clips, by way of the tags of frames.

    Returns three tensors: the probabilities of the clip [shape=(n_clips, n_tags)]; those of each frame
    [shape=(n_clips, n_frames, n_tags)]; and the weights of the frames [the same shape], which for each tag
    sum to 1 over time.

    Parameters
    ----------
    n_tags : int
        How many tags.
    kind : {"attention", "mean", "max"}
        What decides how much each frame counts.
    """

    def __init__(self, n_tags: int, kind: str = "attention", **options: Any):
        super().__init__(**options)
        self.kind = kind
        self.present = layers.Dense(n_tags, activation="sigmoid", bias_initializer=_RARE, name="present")
        self.look = layers.Dense(n_tags, name="look") if kind == "attention" else None

    def build(self, shape: tuple) -> None:
        """Make the weights."""
        self.present.build(shape)
        if self.look:
            self.look.build(shape)
        super().build(shape)

    def call(self, x: Any) -> tuple[Any, Any, Any]:
        """Pool."""
        # p_k(t) = σ(z_k(t))
        p = self.present(x)
        if self.kind == "max":
            return ops.max(p, axis=1), p, ops.softmax(1000 * p, axis=1)
        # a_k(t) = softmax over t of v_k(t);   without attention every frame counts the same
        a = ops.softmax(self.look(x) if self.look else ops.zeros_like(p), axis=1)
        # P_k = Σ_t a_k(t) p_k(t)
        return ops.sum(a * p, axis=1), p, a


_RARE = keras.initializers.Constant(-2.0)  # most tags are absent: begin with a probability of 0.12


def build_tagger(
    n_tags: int,
    *,
    n_mels: int = 64,
    channels: Sequence[int] = (16, 32, 64, 96, 128),
    pooling: str = "attention",
    dropout: float = 0.2,
) -> keras.Model:
    """Build a network that tags clips.

    Each convolution looks at 3 × 3 neighbours and is followed by the largest of two bands; the first two also
    halve the frames. Then mean and maximum over the bands are added, a last convolution looks 0.16 s back and
    ahead, and `TagPooling` decides.

    Parameters
    ----------
    n_tags : int
        How many tags.
    n_mels : int
        Mel bands.
    channels : sequence of int
        Channels of the convolutions.
    pooling : {"attention", "mean", "max"}
        See `TagPooling`.
    dropout : float
        The share of values that are set to zero before the tags while training.

    Returns
    -------
    keras.Model
        From frames [shape=(n_clips, n_frames, n_mels)] to probabilities [shape=(n_clips, n_tags)].

    Examples
    --------
    >>> build_tagger(19, channels=(2, 2, 4)).output_shape
    (None, 19)
    """
    frames = layers.Input((None, n_mels), name="frames")
    x = layers.Reshape((-1, n_mels, 1), name="one_channel")(frames)
    for i, n in enumerate(channels):
        x = layers.Conv2D(n, 3, padding="same", use_bias=False, name=f"conv{i}")(x)
        x = layers.BatchNormalization(momentum=0.95, name=f"norm{i}")(x)
        x = layers.ReLU(name=f"relu{i}")(x)
        x = layers.MaxPooling2D((2 if i < 2 else 1, 2), padding="same", name=f"pool{i}")(x)
    x = ops.mean(x, axis=2) + ops.max(x, axis=2)
    x = layers.Dropout(dropout, name="dropout")(x)
    x = layers.Conv1D(channels[-1], 5, padding="same", activation="relu", name="around")(x)
    clip, _, _ = TagPooling(n_tags, pooling, name="tags")(x)
    return keras.Model(frames, clip, name="tagger")
