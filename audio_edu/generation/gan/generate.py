"""What a trained generator is for: saying digits, one after another or as a corpus."""

from dataclasses import dataclass

import numpy as np

from ..._validate import Size, check_range, checked
from ...datasets import Corpus, Labels
from ...reproducible import SEED
from ...signal import trim_silence
from ...training import option
from .model import Gan


@checked
@dataclass(frozen=True)
class Options:
    """What can be asked of ``audio-edu generate gan``."""

    digit: tuple[int, ...] = option((7,), "what to say, 0 to 9, one or more")
    seed: int = option(SEED, "another seed, another voice")


@checked
def generate(model: Gan, options: Options) -> tuple[np.ndarray, int]:
    """Say digits one after another in one voice, a tenth of a second apart.

    Parameters
    ----------
    model : Gan
        From `load_gan`.
    options : Options
        Which digits, and what the voice is drawn from.

    Returns
    -------
    x : np.ndarray [shape=(n_samples,)], float32
        From -1 to 1.
    sample_rate : int
        Samples a second (Hz).
    """
    pause = np.zeros(model.sample_rate // 10, np.float32)
    for k in options.digit:
        check_range(k, "digit", 0, len(model.label_names) - 1, integer=True)
    parts = [part for k in options.digit for part in (pause, model.generate([k], seed=options.seed)[0])]
    return np.concatenate(parts[1:]), model.sample_rate


@checked
def generated_corpus(model: Gan, n_clips: Size, *, seed: int = SEED) -> Corpus:
    """Generate clips, all digits equally often, as a corpus of a single split, cut to the word.

    Parameters
    ----------
    model : Gan
        From `load_gan`.
    n_clips : int
        How many.
    seed : int
        Draws the voices.

    Returns
    -------
    Corpus
        Each clip with a peak of 0.9, as in ``data/digits``; all in the training split.
    """
    digits = np.arange(n_clips) % len(model.label_names)
    return as_words(model.generate(digits, seed=seed), Labels(digits, model.label_names), model.sample_rate)


@checked
def as_words(rows: np.ndarray, labels: Labels, sample_rate: int) -> Corpus:
    """Make a corpus of rows of samples, cut to the word and scaled as those of ``data/digits``.

    Parameters
    ----------
    rows : np.ndarray [shape=(n_clips, n_samples)]
        Samples.
    labels : Labels
        What is said in them.
    sample_rate : int
        Samples a second (Hz).
    """
    audio = []
    if rows.ndim != 2 or len(rows) != len(labels):
        raise ValueError(f"rows has shape {rows.shape}; expected a row for each of {len(labels)} labels.")
    for row in rows:
        word = trim_silence(row, sample_rate, keep_s=0.02)
        audio.append((0.9 * word / max(float(np.abs(word).max()), 1e-6)).astype(np.float32))
    n = len(audio)
    return Corpus("generated", tuple(audio), labels, ["generated"] * n, ["train"] * n, sample_rate)
