"""Judging a WaveNet: what its samples cost, and whether its words are understood.

*Bits a sample* is what a WaveNet is trained for, and is measured where it counts: on voices it never heard,
each called "unknown". Beside it stand coders that need no network (`audio_edu.generation.wavenet.baselines`).
The network is given the digit and the length of each clip; that is no information for free, so the bits that
it takes to write both down (`SIDE_BITS` a clip) are added.

*Recognized* is the share of generated clips that an independent recogniser takes for the digit asked for:
the book's ``cnn``, frozen, never used in training a generator. Real clips of unseen voices are judged beside
them.
"""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...reproducible import SEED
from ...signal import mu_law_encode
from .baselines import bigram_bits, unigram_bits
from .data import SILENCE
from .generate import GUIDANCE, TEMPERATURE, generate_batch
from .linear_prediction import AdaptiveAR
from .model import WaveNet

#: Of a clip: which of 10 digits, and which of 8,192 lengths.
SIDE_BITS = np.log2(10) + 13
#: So many words are generated to be judged; so many clips are looked at at once.
N_WORDS, N_AT_ONCE = 400, 8


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
        A recogniser with ``probabilities(clips)``, of the model's labels. Without one no words are generated.

    Returns
    -------
    dict
        Plain numbers. ``bits_per_sample`` of each coder; ``below_ar16``; ``n_test_clips`` and
        ``n_test_samples``; ``receptive_field``. With a judge, ``recognized`` of generated and
        ``recognized_real`` of real clips; ``recognized_by_digit``; ``n_generated``; ``temperature`` and
        ``guidance``.
    """
    n_levels, test = model.config.n_levels, corpus.part(split)
    training, codes = (
        [mu_law_encode(clip, n_levels) for clip in part.audio] for part in (corpus.development, test)
    )
    n_samples = sum(len(clip) for clip in codes)
    bits = {
        "uniform": np.log2(n_levels),
        "unigram": unigram_bits(training, codes, n_levels).sum() / n_samples,
        "bigram": bigram_bits(training, codes, n_levels).sum() / n_samples,
        "adaptive_ar16": sum(AdaptiveAR().bits(clip, n_levels) for clip in codes) / n_samples,
        "wavenet": (wavenet_bits(model, codes, test.labels).sum() + SIDE_BITS * len(codes)) / n_samples,
    }
    report = {
        "bits_per_sample": {name: round(float(value), 4) for name, value in bits.items()},
        "below_ar16": round(float(bits["adaptive_ar16"] - bits["wavenet"]), 4),
        "n_test_clips": len(test),
        "n_test_samples": n_samples,
        "receptive_field": model.config.receptive_field,
    }
    if judge is None:
        return report
    words, digits = sample_words(model, N_WORDS)
    is_right = judge.probabilities(words).argmax(axis=1) == digits
    is_right_real = judge.probabilities(test.audio).argmax(axis=1) == test.labels
    return report | {
        "recognized": round(float(is_right.mean()), 4),
        "recognized_real": round(float(is_right_real.mean()), 4),
        "recognized_by_digit": [
            round(float(is_right[digits == d].mean()), 3) for d in range(len(model.label_names))
        ],
        "n_generated": len(words),
        "temperature": TEMPERATURE,
        "guidance": GUIDANCE,
    }


def wavenet_bits(model: WaveNet, clips: list[np.ndarray], labels: np.ndarray) -> np.ndarray:
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
        logits = model.logits(codes, labels[rows], np.zeros(len(rows)), np.stack(positions))
        cost = code_costs(logits, codes)
        for row, i in enumerate(rows):
            bits[i] = cost[row, : len(clips[i])].sum()
    return bits


def code_costs(logits: np.ndarray, codes: np.ndarray) -> np.ndarray:
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


def sample_words(model: WaveNet, n_clips: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Generate words by random training voices, equally many of each digit.

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
            temperature=TEMPERATURE,
            guidance=GUIDANCE,
            seed=SEED + 1 + int(part[0]),
        )
        for clip, i in zip(clips, part, strict=True):
            words[i] = clip[: lengths[i]]
    return words, digits
