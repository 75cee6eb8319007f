"""Which cells of a spectrogram a network's answer hangs on: maps, and two ways to put a map to the test.

A map is an *order* of the cells: the most important first. Take cells away in this order, and the answer
should fall fast (deletion); give them back in this order to an empty picture, and it should come fast
(insertion). A map that does not change when the network's weights are drawn anew says nothing of the network.

References
----------
Simonyan, Vedaldi, Zisserman (2014), Deep inside convolutional networks (the gradient as a map).
Sundararajan, Taly, Yan (2017), Axiomatic attribution for deep networks (integrated gradients).
Smilkov and others (2017), SmoothGrad.
Petsiuk, Das, Saenko (2018), RISE (deletion and insertion).
Adebayo and others (2018), Sanity checks for saliency maps (randomised weights).
"""

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from ..._validate import Seed, Share, Size, check_choice, checked
from ...layers import softmax
from ...recognition.cnn.maps import chosen_classes
from ...training import as_array, input_gradient

#: Maps, and what each is.
SALIENCY_MAPS = {
    "gradient": "|∂s/∂x|",
    "gradient × input": "x · ∂s/∂x",
    "integrated gradients": "x · mean over α of ∂s/∂x at αx",
    "SmoothGrad": "mean of |∂s/∂x| at x + noise",
}
#: Spread of SmoothGrad's noise; the features of a clip have spread 1.
NOISE = 0.3


@checked
def saliency_map(
    network: keras.Model,
    x: np.ndarray,
    labels: NDArray[np.int64],
    *,
    kind: str = "integrated gradients",
    n_steps: Size = 8,
    seed: Seed = 0,
) -> np.ndarray:
    """Say for each clip how much each cell of its spectrogram bears on the logit of a class.

    The empty picture, from which integrated gradients start, is 0 in every cell of the word: in the features
    of `speech_features` the mean level. The mask stays as it is.

    Parameters
    ----------
    network : keras.Model
        From features to logits.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features; the last channel is the mask.
    labels : np.ndarray [shape=(n_clips,)]
        The class in question, for each clip.
    kind : str
        One of `SALIENCY_MAPS`.
    n_steps : int
        Points on the path of integrated gradients; draws of SmoothGrad.
    seed : int
        Draws SmoothGrad's noise.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32
        Above 0: a higher value here speaks for the class. Of the kinds with an absolute value: how much.

    Raises
    ------
    ValueError
        If the shapes or labels do not fit, or the kind is unknown.

    Examples
    --------
    >>> from audio_edu.recognition.cnn import build_cnn
    >>> saliency_map(build_cnn(width=8), np.ones((2, 101, 41)), [3, 5], kind="gradient").shape
    (2, 101, 40)
    """
    check_choice(kind, "kind", SALIENCY_MAPS)
    x = x.astype(np.float32)
    if x.ndim != 3 or x.shape[1:] != network.input_shape[1:]:
        raise ValueError(f"x has shape {x.shape}; expected (n_clips, *{network.input_shape[1:]}).")
    chosen = chosen_classes(labels, len(x), network.output_shape[-1])
    mask = x[..., -1:]

    def gradient(at: np.ndarray) -> np.ndarray:
        """∂s/∂x of all clips at once: each logit depends on its own clip only."""
        at = np.concatenate([at, mask], axis=-1)
        return input_gradient(lambda a: ops.sum(network(a, training=False) * chosen), at)[..., :-1]

    mel = x[..., :-1]
    if kind == "gradient":
        return np.abs(gradient(mel)) * mask
    if kind == "gradient × input":
        return mel * gradient(mel)
    total = np.zeros_like(mel)
    rng = np.random.default_rng(seed)
    for i in range(n_steps):
        if kind == "SmoothGrad":
            total += np.abs(gradient(mel + NOISE * rng.standard_normal(mel.shape, np.float32) * mask)) * mask
        else:
            # ∫₀¹ ∂s/∂x (αx) dα by the midpoint rule
            total += mel * gradient((i + 0.5) / n_steps * mel)
    return total / n_steps


@checked
def top_cells(order: np.ndarray, mask: np.ndarray, share: Share) -> np.ndarray:
    """Choose the highest cells of each map, as many as a share of the cells in which there is a word.

    Parameters
    ----------
    order : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        Maps.
    mask : np.ndarray [shape=(n_clips, n_frames)]
        1 where there is a word.
    share : float
        From 0 to 1.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_frames, n_mels)], float32
        1 where a cell is chosen, else 0.

    Examples
    --------
    >>> top_cells(np.array([[[1.0, 4.0], [3.0, 2.0]]]), np.ones((1, 2)), 0.5).tolist()
    [[[0.0, 1.0], [1.0, 0.0]]]
    """
    if order.ndim != 3 or mask.shape != order.shape[:2]:
        raise ValueError(
            f"mask has shape {mask.shape}; expected {order.shape[:2]}, that of the maps' frames."
        )
    out = np.zeros(order.shape, np.float32)
    for row, each, inside in zip(out, order, mask > 0, strict=True):
        ranked = np.argsort(np.where(inside[:, None], -each, np.inf), axis=None, kind="stable")
        row.flat[ranked[: round(share * inside.sum() * each.shape[1])]] = 1
    return out


@checked
def test_curve(
    network: keras.Model,
    x: np.ndarray,
    labels: NDArray[np.int64],
    order: np.ndarray,
    shares: Sequence[float],
    *,
    test: str = "deletion",
    fill: str = "mean",
) -> np.ndarray:
    """Delete, or insert, cells in the order of a map; return the probability of the class.

    Parameters
    ----------
    network : keras.Model
        From features to logits.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features with their mask.
    labels : np.ndarray [shape=(n_clips,)]
        The class, for each clip.
    order : np.ndarray [shape=(n_clips, n_frames, n_mels)]
        Maps.
    shares : sequence of float
        Of the word's cells, from 0 to 1.
    test : {"deletion", "insertion"}
        Whether those cells are taken away, or all others.
    fill : {"mean", "floor"}
        What stands where nothing is left: the clip's mean level (0), or the lowest value in the clip.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_shares)]

    Examples
    --------
    >>> from audio_edu.recognition.cnn import build_cnn
    >>> x = np.ones((1, 101, 41), np.float32)
    >>> test_curve(build_cnn(width=8), x, [3], x[..., :40], [0.0, 0.5, 1.0]).shape
    (1, 3)
    """
    check_choice(test, "test", ("deletion", "insertion"))
    check_choice(fill, "fill", ("mean", "floor"))
    if x.ndim != 3 or order.shape != (*x.shape[:2], x.shape[2] - 1) or labels.shape != x.shape[:1]:
        raise ValueError(f"x {x.shape}, order {order.shape} and labels {labels.shape} do not fit each other.")
    mask, mel = x[..., -1], x[..., :-1]
    empty = np.zeros_like(mel)
    if fill == "floor":
        empty += mel.min(axis=(1, 2), keepdims=True) * mask[..., None]
    found = []
    for share in shares:
        chosen = top_cells(order, mask, share) > 0
        kept = chosen if test == "insertion" else ~chosen
        changed = np.concatenate([np.where(kept, mel, empty), mask[..., None]], axis=-1)
        p = softmax(as_array(network(changed.astype(np.float32), training=False)))
        found.append(p[np.arange(len(x)), labels])
    return np.stack(found, axis=1)


test_curve.__test__ = False  # its name begins as that of a test does
