"""Judging a generator of spoken digits: ``audio-edu evaluate gan --json``.

No single number says that sounds are good, so there are five, each beside what real clips get:

* *recognized*: the share that an independent recognizer takes for the digit asked for;
* *class score*, in the manner of the inception score: ``exp E KL(p(y|x) ‖ p(y))`` with that recognizer's
  probabilities, 1 to 10. It is high where each clip is one digit for sure, and all digits come;
* *Fréchet distance*, in the manner of the FID: between two normal distributions, of the recognizer's 128
  features for generated and for training clips. It sees missing variety, too;
* *trained on generated*: how well a support-vector machine does on real, unseen voices that has only ever
  heard generated ones;
* *nearest neighbours*: how far each clip is from the most similar training clip. A generator that hands out
  copies gets a distance near zero.

The recognizer is the book's (``data/checkpoints/cnn``), frozen, never used in training a generator. So the
class score and the Fréchet distance compare with nothing in the literature, only with each other here.

References
----------
Salimans and others (2016), Improved techniques for training GANs.
Heusel and others (2017), GANs trained by a two time-scale update rule (the Fréchet distance).
Shmelkov, Schmid and Alahari (2018), How good is my GAN? (training on generated, testing on real).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from .._validate import check_positive
from ..datasets import Corpus
from ..reproducible import SEED
from ..signal import log_mel, trim_silence
from .gan import Gan, generate_batch
from .gan_pictures import N_SAMPLES, Pictures
from .gan_training import words_that_fit

__all__ = [
    "class_score",
    "evaluate",
    "frechet_distance",
    "generated_corpus",
    "nearest_training_clips",
    "taught_accuracy",
    "word_pictures",
]


#: Quieter than this, below a clip's loudest, two clips are equally silent.
FLOOR_DB = -50.0


def evaluate(
    model: Gan, corpus: Corpus, *, n_clips: int = 1000, n_neighbours: int = 200, seed: int = SEED + 1
) -> dict[str, Any]:
    """Judge a generator beside real clips.

    Parameters
    ----------
    model : Gan
        The generator.
    corpus : Corpus
        With both splits: ``load_digits()``.
    n_clips : int
        How many are generated, all digits equally often, and how many real ones are taken beside them.
    n_neighbours : int
        Of how many the nearest training clips are looked for.
    seed : int
        Draws the voices, and the real clips.

    Returns
    -------
    dict
        ``recognized`` (also ``_per_digit``), ``class_score``, ``frechet_distance`` (to training clips), each
        also for ``held_out_`` real clips and for those sent ``through_pictures_`` and back;
        ``trained_on_generated_accuracy``, ``trained_on_as_many_real_accuracy``; ``nearest_db``, the median,
        and ``copies``, the share as near as copies played back later and with another phase would be, both
        also ``held_out_``; ``nearest_db_smallest``; ``copies_nearest_db``.
    """
    from ..recognition.evaluate import load_recognizer

    check_positive(n_clips, "n_clips", integer=True)
    recognizer = load_recognizer("cnn")
    train, test = words_that_fit(corpus.train), words_that_fit(corpus.test)
    made = generated_corpus(model, n_clips, seed=seed, like=corpus)
    rng = np.random.default_rng(seed)
    held_out = _draw(test, n_clips, rng)
    # the way back is asked of a picture of its own kind: a waveform comes back as it went
    way = Pictures("spectrogram", model.pictures.mean, model.pictures.spread)
    rebuilt = _clips(way.sounds(way.of(held_out.audio)), held_out.labels, held_out)
    seen = _draw(train, n_clips, rng)

    reference = _judge(recognizer, seen.audio)[1]
    report: dict[str, Any] = {"n_clips": len(made)}
    for name, group in (("", made), ("held_out_", held_out), ("through_pictures_", rebuilt)):
        p, features = _judge(recognizer, group.audio)
        right = p.argmax(axis=1) == group.labels
        report[f"{name}recognized"] = _round(right.mean())
        if not name:
            report["recognized_per_digit"] = [
                _round(right[group.labels == k].mean()) for k in range(len(corpus.label_names))
            ]
        report[f"{name}class_score"] = _round(class_score(p))
        report[f"{name}frechet_distance"] = _round(frechet_distance(features, reference))
    report["trained_on_generated_accuracy"] = _round(taught_accuracy(made, corpus.test))
    report["trained_on_as_many_real_accuracy"] = _round(taught_accuracy(seen, corpus.test))

    near = {
        "": made.select(np.arange(min(n_neighbours, len(made)))),
        "held_out_": held_out.select(np.arange(min(n_neighbours, len(held_out)))),
        # copies, played back 20 ms later and through another phase: what a copying generator would hand out
        "copies_": _late_copies(way, seen.select(np.arange(min(n_neighbours, len(seen)))), 0.02),
    }
    found = {name: nearest_training_clips(group, train)[1] for name, group in near.items()}
    for name, distance in found.items():
        report[f"{name}nearest_db"] = _round(np.median(distance))
    report["nearest_db_smallest"] = _round(found[""].min())
    limit = np.percentile(found["copies_"], 95)
    report["copies"] = _round((found[""] <= limit).mean())
    report["held_out_copies"] = _round((found["held_out_"] <= limit).mean())
    return report


def generated_corpus(model: Gan, n_clips: int, *, seed: int = SEED, like: Corpus) -> Corpus:
    """Generate clips, all digits equally often, as a corpus of a single split, cut to the word.

    Parameters
    ----------
    model : Gan
        The generator.
    n_clips : int
        How many.
    seed : int
        Draws the voices.
    like : Corpus
        Whose labels they have.

    Returns
    -------
    Corpus
        Each clip with a peak of 0.9, as in ``data/digits``; all in the training split.
    """
    check_positive(n_clips, "n_clips", integer=True)
    labels = np.arange(n_clips) % len(like.label_names)
    return _clips(generate_batch(model, labels, seed=seed), labels, like)


def class_score(probabilities: np.ndarray) -> float:
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
    >>> round(class_score(np.eye(10)), 2), round(class_score(np.full((5, 10), 0.1)), 2)
    (10.0, 1.0)
    """
    p = np.maximum(np.asarray(probabilities, np.float64), 1e-12)
    # KL(p(y|x) ‖ p(y)) = Σ_y p(y|x) log( p(y|x) / p(y) ),  p(y) = E p(y|x)
    return float(np.exp((p * np.log(p / p.mean(axis=0))).sum(axis=1).mean()))


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
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
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


def taught_accuracy(train: Corpus, test: Corpus) -> float:
    """Return how many of `test` a support-vector machine gets right that has heard `train` alone.

    A word is cut into twelve equal parts; each has the mean of its frames' 40 log-mel bands, normalised
    within the clip as for the recognizers. So neither level nor length nor the noise of a search for a phase
    matters much, and the machine learns from a thousand clips within seconds.

    Parameters
    ----------
    train, test : Corpus
        Clips to learn from, and to be judged on.
    """
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    machine = make_pipeline(StandardScaler(), SVC(C=10.0))
    machine.fit(_twelfths(train), train.labels)
    return float(machine.score(_twelfths(test), test.labels))


def _twelfths(corpus: Corpus) -> np.ndarray:
    from ..recognition import speech_features

    rows = []
    for frames in speech_features(corpus.audio):
        spoken = frames[frames[:, -1] > 0][:, :-1]
        spoken = spoken if len(spoken) else np.zeros((1, frames.shape[1] - 1), frames.dtype)
        spoken = np.pad(spoken, ((0, max(0, 12 - len(spoken))), (0, 0)), mode="edge")
        rows.append(np.concatenate([part.mean(axis=0) for part in np.array_split(spoken, 12)]))
    return np.array(rows)


def word_pictures(corpus: Corpus) -> np.ndarray:
    """Return clips as they are compared: log-mel in dB below each one's loudest [shape=(n_clips, 40, 53)]."""
    mel = log_mel(corpus.pad(N_SAMPLES + 512), corpus.sample_rate, n_fft=512, hop_length=128, n_mels=40)
    return np.maximum(mel - mel.max(axis=(1, 2), keepdims=True), FLOOR_DB).astype(np.float32)


def nearest_training_clips(
    clips: Corpus, train: Corpus, *, n_shifts: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Find the training clip of the same label that each clip is most like.

    Parameters
    ----------
    clips, train : Corpus
        What is asked about, and where to look.
    n_shifts : int
        One may be moved against the other by so many frames of 16 ms either way.

    Returns
    -------
    which : np.ndarray [shape=(n_clips,)]
        The index in `train`.
    distance_db : np.ndarray [shape=(n_clips,)]
        The root of the mean squared difference of the log-mel pictures, in dB. The mean is over as many
        values as the clip has above the floor, so that silence after a short word makes nothing alike.
    """
    wanted, there = word_pictures(clips), word_pictures(train)
    which, distance = np.zeros(len(clips), np.int64), np.full(len(clips), np.inf)
    for label in np.unique(clips.labels):
        mine, theirs = np.flatnonzero(clips.labels == label), np.flatnonzero(train.labels == label)
        if not len(theirs):
            raise ValueError(f"train has no clip of label {label}.")
        b = there[theirs].reshape(len(theirs), -1)
        for shift in range(-n_shifts, n_shifts + 1):
            a = _moved(wanted[mine], shift).reshape(len(mine), -1)
            # |a − b|² = |a|² + |b|² − 2 a·b
            square = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
            best = square.argmin(axis=1)
            n_heard = np.maximum((a > FLOOR_DB).sum(axis=1), 1)
            db = np.sqrt(np.maximum(square[np.arange(len(mine)), best], 0) / n_heard)
            better = db < distance[mine]
            which[mine[better]], distance[mine[better]] = theirs[best[better]], db[better]
    return which, distance


def _moved(pictures: np.ndarray, shift: int) -> np.ndarray:
    """Move pictures by so many frames, silence coming in."""
    out = np.full_like(pictures, FLOOR_DB)
    if shift >= 0:
        out[..., shift:] = pictures[..., : pictures.shape[-1] - shift]
    else:
        out[..., :shift] = pictures[..., -shift:]
    return out


def _judge(recognizer: Any, clips: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return a recognizer's probabilities [n, 10] and what stands before its last layer [n, 128]."""
    network = recognizer.network
    body = keras.Model(network.input, [network.output, network.get_layer("pool").output])
    x = recognizer.features(clips)
    parts = [body(x[i : i + 256], training=False) for i in range(0, len(x), 256)]
    logits, features = (np.concatenate([np.asarray(part[k]) for part in parts]) for k in (0, 1))
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True), features


def _draw(corpus: Corpus, n: int, rng: np.random.Generator) -> Corpus:
    return corpus.select(np.sort(rng.permutation(len(corpus))[:n]))


def _clips(rows: np.ndarray, labels: np.ndarray, like: Corpus) -> Corpus:
    """Make a corpus of rows of samples, cut to the word and scaled as those of ``data/digits``."""
    audio = []
    for row in rows:
        word = trim_silence(row, like.sample_rate, keep_s=0.02)
        audio.append((0.9 * word / max(float(np.abs(word).max()), 1e-6)).astype(np.float32))
    return Corpus(
        name="generated",
        audio=tuple(audio),
        labels=np.asarray(labels),
        label_names=like.label_names,
        voices=np.array(["generated"] * len(audio)),
        split=np.array(["train"] * len(audio)),
        sample_rate=like.sample_rate,
    )


def _late_copies(way: Pictures, clips: Corpus, later_s: float) -> Corpus:
    n = int(later_s * clips.sample_rate)
    rows = way.sounds(way.of([np.pad(clip, (n, 0)) for clip in clips.audio]))
    return Corpus(
        name="copies",
        audio=tuple(rows),
        labels=clips.labels,
        label_names=clips.label_names,
        voices=clips.voices,
        split=clips.split,
        sample_rate=clips.sample_rate,
    )


def _round(value: Any) -> float:
    return round(float(value), 4)
