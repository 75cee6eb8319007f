"""How far a set of generated clips is from a set of real ones, by what a judge says of both.

`inception_score` and `frechet_distance` come from pictures, where the judge is the Inception network. With
another judge, as here, they compare with nothing in the literature, only with each other. `trained_on` asks
what generated clips are good for, `nearest_clips` whether they are copies.

References
----------
Salimans and others (2016), Improved techniques for training GANs (the inception score).
Heusel and others (2017), GANs trained by a two time-scale update rule (the Fréchet distance).
Shmelkov, Schmid and Alahari (2018), How good is my GAN? (training on generated, testing on real: GAN-train).
"""

from typing import Annotated, Any, Protocol, runtime_checkable

import numpy as np

from .._validate import checked
from ..datasets import Corpus
from ..signal import log_mel
from .classification import Clips, fitted_svm
from .intervals import bootstrap_interval

#: Quieter than this, below a clip's loudest, two clips are equally silent.
FLOOR_DB = -50.0

#: Two clips are compared as they lie, and moved against each other by up to so many frames.
MOST_SHIFTS = 8


@runtime_checkable
class Judge(Protocol):
    """What can be asked of a recogniser, each of a sequence of clips."""

    def features(self, clips: Any) -> np.ndarray:
        """What it sees of them."""

    def probabilities(self, clips: Any) -> np.ndarray:
        """What it takes them for."""

    def embeddings(self, clips: Any) -> np.ndarray:
        """Each clip in a few numbers."""


@checked
def inception_score(probabilities: Annotated[np.ndarray, (0.0, 1.000001)]) -> float:
    """Compute ``exp E KL(p(y|x) ‖ p(y))``.

    Parameters
    ----------
    probabilities : np.ndarray [shape=(n_clips, n_classes)]
        A recognizer's, for each clip.

    Returns
    -------
    float
        From 1 (all clips judged alike) to `n_classes` (each clip one class for sure, all equally often).

    Examples
    --------
    >>> round(inception_score(np.eye(10)), 2), round(inception_score(np.full((5, 10), 0.1)), 2)
    (10.0, 1.0)
    """
    p = np.maximum(probabilities.astype(np.float64), 1e-12)
    # KL(p(y|x) ‖ p(y)) = Σ_y p(y|x) log( p(y|x) / p(y) ),  p(y) = E p(y|x)
    return float(np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean()))


@checked
def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Compute ``|μ_a − μ_b|² + tr(Σ_a + Σ_b − 2 (Σ_a Σ_b)^½)``.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n_clips, n_features)]
        Features of two sets of clips.

    Returns
    -------
    float
        0 or above. It comes out larger for fewer clips: compare at equal numbers.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(500, 3))
    >>> round(frechet_distance(x, x), 6), round(frechet_distance(x, x + [2, 0, 0]), 6)
    (0.0, 4.0)
    """
    a, b = a.astype(np.float64), b.astype(np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or min(len(a), len(b)) < 2:
        raise ValueError(
            f"a and b have shapes {a.shape} and {b.shape}; expected (n_clips, n_features) of two or more."
        )
    difference = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    # tr (Σ_a Σ_b)^½ = Σ of the roots of the eigenvalues of Σ_a^½ Σ_b Σ_a^½, which is symmetric
    values, vectors = np.linalg.eigh(cov_a)
    root = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_b @ root), 0)).sum()
    return float(max(0.0, difference @ difference + np.trace(cov_a) + np.trace(cov_b) - 2 * cross))


@checked
def judge_clips(clips: Clips, judge: Judge, reference: np.ndarray) -> dict[str, Any]:
    """Say what a recogniser makes of some clips, generated or real.

    Parameters
    ----------
    clips : Corpus
        Words, with what was asked for as their labels.
    judge : Recognizer
        Has ``probabilities(clips)`` and ``embeddings(clips)``.
    reference : np.ndarray [shape=(n, n_features)]
        The judge's embeddings of real clips, for the Fréchet distance.

    Returns
    -------
    dict
        ``n_clips``; ``recognized``, the share taken for what was asked for; ``inception_score`` and
        ``frechet_distance``, both also ``_interval``, over the clips (those of the reference stay).
    """
    p, embeddings = judge.probabilities(clips.audio), judge.embeddings(clips.audio)

    def distance(rows: np.ndarray) -> float:
        return frechet_distance(rows, reference)

    return {
        "n_clips": len(clips),
        "recognized": float((p.argmax(axis=1) == clips.labels).mean()),
        "inception_score": inception_score(p),
        "inception_score_interval": [round(v, 4) for v in bootstrap_interval(inception_score, p)],
        "frechet_distance": distance(embeddings),
        "frechet_distance_interval": [round(v, 4) for v in bootstrap_interval(distance, embeddings)],
    }


@checked
def trained_on(clips: Clips, real: Clips, judge: Judge) -> np.ndarray:
    """Say which real clips a support-vector machine gets right that has heard some other clips alone.

    A word is cut into twelve equal parts; each has the mean of its frames' log-mel bands, normalised within
    the clip as for the recognisers. So neither level nor length nor the noise of a search for a phase matters
    much, and the machine learns from a thousand clips within seconds.

    Parameters
    ----------
    clips, real : Corpus
        Clips to learn from, for example generated ones, and to be judged on.
    judge : Recognizer
        Computes the log-mel bands.

    Returns
    -------
    np.ndarray of bool [shape=(len(real),)]
        Its mean is the accuracy (GAN-train, of Shmelkov and others).
    """
    machine = fitted_svm(_twelfths(judge.features(clips.audio)), clips.labels)
    return machine.predict(_twelfths(judge.features(real.audio))) == real.labels


def _twelfths(features: np.ndarray) -> np.ndarray:
    rows = []
    for frames in features:
        spoken = frames[frames[:, -1] > 0][:, :-1]
        spoken = spoken if len(spoken) else np.zeros((1, frames.shape[1] - 1), frames.dtype)
        spoken = np.pad(spoken, ((0, max(0, 12 - len(spoken))), (0, 0)), mode="edge")
        rows.append(np.concatenate([part.mean(axis=0) for part in np.array_split(spoken, 12)]))
    return np.array(rows)


@checked
def nearest_clips(query: Clips, reference: Clips) -> tuple[np.ndarray, np.ndarray]:
    """Find the reference clip of the same label that each query clip is most like: it may be a copy.

    Parameters
    ----------
    query, reference : Corpus
        What is asked about, for example generated clips, and where to look: the training clips. One clip may
        be moved against the other by `MOST_SHIFTS` frames of 16 ms (at 8 kHz) either way.

    Returns
    -------
    index : np.ndarray [shape=(n_clips,)]
        In `reference`.
    distance_db : np.ndarray [shape=(n_clips,)]
        The root of the mean squared difference of the log-mel images, in dB. The mean is over as many values
        as the query has above the floor, so that silence after a short word makes nothing alike.

    Raises
    ------
    ValueError
        If a label of the query is not in the reference.
    """
    n_samples = max(query.lengths.max(), reference.lengths.max()) + 512
    images, reference_images = (_log_mel_db(corpus, n_samples) for corpus in (query, reference))
    n_frames = images.shape[-1]
    images = np.pad(images, [(0, 0), (0, 0), (MOST_SHIFTS, MOST_SHIFTS)], constant_values=FLOOR_DB)
    index, distance_db = np.zeros(len(query), np.int64), np.full(len(query), np.inf)
    for label in np.unique(query.labels):
        rows, candidates = np.flatnonzero(query.labels == label), np.flatnonzero(reference.labels == label)
        if not len(candidates):
            raise ValueError(f"reference has no clip of label {label}.")
        b = reference_images[candidates].reshape(len(candidates), -1)
        for start in range(2 * MOST_SHIFTS, -1, -1):
            a = images[rows, :, start : start + n_frames].reshape(len(rows), -1)
            # |a − b|² = |a|² + |b|² − 2 a·b
            square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
            best = square.argmin(axis=1)
            n_audible = np.maximum((a > FLOOR_DB).sum(axis=1), 1)
            db = np.sqrt(np.maximum(square[np.arange(len(rows)), best], 0) / n_audible)
            better = db < distance_db[rows]
            index[rows[better]], distance_db[rows[better]] = candidates[best[better]], db[better]
    return index, distance_db


def _log_mel_db(corpus: Corpus, n_samples: int) -> np.ndarray:
    """Return log-mel spectrograms in dB below each clip's loudest [shape=(n_clips, 40, n_frames)]."""
    mel = log_mel(corpus.pad(n_samples), corpus.sample_rate, n_fft=512, hop_length=128, n_mels=40)
    return np.maximum(mel - mel.max(axis=(1, 2), keepdims=True), FLOOR_DB).astype(np.float32)
