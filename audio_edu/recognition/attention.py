"""Attention: looking at all of a sound at once, and deciding where.

    a_t = e^{s(h, x_t)} / Σ_{t'} e^{s(h, x_{t'})}
    y   = Σ_t a_t x_t

A score says how much each frame has to do with the question h (the *query*); softmax turns scores into
weights that are positive and sum to one; the answer is the weighted mean. Today's form gives the x_t two
roles, what is compared (the *keys*) and what is averaged (the *values*), and takes ``s = q·k / √d``.
*Self*-attention lets every frame ask.

Two properties to remember. Attention knows no order: permute the frames, and the answer stays the same;
order has to be written into the frames, as `positions` does. And without the √d, scores of d products grow
like √d, softmax saturates, and its gradient is gone.

References
----------
Bahdanau, Cho, Bengio (2015), Neural machine translation by jointly learning to align and translate.
Vaswani and others (2017), Attention is all you need.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from .._validate import check_positive, check_range
from .features import FeatureSettings

__all__ = [
    "AttentionPooling",
    "SelfAttention",
    "WordPositions",
    "attention",
    "attention_weights",
    "build_attention",
    "positions",
    "softmax",
]


def softmax(scores: np.ndarray, *, axis: int = -1, temperature: float = 1.0) -> np.ndarray:
    """Turn scores into weights that are positive and sum to one.

    Parameters
    ----------
    scores : np.ndarray [shape=(...)]
        Any real numbers; −inf gets the weight 0.
    axis : int
        Along which the weights sum to one.
    temperature : float
        Scores are divided by it: near 0 the largest takes all, far above 1 all are alike.

    Returns
    -------
    np.ndarray [shape of scores]

    Raises
    ------
    ValueError
        If the temperature is not above 0, or all scores of a row are −inf: nothing is left to look at.

    Examples
    --------
    e^10000 is too large for any float, but only differences matter:

    >>> softmax(np.array([1e4, 1e4])).tolist()
    [0.5, 0.5]
    """
    scores = np.asarray(scores)
    if scores.dtype.kind != "f":
        scores = scores.astype(np.float64)
    scores = scores / check_positive(temperature, "temperature")
    top = scores.max(axis=axis, keepdims=True)
    if np.isneginf(top).any():
        raise ValueError("scores has a row of nothing but −inf: the mask leaves no frame to attend to.")
    # e^{s_t} / Σ e^{s_t'}  =  e^{s_t − max s} / Σ e^{s_t' − max s}
    e = np.exp(scores - top)
    return e / e.sum(axis=axis, keepdims=True)


def attention(
    query: np.ndarray,
    keys: np.ndarray,
    values: np.ndarray,
    *,
    mask: np.ndarray | None = None,
    scale: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Average the values, weighted by how well their keys fit the query.

    Parameters
    ----------
    query : np.ndarray [shape=(..., d) or (..., n_queries, d)]
        One question, or many at once.
    keys : np.ndarray [shape=(..., n_frames, d)]
        What the query is compared with.
    values : np.ndarray [shape=(..., n_frames, d_values)]
        What is averaged.
    mask : np.ndarray of bool [shape=(..., n_frames) or (..., n_queries, n_frames)], optional
        True where a query may look. Default: everywhere.
    scale : float, optional
        Scores are divided by it. Default: √d.

    Returns
    -------
    y : np.ndarray [shape=(..., d_values) or (..., n_queries, d_values)]
        The answers.
    weights : np.ndarray [shape=(..., n_frames) or (..., n_queries, n_frames)]
        The a_t; they sum to one.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the mask leaves a query nothing.

    Examples
    --------
    >>> keys = np.array([[10.0, 0.0], [0.0, 10.0]])
    >>> y, weights = attention(np.array([5.0, 0.0]), keys, values=np.array([[1.0], [2.0]]))
    >>> y.round(3).tolist(), weights.round(3).tolist()
    ([1.0], [1.0, 0.0])
    """
    query, keys, values = np.asarray(query), np.asarray(keys), np.asarray(values)
    if keys.ndim < 2 or values.ndim < 2 or keys.shape[-2] != values.shape[-2]:
        raise ValueError(
            f"keys has shape {keys.shape}, values {values.shape}; "
            "expected (..., n_frames, d) with the same n_frames."
        )
    if query.shape[-1] != keys.shape[-1]:
        raise ValueError(
            f"query has {query.shape[-1]} numbers, each key {keys.shape[-1]}; expected the same d."
        )
    single = query.ndim == keys.ndim - 1
    if single:
        query = query[..., None, :]
        mask = None if mask is None else np.asarray(mask)[..., None, :]
    d = keys.shape[-1]
    # s_t = q · k_t / √d
    scores = query @ np.swapaxes(keys, -1, -2) / (np.sqrt(d) if scale is None else scale)
    if mask is not None:
        mask = np.asarray(mask, dtype=bool)
        if mask.ndim < scores.ndim:  # the same frames for all queries
            mask = mask[..., None, :]
        scores = np.where(mask, scores, -np.inf)
    # a_t = e^{s_t} / Σ_t' e^{s_t'}
    weights = softmax(scores)
    # y = Σ_t a_t v_t
    y = weights @ values
    return (y[..., 0, :], weights[..., 0, :]) if single else (y, weights)


def positions(n_frames: int, d: int, *, longest: float = 1000.0) -> np.ndarray:
    """Write down where each frame stands: sines and cosines from fast to slow.

    Parameters
    ----------
    n_frames : int
        The number of frames.
    d : int
        The number of channels; even.
    longest : float
        The slowest wave repeats after 2π times so many frames.

    Returns
    -------
    np.ndarray [shape=(n_frames, d)], float32
        To be added to the frames. ``p[t, 2i] = sin(t / longest^(2i/d))``, ``p[t, 2i+1] = cos(...)``.

    Examples
    --------
    >>> positions(2, 4)[0].tolist()
    [0.0, 1.0, 0.0, 1.0]
    """
    check_positive(n_frames, "n_frames", integer=True)
    check_positive(d, "d", integer=True)
    if d % 2:
        raise ValueError(f"d is {d}; expected an even number: half sines, half cosines.")
    angle = np.arange(n_frames)[:, None] / longest ** (np.arange(0, d, 2) / d)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(n_frames, d).astype(np.float32)


@keras.saving.register_keras_serializable("audio_edu")
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
            setattr(
                self,
                f"W_{name}",
                self.add_weight(shape=shape, initializer="glorot_uniform", name=f"W_{name}"),
            )
            setattr(
                self, f"b_{name}", self.add_weight(shape=shape[1:], initializer="zeros", name=f"b_{name}")
            )

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

    def get_config(self) -> dict:
        """Return what the layer was made with."""
        return {**super().get_config(), "n_heads": self.n_heads, "d_head": self.d_head}


@keras.saving.register_keras_serializable("audio_edu")
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
        `audio_edu.recognition.attention_weights`.

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
            frames, mask = layer._inbound_nodes[0].arguments.args[0], network.input[:, ::2, -1]
            inputs = keras.Model(network.input, [frames, mask])(x, training=False)
            found[layer.name] = np.array(layer(*inputs, return_weights=True)[1])
    return found


@keras.saving.register_keras_serializable("audio_edu")
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
