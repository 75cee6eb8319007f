"""Judging a WaveNet: what its samples cost, and whether its words are understood.

*Bits a sample* is what a WaveNet is trained for, and is measured where it counts: on voices it never heard,
each called "unknown". Beside it stand coders that need no network (`audio_edu.generation.wavenet.baselines`).
The network is given the digit and the length of each clip; that is no information for free, so the bits that
it takes to write both down (`SIDE_BITS` a clip) are added.

Generated words are judged as those of the GAN are (`audio_edu.metrics.distributions`), by an independent
recogniser: the book's ``cnn``, frozen, never used in training a generator. But temperature and guidance were
chosen by what it said of other words, so words as the network learned to speak them are judged, too.
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._validate import checked
from ...datasets import Corpus, Labels
from ...metrics import judge_clips, nearest_clips, speaker_interval, trained_on
from ...reproducible import SEED
from ...signal import mu_law_decode, mu_law_encode
from .baselines import bigram_bits, unigram_bits
from .data import SILENCE
from .generate import GUIDANCE, TEMPERATURE, generate_batch
from .linear_prediction import AdaptiveAR
from .model import WaveNet

#: Of a clip: which of 10 digits, and which of 8,192 lengths.
SIDE_BITS = np.log2(10) + 13
#: So many words are generated to be judged; so many clips are looked at at once.
N_WORDS, N_AT_ONCE = 1000, 8


@checked
def evaluate(model: WaveNet, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a WaveNet beside coders without a network, and its words beside real ones.

    Parameters
    ----------
    model : WaveNet
        Trained.
    corpus : Corpus
        With all splits: the coders' tables are counted in ``corpus.development``.
    split : str
        On which clips is measured.
    judge : optional
        A recogniser of the model's labels, ``load_cnn()``. Without one no words are generated.

    Returns
    -------
    dict
        Plain numbers. ``bits_per_sample`` of each coder; ``below_ar16``, also ``_by_voice``; ``n_test_clips``
        and ``n_test_samples``; ``receptive_field``. With a judge, what `_judged` returns.
    """
    n_levels, test = model.config.n_levels, corpus.part(split)
    training, codes = (
        [mu_law_encode(clip, n_levels) for clip in part.audio] for part in (corpus.development, test)
    )
    n_samples = sum(len(clip) for clip in codes)
    of_ar = np.array([AdaptiveAR().bits(clip, n_levels) for clip in codes])
    of_net = wavenet_bits(model, codes, test.labels) + SIDE_BITS
    bits = {
        "uniform": np.log2(n_levels),
        "unigram": unigram_bits(training, codes, n_levels).sum() / n_samples,
        "bigram": bigram_bits(training, codes, n_levels).sum() / n_samples,
        "adaptive_ar16": of_ar.sum() / n_samples,
        "wavenet": of_net.sum() / n_samples,
    }
    by_voice = {voice: test.voices == voice for voice in np.unique(test.voices).tolist()}
    report = {
        "bits_per_sample": {name: _round(value) for name, value in bits.items()},
        "below_ar16": _round(bits["adaptive_ar16"] - bits["wavenet"]),
        "below_ar16_by_voice": {
            voice: _round((of_ar - of_net)[rows].sum() / test.lengths[rows].sum())
            for voice, rows in by_voice.items()
        },
        "n_test_clips": len(test),
        "n_test_samples": n_samples,
        "receptive_field": model.config.receptive_field,
    }
    return report if judge is None else report | _judged(model, corpus.development, test, judge)


def _judged(model: WaveNet, train: Corpus, test: Corpus, judge: Any) -> dict[str, Any]:
    """Judge generated words beside real ones.

    Returns
    -------
    dict
        ``n_clips``, ``recognized``, ``inception_score``, ``frechet_distance`` (to training clips) of
        generated clips, of those generated ``as_trained_`` (at temperature and guidance 1), of ``held_out_``
        real ones and of other ``training_`` clips; ``recognized_by_digit``.
        ``trained_on_generated_accuracy``, also ``as_many_real``, each with an ``interval`` over voices;
        ``nearest_db``, the median, and ``copies``, the share as near to a training clip as late copies of
        training clips are, both also ``held_out_``; ``copies_nearest_db``; ``temperature``, ``guidance``.
    """
    order = np.random.default_rng(SEED + 1).permutation(len(train))
    n = min(N_WORDS, len(train) // 2)
    seen, training = (train.select(np.sort(rows)) for rows in (order[:n], order[n : 2 * n]))
    generated = _generated(model, TEMPERATURE, GUIDANCE)
    sets = {
        "": generated,
        "as_trained_": _generated(model, 1.0, 1.0),
        "held_out_": test,
        "training_": training,
    }
    reference, report = judge.embeddings(seen.audio), {}
    for name, clips in sets.items():
        report |= {f"{name}{key}": value for key, value in judge_clips(clips, judge, reference).items()}
    right = judge.probabilities(generated.audio).argmax(axis=1) == generated.labels
    each = [right[generated.labels == label] for label in range(len(model.label_names))]
    report["recognized_by_digit"] = [_round(of_digit.mean()) for of_digit in each]
    for name, clips in {"generated": generated, "as_many_real": seen}.items():
        right = trained_on(clips, test, judge)
        report[f"trained_on_{name}_accuracy"] = right.mean()
        report[f"trained_on_{name}_interval"] = [_round(v) for v in speaker_interval(right, test.voices)]

    def few(clips: Corpus) -> Corpus:
        return clips.select(np.arange(min(N_WORDS // 5, len(clips))))

    # what it would hand out if it copied: clips 20 ms later, as codes
    late = [np.pad(clip, (model.sample_rate // 50, 0)) for clip in few(seen).audio]
    copies = replace(few(seen), audio=tuple(mu_law_decode(mu_law_encode(clip)) for clip in late))
    shuffled = test.select(np.random.default_rng(SEED).permutation(len(test)))
    queries = {"": few(generated), "held_out_": few(shuffled), "copies_": copies}
    distance = {name: nearest_clips(clips, train)[1] for name, clips in queries.items()}
    report |= {f"{name}nearest_db": np.median(db) for name, db in distance.items()}
    limit = np.percentile(distance["copies_"], 95)
    report |= {f"{name}copies": (distance[name] <= limit).mean() for name in ("", "held_out_")}
    report |= {"temperature": TEMPERATURE, "guidance": GUIDANCE}
    return {name: value if isinstance(value, list | int) else _round(value) for name, value in report.items()}


def _generated(model: WaveNet, temperature: float, guidance: float) -> Corpus:
    words, digits = sample_words(model, N_WORDS, temperature=temperature, guidance=guidance)
    n = len(words)
    labels = Labels(digits, model.label_names)
    return Corpus("generated", tuple(words), labels, ["generated"] * n, ["train"] * n, model.sample_rate)


def _round(value: Any) -> float:
    return round(float(value), 4)


@checked
def wavenet_bits(model: WaveNet, clips: list[NDArray[np.int64]], labels: NDArray[np.int64]) -> np.ndarray:
    """Compute what clips of unknown voices and known length cost.

    Parameters
    ----------
    model : WaveNet
        Trained.
    clips : list of np.ndarray of int [shape=(n_samples,)]
        Codes.
    labels : np.ndarray of int [shape=(n_clips,)]
        The digit of each.

    Returns
    -------
    np.ndarray [shape=(n_clips,)]
        The bits of each clip in all, without `SIDE_BITS`.
    """
    bits = np.zeros(len(clips))
    frame_length = model.config.frame_length
    order = np.argsort([len(clip) for clip in clips], kind="stable")  # together what is about equally long
    for start in range(0, len(order), N_AT_ONCE):
        rows = order[start : start + N_AT_ONCE]
        n_samples = -(-len(clips[rows[-1]]) // frame_length) * frame_length
        codes = np.full((len(rows), n_samples), SILENCE, np.int32)
        for row, i in enumerate(rows):
            codes[row, : len(clips[i])] = clips[i]
        positions = [model.positions(n_samples, len(clips[i])) for i in rows]
        logits = model.logits(codes, labels[rows], np.zeros(len(rows), np.int32), np.stack(positions))
        cost = code_costs(logits, codes)
        for row, i in enumerate(rows):
            bits[i] = cost[row, : len(clips[i])].sum()
    return bits


@checked
def code_costs(logits: np.ndarray, codes: NDArray[np.int64]) -> np.ndarray:
    """Compute −log₂ softmax(logits) of the codes that came.

    Parameters
    ----------
    logits : np.ndarray [shape=(..., n_levels)]
        Of a network.
    codes : np.ndarray of int [shape=(...)]
        What came.

    Returns
    -------
    np.ndarray [shape=(...)]
        In bits.
    """
    # −log₂ P(x_t) = (ln Σ_k exp(l_k) − l_{x_t}) / ln 2
    highest = logits.max(axis=-1)
    of_code = np.take_along_axis(logits, codes[..., None], axis=-1)[..., 0]
    return (highest - of_code + np.log(np.exp(logits - highest[..., None]).sum(axis=-1))) / np.log(2)


@checked
def sample_words(
    model: WaveNet, n_clips: int, *, temperature: float = TEMPERATURE, guidance: float = GUIDANCE
) -> tuple[list[np.ndarray], np.ndarray]:
    """Generate words by random training voices, equally many of each digit; see `generate`.

    Returns
    -------
    words : list of np.ndarray [shape=(n_samples,)], float32
        Each as long as is usual for its voice.
    digits : np.ndarray of int [shape=(n_clips,)]
        What was asked for.
    """
    rng = np.random.default_rng(SEED + 1)
    digits = np.arange(n_clips) % len(model.label_names)
    voices = rng.choice(model.voice_names, n_clips).tolist()
    lengths = [model.word_length(int(digit), voice) for digit, voice in zip(digits, voices, strict=True)]
    words: list[np.ndarray] = [np.empty(0)] * n_clips
    order = np.argsort(lengths, kind="stable")  # together what is about equally long
    for part in np.array_split(order, max(1, n_clips // 64)):
        clips = generate_batch(
            model,
            max(lengths[i] for i in part),
            digits=digits[part].tolist(),
            voices=[voices[i] for i in part],
            temperature=temperature,
            guidance=guidance,
            seed=SEED + 1 + int(part[0]),
        )
        for clip, i in zip(clips, part, strict=True):
            words[i] = clip[: lengths[i]]
    return words, digits
