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

import keras
import numpy as np
from keras import layers

from .._validate import check_positive, check_range
from .attention_layers import AttentionPooling, SelfAttention, WordPositions
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
