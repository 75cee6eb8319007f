"""What can be read from each layer of a network: linear probes, with what they have to be compared with.

A probe that is right shows that a linear classifier *can* find a thing in a layer; not that the network uses
it. Beside its score belong: the same probe on what goes into the network; on a network that has learned
nothing; and a *control task* with random labels, which only memory can solve.

References
----------
Alain, Bengio (2016), Understanding intermediate layers using linear classifier probes.
Hewitt, Liang (2019), Designing and interpreting probes with control tasks.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..._validate import Seed, Size, check_choice, checked
from ...training import as_array
from ..features import pool_frames
from .saliency import copied


@checked
def layer_features(
    network: keras.Model, x: np.ndarray, layers: Sequence[str], *, batch_size: Size = 256
) -> dict[str, np.ndarray]:
    """Return what the layers of a network make of clips, a row for each clip.

    Time is pooled as in `pool_frames` (mean, spread, thirds) over the frames of the word.

    Parameters
    ----------
    network : keras.Model
        From features to logits.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features with their mask.
    layers : sequence of str
        Names of layers; ``"input"`` stands for the features themselves.
    batch_size : int
        How many clips at once.

    Returns
    -------
    dict of np.ndarray [shape=(n_clips, n_features)]

    Examples
    --------
    >>> from audio_edu.recognition.cnn import build_cnn
    >>> found = layer_features(build_cnn(width=8), np.ones((2, 101, 41)), ["input", "relu1", "pool"])
    >>> {name: rows.shape for name, rows in found.items()}
    {'input': (2, 200), 'relu1': (2, 1600), 'pool': (2, 16)}
    """
    names = [name for name in layers if name != "input"]
    for name in names:
        check_choice(name, "a name in layers", [each.name for each in network.layers])
    body = keras.Model(network.input, [network.get_layer(name).output for name in names])
    x = x.astype(np.float32)
    n_frames = x[..., -1].sum(axis=1)
    rows: dict[str, list[np.ndarray]] = {name: [] for name in layers}
    for begin in range(0, len(x), batch_size):
        part = slice(begin, begin + batch_size)
        outputs = body(x[part], training=False) if names else []
        seen = dict(zip(names, outputs if isinstance(outputs, list) else [outputs], strict=True))
        for name in layers:
            values = x[part, :, :-1] if name == "input" else as_array(seen[name])
            for value, n in zip(values, n_frames[part], strict=True):
                if value.ndim == 1:
                    rows[name].append(value)
                    continue
                # the word's part of a layer whose frames are fewer than the features'
                end = max(1, int(np.ceil(n * len(value) / x.shape[1])))
                rows[name].append(pool_frames(value[:end].reshape(end, -1)))
    return {name: np.stack(found) for name, found in rows.items()}


def _probe(model: Any, n_components: int, x: np.ndarray) -> Any:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    n = min(n_components, *x.shape)
    return make_pipeline(StandardScaler(), PCA(n, svd_solver="full"), model)


@checked
def probe_accuracy(
    x: np.ndarray, labels: ArrayLike, train: NDArray[np.bool_], *, n_components: Size = 64
) -> np.ndarray:
    """Fit a linear probe to some clips; return for the others whether it is right.

    Every layer is first brought to its `n_components` main directions (PCA), so that all probes are equally
    large.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_features)]
        A layer's features.
    labels : np.ndarray [shape=(n_clips,)]
        Classes, of any type.
    train : np.ndarray of bool [shape=(n_clips,)]
        Which clips it learns from.
    n_components : int
        Directions that it sees.

    Returns
    -------
    np.ndarray of bool [shape=(n_asked,)]

    Examples
    --------
    >>> x = np.array([[0.0, 1], [1, 1], [0.1, 0], [0.9, 0]])
    >>> probe_accuracy(x, np.array([0, 1, 0, 1]), np.array([True, True, False, False])).tolist()
    [True, True]
    """
    from sklearn.linear_model import LogisticRegression

    labels = np.asarray(labels)
    _check(x, labels, train)
    model = _probe(LogisticRegression(max_iter=2000), n_components, x[train])
    return model.fit(x[train], labels[train]).predict(x[~train]) == labels[~train]


@checked
def probe_r2(x: np.ndarray, y: np.ndarray, train: NDArray[np.bool_], *, n_components: Size = 64) -> float:
    """Fit ridge regression to some clips; return R² on the others: 1 is perfect, 0 is as good as their mean.

    Parameters
    ----------
    x : np.ndarray [shape=(n_clips, n_features)]
        A layer's features.
    y : np.ndarray [shape=(n_clips,)]
        A number for each clip.
    train : np.ndarray of bool [shape=(n_clips,)]
        Which clips it learns from.
    n_components : int
        Directions that it sees.

    Examples
    --------
    >>> x = np.arange(10.0)[:, None]
    >>> probe_r2(x, 2 * x[:, 0], np.arange(10) % 2 == 0) > 0.9
    True
    """
    from sklearn.linear_model import RidgeCV

    _check(x, y, train)
    model = _probe(RidgeCV(np.logspace(-2, 4, 13)), n_components, x[train])
    return float(model.fit(x[train], y[train]).score(x[~train], y[~train]))


def _check(x: np.ndarray, y: np.ndarray, train: np.ndarray) -> None:
    if x.ndim != 2 or y.shape != x.shape[:1] or train.shape != x.shape[:1] or train.dtype != bool:
        raise ValueError(
            f"x has shape {x.shape}, the targets {y.shape}, train {train.shape} of {train.dtype}; expected "
            "(n_clips, n_features), (n_clips,), and n_clips booleans."
        )
    if train.all() or not train.any():
        raise ValueError(f"train takes {train.sum()} of {len(train)} clips; some must be left on both sides.")


@checked
def random_labels(types: ArrayLike, n_classes: Size, *, seed: Seed = 0) -> np.ndarray:
    """Give each *type* a random label: the control task, in which nothing but the types can be learned.

    Parameters
    ----------
    types : np.ndarray [shape=(n_clips,)]
        What clips share their label, for example a word of one voice, recorded several times.
    n_classes : int
        How many labels.
    seed : int
        Draws them.

    Returns
    -------
    np.ndarray of int [shape=(n_clips,)]

    Examples
    --------
    >>> found = random_labels(np.array(["a", "b", "a"]), 10)
    >>> bool(found[0] == found[2])
    True
    """
    types = np.asarray(types)
    if types.ndim != 1 or not len(types) or types.dtype.kind not in "iuUS":
        raise ValueError(f"types is {types.dtype} of shape {types.shape}; expected a name for each clip.")
    names, index = np.unique(types, return_inverse=True)
    return np.random.default_rng(seed).integers(n_classes, size=len(names))[index]


@checked
def untrained(network: keras.Model, x: np.ndarray, *, seed: Seed = 0) -> keras.Model:
    """Return a copy with random weights, its normalization measured on clips: all but the learning.

    Parameters
    ----------
    network : keras.Model
        It stays as it is.
    x : np.ndarray [shape=(n_clips, n_frames, n_mels + 1)]
        Features, on which batch normalization measures mean and variance.
    seed : int
        Draws the weights.

    Examples
    --------
    >>> from audio_edu.recognition.cnn import build_cnn
    >>> untrained(build_cnn(width=8), np.ones((2, 101, 41), np.float32)).output_shape
    (None, 10)
    """
    keras.utils.set_random_seed(seed)
    copy = copied(network)
    for _ in range(30):  # momentum 0.9: what is left of the beginning is 4 %
        copy(x.astype(np.float32), training=True)
    return copy
