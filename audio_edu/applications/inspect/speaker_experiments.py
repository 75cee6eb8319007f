"""What the measurements of voices have in common: passages, features, a verifier, trials and their errors.

References
----------
Davis and Mermelstein (1980), Comparison of parametric representations for monosyllabic word recognition.
Bimbot and others (2004), A tutorial on text-independent speaker verification.
"""

from collections.abc import Collection, Sequence
from typing import Any

import keras
import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from ...datasets import Corpus
from ...recognition.ctc.features import frames
from ...reproducible import SEED
from ...signal import log_mel, mfcc
from ...training import as_array
from .experiments import Row, scored
from .speakers import equal_error_rate, pitch_track

#: Clips of each passage, who is behind its voice, and the voice.
Passages = tuple[list[list[np.ndarray]], np.ndarray, np.ndarray]
#: What sums a passage up.
SPEAKER_FEATURES = ("pitch", "spectrum", "MFCC", "CNN", "CTC", "codec")
#: Coordinates of the linear discriminant analysis; stages of the codec that count; draws of the bootstrap.
N_DIRECTIONS, N_STAGES, N_DRAWS = 24, 4, 200


def passages_of(corpus: Corpus, n_most: int, *, of: Collection[str] | None = None) -> Passages:
    """Put five words of a voice together to a passage, at random; return `n_most` of each voice."""
    rng, rows = np.random.default_rng(SEED), []
    for voice in dict.fromkeys(corpus.voices.tolist()):
        order = rng.permutation(np.flatnonzero(corpus.voices == voice))
        if of is None or voice in of:
            rows += list(order[: len(order) // 5 * 5].reshape(-1, 5)[:n_most])
    first = [part[0] for part in rows]
    clips = [[corpus.audio[k] for k in part] for part in rows]
    return clips, corpus.info.get("speaker", corpus.voices)[first], corpus.voices[first]


def speaker_features(name: str, passages: Sequence[Sequence[np.ndarray]], model: Any = None) -> np.ndarray:
    """Return features of passages of clips at 8 kHz [shape=(n_passages, n_features)].

    The median pitch, the long-term mean log-mel spectrum, mean and spread of MFCC 1-19, and the same of what
    networks compute: the CNN before its last layer, the second layer of the CTC recogniser, the vectors that
    the codec sends in its first four stages. `model` is the network, for the last three.
    """
    joined = [
        np.concatenate([0.1 * x / max(np.sqrt(np.mean(x**2)), 1e-6) for x in clips]) for clips in passages
    ]
    joined = [np.pad(x, (0, max(0, 2048 - len(x)))) for x in joined]
    if name == "pitch":
        tracks = [pitch_track(x) for x in joined]
        return np.array([[np.median(np.log2(f0_hz[e > 0.3 * e.max()]))] for f0_hz, e in tracks])
    if name == "spectrum":
        mels = [log_mel(x, 8000, n_fft=256, hop_length=80, n_mels=40) for x in joined]
        loud = [np.maximum(m[:, m.max(axis=0) > m.max() - 40], m.max() - 60) for m in mels]
        return np.array([m.mean(axis=1) - m.mean() for m in loud])
    if name == "CNN":
        n = [len(clips) for clips in passages]
        rows = model.embeddings([x for clips in passages for x in clips])
        return np.array([part.mean(axis=0) for part in np.split(rows, np.cumsum(n)[:-1])])
    if name == "MFCC":
        found = [mfcc(x, 8000, n_mfcc=20, n_fft=256, hop_length=80, n_mels=40)[1:].T for x in joined]
    elif name == "CTC":
        found = recurrent(joined, model)
    else:
        books = as_array(model.network.quantizer.codebooks)
        sent = [model.codes(model.vectors(x)) for x in joined]
        found = [sum(books[s][codes[:, s]] for s in range(N_STAGES)) for codes in sent]
    return np.array([np.concatenate([each.mean(axis=0), each.std(axis=0)]) for each in found])


def recurrent(clips: list[np.ndarray], model: Any) -> list[np.ndarray]:
    """Return the frames of the CTC recogniser's second layer; clips are filled up to one length."""
    body = keras.Model(model.network.input, model.network.get_layer("memory1_both").output)
    longest, found = -(-max(map(len, clips)) // 2560) * 2560, []
    for begin in range(0, len(clips), 32):
        part = clips[begin : begin + 32]
        x = np.stack([np.pad(each, (0, longest - len(each))) for each in part]).astype(np.float32)
        hidden = as_array(body(frames(x, model.recipe.settings)[:, : longest // 80], training=False))
        found += [h[: len(each) // 160] for h, each in zip(hidden, part, strict=True)]
    return found


def verifier(x: np.ndarray, voices: np.ndarray) -> Pipeline:
    """Fit what embeds a voice: the directions in which voices differ most, compared with their passages.

    That is linear discriminant analysis, scaled to length 1; a single feature stays as it is.
    """
    steps: list[Any] = [StandardScaler()]
    if x.shape[1] > 1:
        n = min(N_DIRECTIONS, x.shape[1], len(set(voices)) - 1)
        steps += [LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1, n_components=n), Normalizer()]
    return make_pipeline(*steps).fit(x, voices)


def trials(speakers: np.ndarray, voices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which recordings are compared, and whether their voices are the same.

    All pairs of one voice, and all of two *speakers*. Two voices made of one person are neither.
    """
    i, j = np.triu_indices(len(voices), 1)
    same = voices[i] == voices[j]
    used = same | (speakers[i] != speakers[j])
    return i[used], j[used], same[used]


def eer_interval(
    scores: np.ndarray, i: np.ndarray, j: np.ndarray, same: np.ndarray, speakers: np.ndarray
) -> tuple[float, float]:
    """Return a 95 % interval of the equal error rate that takes speakers for independent (bootstrap)."""
    names, rows = np.unique(speakers, return_inverse=True)
    rng, found = np.random.default_rng(SEED), []
    while len(found) < N_DRAWS:
        times = np.bincount(rng.integers(len(names), size=len(names)), minlength=len(names))
        n = times[rows[i]] * np.where(same, 1, times[rows[j]])
        if (n[same] > 0).any() and (n[~same] > 0).any():
            found.append(equal_error_rate(np.repeat(scores, n), np.repeat(same, n))[0])
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)


def rates(a: np.ndarray, b: np.ndarray, speakers: np.ndarray, voices: np.ndarray) -> Row:
    """Return an equal error rate and its interval: enrolled by embeddings `a`, asked with `b`, by cosine."""
    i, j, same = trials(speakers, voices)
    scores = (a[i] * b[j]).sum(axis=1) if a.shape[1] > 1 else -np.abs(a[i] - b[j])[:, 0]
    return scored("eer", equal_error_rate(scores, same)[0], eer_interval(scores, i, j, same, speakers), 3)
