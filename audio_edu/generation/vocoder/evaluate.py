"""Judging a vocoder: real speech to its mel spectrogram and back, by it and by Griffin-Lim.

PESQ and STOI compare with the sound itself, in passages of 1.5 s or more. Both are asked only where they are
installed. The distance of spectra is what the vocoder was trained on; Griffin-Lim was not.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..._validate import Clip, Size, checked
from ...datasets import Corpus
from ...datasets.speech import LEVEL, grouped_passages, level
from ...layers.spectra import spectral_loss
from ...metrics import listener_scores
from ...signal import mel_to_audio
from ...training import as_array
from ..mel import HOP_LENGTH, N_FFT, mel_decibels, scaled_mel
from .generate import copy_clips
from .model import Vocoder
from .recipe import N_UNIT

#: Passages of each kind that `evaluate` listens to; iterations of Griffin-Lim.
N_PASSAGES, GRIFFIN_LIM_STEPS = 10, 60


@checked
def griffin_lim_copies(
    clips: Sequence[Clip], sample_rate: int = 8000, n_iter: Size = GRIFFIN_LIM_STEPS
) -> list[np.ndarray]:
    """Reduce each clip to its mel spectrogram, and go back by Griffin-Lim.

    Examples
    --------
    >>> griffin_lim_copies([np.sin(np.arange(800) / 5)], n_iter=1)[0].shape
    (800,)
    """
    options = {"n_fft": N_FFT, "hop_length": HOP_LENGTH, "n_iter": n_iter}
    return [
        mel_to_audio(mel_decibels(scaled_mel(x, sample_rate)), sample_rate, length=len(x), **options).astype(
            np.float32
        )
        for x in clips
    ]


def scores(x: np.ndarray, y: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Return the distance of spectra of a passage and its copy, and PESQ and STOI where they can be had."""
    n, scale = len(x) // N_UNIT * N_UNIT, np.float32(LEVEL / level(x))
    both = [np.asarray(sound[None, :n] * scale, np.float32) for sound in (x, y)]
    distance = float(as_array(spectral_loss(*both, sample_rate))) if n else 0.0
    return {"spectral_loss": distance} | listener_scores(x, y, sample_rate)


def chosen_passages(
    corpus: Corpus, split: str = "test", most: int = N_PASSAGES
) -> dict[str, list[np.ndarray]]:
    """Return passages by kind, evenly chosen: ``prompts``, a real voice, and ``voices`` never heard."""
    groups = grouped_passages(corpus, split)
    return {
        kind: [parts[i] for i in np.unique(np.linspace(0, len(parts) - 1, most).astype(int))]
        for kind, parts in groups.items()
    }


def judged(
    systems: Mapping[str, Callable[[Sequence[np.ndarray]], list[np.ndarray]]],
    passages: Sequence[np.ndarray],
    sample_rate: int,
) -> dict[str, dict[str, float]]:
    """Return the mean scores of the copies that each system makes of passages, by its name."""
    found = {}
    for name, copies in systems.items():
        rows = [scores(x, y, sample_rate) for x, y in zip(passages, copies(passages), strict=True)]
        found[name] = {key: round(float(np.mean([row[key] for row in rows])), 3) for key in rows[0]}
    return found


def evaluate(model: Vocoder, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a vocoder beside Griffin-Lim.

    Parameters
    ----------
    model : Vocoder
        The vocoder.
    corpus : Corpus
        Speech; see `audio_edu.datasets.load_speech`.
    split : {"train", "validation", "test", "all"}
        Which of it.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        By kind of passage and system: ``spectral_loss``, and, where the packages are there, ``pesq`` and
        ``stoi``. Means over at most 10 passages; ``n_prompts``, ``n_voices`` count them.
    """
    systems = {
        "vocoder": lambda clips: copy_clips(model, clips),
        f"griffin_lim_{GRIFFIN_LIM_STEPS}": lambda clips: griffin_lim_copies(clips, model.sample_rate),
    }
    report: dict[str, Any] = {}
    for kind, parts in chosen_passages(corpus, split).items():
        report[kind] = judged(systems, parts, model.sample_rate)
        report[f"n_{kind}"] = len(parts)
    return report
