"""Attention in Keras: frames ask, frames answer, frames know where they stand; and the network made of it.

The formulas are those of `audio_edu.recognition.attention.formulas`; a test holds the two equal.
"""

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..._validate import check_positive, check_range
from ...training import as_array
from ..features import FeatureSettings


class SelfAttention(layers.Layer):
    """Every frame asks, every frame answers; several heads ask different things.

    Equal to ``keras.layers.MultiHeadAttention(n_heads, d_head)(x, x)`` with the same weights
    (`from_keras`), but short enough to read, and it gives its weights away.

    Parameters
    ----------
    n_heads : int
        Attentions side by side.
    d_head : int
        Numbers in each head's queries, keys and values.

    Examples
    --------
    >>> x = np.ones((1, 5, 8), np.float32)
    >>> y, weights = SelfAttention(n_heads=2, d_head=4)(x, return_weights=True)
    >>> tuple(y.shape), tuple(weights.shape)
    ((1, 5, 8), (1, 2, 5, 5))
    """

    def __init__(self, n_heads: int = 1, d_head: int = 32, **options: Any):
        super().__init__(**options)
        self.n_heads = check_positive(n_heads, "n_heads", integer=True)
        self.d_head = check_positive(d_head, "d_head", integer=True)

    def build(self, input_shape: tuple) -> None:
        """Make the four matrices."""
        d, width = input_shape[-1], self.n_heads * self.d_head
        for name, shape in {"q": (d, width), "k": (d, width), "v": (d, width), "o": (width, d)}.items():
            weight = self.add_weight(shape=shape, initializer="glorot_uniform", name=f"W_{name}")
            bias = self.add_weight(shape=shape[1:], initializer="zeros", name=f"b_{name}")
            setattr(self, f"W_{name}", weight)
            setattr(self, f"b_{name}", bias)

    def call(self, x: Any, mask: Any = None, return_weights: bool = False) -> Any:
        """Attend.

        Parameters
        ----------
        x : tensor [shape=(n_clips, n_frames, d)]
            Frames.
        mask : tensor [shape=(n_clips, n_frames)], optional
            1 (or True) for the frames that may be looked at.
        return_weights : bool
            Also return the weights [shape=(n_clips, n_heads, n_frames, n_frames)]: who looks (rows) at whom
            (columns).
        """
        q, k, v = (self._heads(ops.matmul(x, W) + b) for W, b in
                   ((self.W_q, self.b_q), (self.W_k, self.b_k), (self.W_v, self.b_v)))  # fmt: skip
        # s = Q Kᵀ / √d
        scores = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) / self.d_head**0.5
        if mask is not None:
            scores = scores - 1e9 * (1.0 - ops.cast(mask, scores.dtype)[:, None, None, :])
        # A = softmax(s), row by row
        weights = ops.softmax(scores, axis=-1)
        # Y = A V, heads side by side, then W_o
        y = ops.transpose(ops.matmul(weights, v), (0, 2, 1, 3))
        y = ops.matmul(ops.reshape(y, (-1, y.shape[1], self.n_heads * self.d_head)), self.W_o) + self.b_o
        return (y, weights) if return_weights else y

    def _heads(self, x: Any) -> Any:
        # (n_clips, n_frames, n_heads · d_head) -> (n_clips, n_heads, n_frames, d_head)
        return ops.transpose(ops.reshape(x, (-1, x.shape[1], self.n_heads, self.d_head)), (0, 2, 1, 3))

    def from_keras(self, layer: layers.MultiHeadAttention) -> None:
        """Take over the weights of a ``keras.layers.MultiHeadAttention`` of the same size."""
        d, width = layer.get_weights()[0].shape[0], self.n_heads * self.d_head
        shapes = [(d, width), (width,)] * 3 + [(width, d), (d,)]
        self.set_weights([w.reshape(shape) for w, shape in zip(layer.get_weights(), shapes, strict=True)])


class AttentionPooling(layers.Layer):
    """The documents' formula as a layer: ``y = Σ a_t x_t`` with scores from one learned query.

    Called with frames [shape=(n_clips, n_frames, d)] and a mask [shape=(n_clips, n_frames)]; returns y
    [shape=(n_clips, d)], and with ``return_weights=True`` also a [shape=(n_clips, n_frames)].

    Examples
    --------
    >>> y, a = AttentionPooling()(np.ones((1, 4, 3), np.float32), return_weights=True)
    >>> np.array(a).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def build(self, input_shape: tuple) -> None:
        """Make the key matrix and the query."""
        d = input_shape[-1]
        self.W_k = self.add_weight(shape=(d, d), initializer="glorot_uniform", name="W_k")
        self.query = self.add_weight(shape=(d,), initializer="glorot_uniform", name="query")

    def call(self, x: Any, mask: Any = None, return_weights: bool = False) -> Any:
        """Pool."""
        # s_t = q · tanh(W x_t) / √d
        scores = (
            ops.matmul(ops.tanh(ops.matmul(x, self.W_k)), self.query[:, None])[..., 0] / x.shape[-1] ** 0.5
        )
        if mask is not None:
            scores = scores - 1e9 * (1.0 - ops.cast(mask, scores.dtype))
        # a_t = e^{s_t} / Σ_t' e^{s_t'};   y = Σ_t a_t x_t
        a = ops.softmax(scores, axis=-1)
        y = ops.sum(a[..., None] * x, axis=1)
        return (y, a) if return_weights else y


class WordPositions(layers.Layer):
    """Add `positions`, counted from the first frame of the mask on, and scaled to the word's length too."""

    def call(self, x: Any, mask: Any) -> Any:
        """Add the positions to frames [shape=(n_clips, n_frames, d)]."""
        d = x.shape[-1]
        count = ops.cumsum(mask, axis=1)
        # half of the channels count frames, half count how much of the word has passed (0 to 50)
        share = 50.0 * count / ops.maximum(count[:, -1:], 1.0)
        speed = 1.0 / 1000.0 ** (np.arange(0, d, 4, dtype=np.float32) / d)
        angles = [c[..., None] * speed for c in (count, share)]
        waves = [f(angle) for angle in angles for f in (ops.sin, ops.cos)]
        return x + ops.concatenate(waves, axis=-1)[..., :d] * 0.5


def build_attention(
    *,
    settings: FeatureSettings | None = None,
    n_classes: int = 10,
    d: int = 64,
    n_heads: int = 4,
    n_blocks: int = 2,
    dropout: float = 0.1,
    use_positions: bool = True,
) -> keras.Model:
    """Build an attention network that turns speech features into logits.

    Two convolutions over time make one frame of two, then blocks of self-attention and a two-layer network,
    each added to what came in, then `AttentionPooling`. Filling is masked everywhere.

    Parameters
    ----------
    settings : FeatureSettings, optional
        Fixes the input's shape.
    n_classes : int
        The number of classes.
    d : int
        The width of a frame inside; a multiple of `n_heads`, even.
    n_heads, n_blocks : int
        Heads of each self-attention, and how many of them there are.
    dropout : float
        The share of values dropped while training.
    use_positions : bool
        Tell frames where they stand. Without, order beyond a convolution's reach is lost.

    Returns
    -------
    keras.Model
        From [shape=(n_clips, n_frames, n_mels + 1)] (`audio_edu.recognition.speech_features`) to logits
        [shape=(n_clips, n_classes)]. The layers ``attend1``, ``attend2``... and ``pool`` give their weights:
        `audio_edu.recognition.attention.attention_weights`.

    Examples
    --------
    >>> build_attention(d=16, n_heads=2).output_shape
    (None, 10)
    """
    check_positive(n_classes, "n_classes", integer=True)
    check_positive(d, "d", integer=True)
    check_positive(n_heads, "n_heads", integer=True)
    check_positive(n_blocks, "n_blocks", integer=True)
    check_range(dropout, "dropout", 0.0, 0.95)
    if d % n_heads or d % 2:
        raise ValueError(f"d is {d}; expected an even multiple of n_heads, {n_heads}.")
    settings = settings or FeatureSettings()
    frames = layers.Input((settings.n_frames, settings.n_channels), name="frames")
    mask = frames[:, ::2, settings.n_mels]
    x = frames
    for i, strides in enumerate((1, 2), start=1):
        x = layers.Conv1D(d, 5, strides, padding="same", use_bias=False, name=f"conv{i}")(x)
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{i}")(x)
        x = layers.ReLU()(x)
    if use_positions:
        # Counted from where the word begins, not from where the clip does
        x = WordPositions(name="positions")(x, mask)
    for i in range(1, n_blocks + 1):
        y = layers.LayerNormalization(name=f"norm_a{i}")(x)
        y = SelfAttention(n_heads, d // n_heads, name=f"attend{i}")(y, mask)
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
        y = layers.LayerNormalization(name=f"norm_b{i}")(x)
        y = layers.Dense(2 * d, activation="relu", name=f"wide{i}")(y)
        y = layers.Dense(d, name=f"narrow{i}")(y)
        x = layers.Add()([x, layers.Dropout(dropout)(y)])
    x = layers.LayerNormalization(name="norm_out")(x)
    x = AttentionPooling(name="pool")(x, mask)
    x = layers.Dropout(dropout)(x)
    logits = layers.Dense(n_classes, name="logits")(x)
    return keras.Model(frames, logits, name="attention")


def attention_weights(network: keras.Model, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return where an attention network looks.

    Parameters
    ----------
    network : keras.Model
        From `build_attention`.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features.

    Returns
    -------
    dict of np.ndarray
        ``attend1``, ``attend2``...: [shape=(n_clips, n_heads, n_steps, n_steps)], who (rows) looks at whom
        (columns). ``pool``: [shape=(n_clips, n_steps)], the a_t of the answer. A step is two frames.

    Examples
    --------
    >>> weights = attention_weights(build_attention(d=16, n_heads=2), np.ones((1, 101, 41), np.float32))
    >>> {name: w.shape for name, w in weights.items()}
    {'attend1': (1, 2, 51, 51), 'attend2': (1, 2, 51, 51), 'pool': (1, 51)}
    """
    found = {}
    x = np.asarray(x, np.float32)
    for layer in network.layers:
        if isinstance(layer, SelfAttention | AttentionPooling):
            inputs = keras.Model(network.input, layer.input)(x, training=False)
            found[layer.name] = as_array(layer(*inputs, return_weights=True)[1])
    return found
