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
from ...metrics import bootstrap_interval, judge_clips, nearest_clips, speaker_interval, trained_on
from ...reproducible import SEED
from .data import words_that_fit
from .generate import as_words, generated_corpus
from .model import Gan
from .transform import SpectrogramTransform


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
        ``n_clips``, ``recognized``, ``inception_score``, ``frechet_distance`` (to training clips), the last
        two also ``_interval``, of generated clips, of ``held_out_`` real ones, of other ``training_`` clips,
        and of both sent ``through_pictures_`` and back; ``recognized_per_digit``.
        ``trained_on_generated_accuracy``, also ``through_pictures`` (of training clips) and ``as_many_real``,
        each with an ``interval`` over voices; ``behind_real``, what the first is worse by than the last, on
        the same clips, and its ``_interval``. ``nearest_db``, the median, also ``_interval``, and ``copies``,
        the share as near as copies played back later and with another phase would be, both also
        ``held_out_``; ``nearest_db_smallest``; ``copies_nearest_db``.

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
    held_out, order = _draw(words_that_fit(real), n_clips, rng), rng.permutation(len(train))
    # two disjoint sets of training clips: to measure distances from, and to see how near such a set can be
    seen, training = (train.select(np.sort(rows)) for rows in (order[:n_clips], order[n_clips : 2 * n_clips]))
    # the way back is asked of a spectrogram: a waveform comes back as it went
    spectrogram = SpectrogramTransform(**model.arrays)

    def through_pictures(clips: Corpus) -> Corpus:
        back = spectrogram.inverse_transform(spectrogram.transform(clips.audio))
        return as_words(back, clips.targets, clips.sample_rate)

    reference = judge.embeddings(seen.audio)
    rebuilt = through_pictures(training)
    report: dict[str, Any] = {"n_real_clips": len(real)}
    for name, clips in {
        "": generated,
        "held_out_": held_out,
        "through_pictures_": through_pictures(held_out),
        "training_": training,
        "training_through_pictures_": rebuilt,
    }.items():
        report |= {f"{name}{key}": value for key, value in judge_clips(clips, judge, reference).items()}
    right = judge.probabilities(generated.audio).argmax(axis=1) == generated.labels
    each = [right[generated.labels == k] for k in range(len(corpus.label_names))]
    report["recognized_per_digit"] = [_round(of_digit.mean()) for of_digit in each]
    taught = {}
    for name, clips in {"generated": generated, "through_pictures": rebuilt, "as_many_real": seen}.items():
        taught[name] = right = trained_on(clips, real, judge)
        report[f"trained_on_{name}_accuracy"] = right.mean()
        report[f"trained_on_{name}_interval"] = [_round(v) for v in speaker_interval(right, real.voices)]
    behind = taught["as_many_real"].astype(float) - taught["generated"]
    report["behind_real"] = behind.mean()
    report["behind_real_interval"] = [_round(v) for v in speaker_interval(behind, real.voices)]

    # what a generator would hand out that copies: clips 20 ms later and through another phase
    n_late = int(0.02 * corpus.sample_rate)
    copies = _first(seen, n_clips // 5)
    late = spectrogram.transform([np.pad(clip, (n_late, 0)) for clip in copies.audio])
    copies = replace(copies, audio=tuple(spectrogram.inverse_transform(late)))
    queries = {"": generated, "held_out_": held_out, "copies_": copies}
    distance = {name: nearest_clips(_first(clips, n_clips // 5), train)[1] for name, clips in queries.items()}
    for name, db in distance.items():
        report[f"{name}nearest_db"] = np.median(db)
        report[f"{name}nearest_db_interval"] = [_round(v) for v in bootstrap_interval(_median, db)]
    report["nearest_db_smallest"] = distance[""].min()
    limit = np.percentile(distance["copies_"], 95)
    for name in ("", "held_out_"):
        report[f"{name}copies"] = (distance[name] <= limit).mean()
    return {name: value if isinstance(value, list | int) else _round(value) for name, value in report.items()}


def _first(corpus: Corpus, n: int) -> Corpus:
    return corpus.select(np.arange(min(n, len(corpus))))


def _draw(corpus: Corpus, n: int, rng: np.random.Generator) -> Corpus:
    return corpus.select(np.sort(rng.permutation(len(corpus))[:n]))


def _median(values: np.ndarray) -> float:
    return float(np.median(values))


def _round(value: Any) -> float:
    return round(float(value), 4)
