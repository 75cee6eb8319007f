"""Judging a generator of spoken digits: ``audio-edu evaluate gan --json``.

No single number says that sounds are good, so there are five, each beside what real clips get:

* *recognized*: the share that an independent recogniser takes for the digit asked for;
* *inception score*, with that recogniser's probabilities, 1 to 10: high where each clip is one digit for
  sure, and all digits come;
* *Fréchet distance* between the recogniser's embeddings of generated and of training clips. It sees missing
  variety, too;
* *trained on generated*: how well a support-vector machine does on real, unseen voices that has only ever
  heard generated ones;
* *nearest neighbours*: how far each clip is from the most similar training clip. A generator that hands out
  copies gets a distance near zero.

The recogniser is the book's (``data/checkpoints/cnn``), frozen, never used in training a generator. So the
inception score and the Fréchet distance compare with nothing in the literature, only with each other here.

References
----------
Salimans and others (2016), Improved techniques for training GANs.
Heusel and others (2017), GANs trained by a two time-scale update rule (the Fréchet distance).
Shmelkov, Schmid and Alahari (2018), How good is my GAN? (training on generated, testing on real: GAN-train).
"""

from dataclasses import replace
from typing import Any

import numpy as np

from ...datasets import Corpus
from ...metrics import fitted_svm, frechet_distance, inception_score
from ...reproducible import SEED
from ...signal import log_mel
from .data import words_that_fit
from .generate import as_words, generated_corpus
from .model import Gan
from .transform import N_SAMPLES, SpectrogramTransform

#: Quieter than this, below a clip's loudest, two clips are equally silent.
FLOOR_DB = -50.0
#: Two clips are compared as they lie, and moved against each other by up to so many frames of 16 ms.
MOST_SHIFTS = 8


def evaluate(
    model: Gan, corpus: Corpus, *, split: str = "test", judge: Any = None, n_clips: int = 1000
) -> dict[str, Any]:
    """Judge a generator beside real clips.

    Parameters
    ----------
    model : Gan
        The generator.
    corpus : Corpus
        With all splits: ``load_digits()``.
    split : {"train", "validation", "test", "all"}
        The real clips that generated ones are judged beside.
    judge : Recognizer
        An independent recogniser: ``load_cnn()``. There is no judging without one.
    n_clips : int
        How many are generated, all digits equally often, and how many real ones are taken beside them. The
        nearest training clips are looked for of a fifth of them.

    Returns
    -------
    dict
        ``recognized`` (also ``_per_digit``), ``inception_score``, ``frechet_distance`` (to training clips),
        each also for ``held_out_`` real clips and for those sent ``through_pictures_`` and back;
        ``trained_on_generated_accuracy``, ``trained_on_as_many_real_accuracy``; ``nearest_db``, the median,
        and ``copies``, the share as near as copies played back later and with another phase would be, both
        also ``held_out_``; ``nearest_db_smallest``; ``copies_nearest_db``.

    Raises
    ------
    ValueError
        If there is no judge, or no clip to judge beside.
    """
    real, train = corpus.part(split), words_that_fit(corpus.development)
    if judge is None or not len(real):
        raise ValueError(f"judge is {judge!r}, split {split!r} has {len(real)} clips; expected some of both.")
    rng = np.random.default_rng(SEED + 1)
    generated = generated_corpus(model, n_clips, seed=SEED + 1)
    held_out, seen = (_draw(clips, n_clips, rng) for clips in (words_that_fit(real), train))
    # the way back is asked of a spectrogram: a waveform comes back as it went
    spectrogram = SpectrogramTransform(**model.arrays)
    rebuilt = spectrogram.inverse_transform(spectrogram.transform(held_out.audio))
    rebuilt = as_words(rebuilt, held_out.targets, held_out.sample_rate)

    reference = judge.embeddings(seen.audio)
    report: dict[str, Any] = {"n_clips": len(generated)}
    for name, clips in (("", generated), ("held_out_", held_out), ("through_pictures_", rebuilt)):
        p = judge.probabilities(clips.audio)
        right = p.argmax(axis=1) == clips.labels
        report[f"{name}recognized"] = right.mean()
        if not name:
            each = [right[clips.labels == k] for k in range(len(corpus.label_names))]
            report["recognized_per_digit"] = [_round(of_digit.mean()) for of_digit in each]
        report[f"{name}inception_score"] = inception_score(p)
        report[f"{name}frechet_distance"] = frechet_distance(judge.embeddings(clips.audio), reference)
    report["trained_on_generated_accuracy"] = train_on_generated_accuracy(generated, real, judge)
    report["trained_on_as_many_real_accuracy"] = train_on_generated_accuracy(seen, real, judge)

    # what a generator would hand out that copies: clips 20 ms later and through another phase
    n_late = int(0.02 * corpus.sample_rate)
    copies = _first(seen, n_clips // 5)
    late = spectrogram.transform([np.pad(clip, (n_late, 0)) for clip in copies.audio])
    copies = replace(copies, audio=tuple(spectrogram.inverse_transform(late)))
    queries = {"": generated, "held_out_": held_out, "copies_": copies}
    distance = {
        name: nearest_training_clips(_first(clips, n_clips // 5), train)[1] for name, clips in queries.items()
    }
    for name, db in distance.items():
        report[f"{name}nearest_db"] = np.median(db)
    report["nearest_db_smallest"] = distance[""].min()
    limit = np.percentile(distance["copies_"], 95)
    for name in ("", "held_out_"):
        report[f"{name}copies"] = (distance[name] <= limit).mean()
    return {name: value if isinstance(value, list | int) else _round(value) for name, value in report.items()}


def train_on_generated_accuracy(generated: Corpus, real: Corpus, judge: Any) -> float:
    """Return how many real clips a support-vector machine gets right that has heard generated ones alone.

    A word is cut into twelve equal parts; each has the mean of its frames' log-mel bands, normalised within
    the clip as for the recognisers. So neither level nor length nor the noise of a search for a phase matters
    much, and the machine learns from a thousand clips within seconds.

    Parameters
    ----------
    generated, real : Corpus
        Clips to learn from, and to be judged on.
    judge : Recognizer
        Computes the log-mel bands.
    """
    machine = fitted_svm(_twelfths(judge.features(generated.audio)), generated.labels)
    return float(machine.score(_twelfths(judge.features(real.audio)), real.labels))


def _twelfths(features: np.ndarray) -> np.ndarray:
    rows = []
    for frames in features:
        spoken = frames[frames[:, -1] > 0][:, :-1]
        spoken = spoken if len(spoken) else np.zeros((1, frames.shape[1] - 1), frames.dtype)
        spoken = np.pad(spoken, ((0, max(0, 12 - len(spoken))), (0, 0)), mode="edge")
        rows.append(np.concatenate([part.mean(axis=0) for part in np.array_split(spoken, 12)]))
    return np.array(rows)


def nearest_training_clips(query: Corpus, reference: Corpus) -> tuple[np.ndarray, np.ndarray]:
    """Find the reference clip of the same label that each query clip is most like.

    Parameters
    ----------
    query, reference : Corpus
        What is asked about, and where to look. One clip may be moved against the other by `MOST_SHIFTS`
        frames of 16 ms either way.

    Returns
    -------
    index : np.ndarray [shape=(n_clips,)]
        In `reference`.
    distance_db : np.ndarray [shape=(n_clips,)]
        The root of the mean squared difference of the log-mel images, in dB. The mean is over as many values
        as the query has above the floor, so that silence after a short word makes nothing alike.
    """
    images, reference_images = _log_mel_db(query), _log_mel_db(reference)
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


def _log_mel_db(corpus: Corpus) -> np.ndarray:
    """Return log-mel spectrograms in dB below each clip's loudest [shape=(n_clips, 40, 53)]."""
    mel = log_mel(corpus.pad(N_SAMPLES + 512), corpus.sample_rate, n_fft=512, hop_length=128, n_mels=40)
    return np.maximum(mel - mel.max(axis=(1, 2), keepdims=True), FLOOR_DB).astype(np.float32)


def _first(corpus: Corpus, n: int) -> Corpus:
    return corpus.select(np.arange(min(n, len(corpus))))


def _draw(corpus: Corpus, n: int, rng: np.random.Generator) -> Corpus:
    return corpus.select(np.sort(rng.permutation(len(corpus))[:n]))


def _round(value: Any) -> float:
    return round(float(value), 4)
