"""Recordings in a few numbers, as different models see them: what a linear probe or a search then works on.

Frames over time become one row by the same pooling for all (`pool_frames`), so that what differs is what the
frames hold. Which of the networks have seen labels is said in `WORD_FEATURES`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ..._validate import Clip, check_choice, checked
from ...datasets import Corpus
from ...generation.gan import Gan
from ...generation.vae import Vae, note_features
from ...generation.wavenet import WaveNet
from ...generation.wavenet.data import SILENCE
from ...generation.wavenet.request import Request
from ...recognition import load_cnn
from ...signal import log_mel, mfcc, mu_law_encode
from ...training import as_array
from ..codec import load_codec

#: What sums words up, and what it was trained on.
WORD_FEATURES = {
    "MFCC": "nothing",
    "PCA": "clips, no labels",
    "codec": "clips, no labels",
    "WaveNet": "clips and all their digits",
    "GAN critic": "clips and all their digits",
    "CNN": "clips and all their digits",
}
#: Coordinates of the PCA; parts of a word that it sees.
N_DIRECTIONS, N_PARTS = 64, 12


@checked
def pool_frames(frames: np.ndarray) -> np.ndarray:
    """Sum frames up: mean, spread, and the means of the three thirds [shape=(5 n_features,)].

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_features)]

    Examples
    --------
    >>> pool_frames(np.array([[0.0], [3.0], [6.0]])).round(2).tolist()
    [3.0, 2.45, 0.0, 3.0, 6.0]
    """
    if frames.ndim != 2:
        raise ValueError(f"frames has shape {frames.shape}; expected (n_frames, n_features).")
    frames = frames[np.minimum(np.arange(max(3, len(frames))), len(frames) - 1)]
    thirds = [part.mean(axis=0) for part in np.array_split(frames, 3)]
    return np.concatenate([frames.mean(axis=0), frames.std(axis=0), *thirds])


@checked
def word_embeddings(
    name: str, clips: Sequence[Clip], *, model: Any = None, fit: Sequence[Clip] | None = None
) -> np.ndarray:
    """Return a row of features for each word.

    Parameters
    ----------
    name : str
        One of `WORD_FEATURES`.
    clips : sequence of np.ndarray [shape=(n_samples_i,)]
        Words at 8 kHz.
    model : optional
        The network, where it is loaded already (``WaveNet`` and ``GAN critic`` need it).
    fit : sequence of np.ndarray, optional
        For ``PCA``: the clips whose directions it takes. Default: `clips`.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_features)]

    Examples
    --------
    >>> t = np.arange(4000) / 8000
    >>> word_embeddings("MFCC", [0.1 * np.sin(2 * np.pi * 300 * t)]).shape
    (1, 100)
    """
    check_choice(name, "name", WORD_FEATURES)
    if name == "PCA":
        return _pca(clips, clips if fit is None else fit)
    if name == "CNN":
        return (model or load_cnn()).embeddings(clips)
    if name == "GAN critic":
        return _critic(model, clips)
    if name == "WaveNet":
        return np.stack([pool_frames(_hidden(model, clip)) for clip in clips])
    frames: Callable[[np.ndarray], np.ndarray] = _mfcc
    if name == "codec":
        codec = model or load_codec()

        def frames(x: np.ndarray) -> np.ndarray:
            return codec.vectors(0.1 * x / max(float(np.sqrt(np.mean(x**2))), 1e-6))

    return np.stack([pool_frames(frames(clip)) for clip in clips])


@checked
def note_embeddings(corpus: Corpus, model: Vae, fit: Corpus) -> dict[str, np.ndarray]:
    """Return features of notes, by name: a VAE's μ, as many PCA coordinates, and MFCC statistics.

    Parameters
    ----------
    corpus : Corpus
        Notes, with their ``pitch``.
    model : Vae
        From `load_vae`.
    fit : Corpus
        The notes whose directions the PCA takes.
    """
    pictures, known = (note_features(part.audio, part.info["pitch"]) for part in (corpus, fit))
    rows = known.reshape(len(known), -1)
    mean, (_, _, directions) = rows.mean(axis=0), np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    x = corpus.pad(corpus.sample_rate)
    coefficients = mfcc(x, corpus.sample_rate, n_mfcc=20, n_fft=512, hop_length=160)
    return {
        "MFCC": np.stack([pool_frames(c.T) for c in coefficients]),
        "PCA": (pictures.reshape(len(pictures), -1) - mean) @ directions[: model.n_z].T,
        "VAE": model.encode(pictures, corpus.info["pitch"].astype(float))[0],
    }


def _mfcc(x: np.ndarray) -> np.ndarray:
    x = np.pad(x, (0, max(0, 512 - len(x))))
    return mfcc(x, 8000, n_mfcc=20, n_fft=256, hop_length=80, n_mels=40).T


def _pca(clips: Sequence[np.ndarray], fit: Sequence[np.ndarray]) -> np.ndarray:
    """Coordinates of log-mel pictures, each word stretched to `N_PARTS` parts."""
    from sklearn.decomposition import PCA

    def pictures(some: Sequence[np.ndarray]) -> np.ndarray:
        rows = []
        for x in some:
            x = np.pad(x, (0, max(0, 1024 - len(x))))
            mel = log_mel(x, 8000, n_fft=256, hop_length=80, n_mels=40)
            mel = np.maximum(mel - mel.max(), -60)
            rows.append(np.concatenate([p.mean(axis=1) for p in np.array_split(mel, N_PARTS, axis=1)]))
        return np.array(rows)

    known = pictures(fit)
    n = min(N_DIRECTIONS, len(known), known.shape[1])
    return PCA(n, svd_solver="full").fit(known).transform(pictures(clips))


def _critic(model: Gan, clips: Sequence[np.ndarray]) -> np.ndarray:
    """The layer before the critic's two heads; each clip as if all of its group were like it."""
    body = keras.Model(model.critic.inputs[0], model.critic.get_layer("deviation").input)
    dense = model.critic.get_layer("features")
    rows, images = [], model.transform.transform(clips)
    for begin in range(0, len(images), 32):
        x = as_array(body(images[begin : begin + 32], training=False))
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, 1)])  # the channel of the deviation: none
        rows.append(as_array(dense(x.reshape(len(x), -1), training=False)))
    return np.concatenate(rows)


def _hidden(model: WaveNet, clip: np.ndarray) -> np.ndarray:
    """What a WaveNet computes of a clip whose digit it does not know: the sum of its skips, every 20 ms."""
    c, n = model.config, 2 * model.config.n_residual
    codes = mu_law_encode(clip, c.n_levels).astype(np.int32)[None]
    codes = np.pad(codes, ((0, 0), (0, -codes.shape[1] % c.frame_length)), constant_values=SILENCE)
    _, condition = Request(model, codes.shape[1], [0], None, ["unknown"]).conditions(model)
    x, skips = model.network.first(codes), []
    for i, layer in enumerate(model.network.gated):
        x, z = layer(x, condition[..., i * n : (i + 1) * n])
        skips.append(z)
    s = ops.relu(model.network.last.skip(ops.concatenate(skips, axis=-1)))
    return as_array(s)[0].reshape(-1, c.frame_length, c.n_skip).mean(axis=1)
