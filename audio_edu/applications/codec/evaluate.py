"""Judging a codec: the distance of spectra, bits counted from the file, and what imitates a listener."""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...datasets.speech import LEVEL, grouped_passages
from ...layers.spectra import spectral_loss
from ...metrics import listener_scores, si_sdr_db
from ...training import as_array
from .coding import Codec
from .recipe import N_STEP

#: Passages of each kind that `evaluate` listens to.
N_PASSAGES = 12


def distance(x: np.ndarray, y: np.ndarray, sample_rate: int) -> float:
    """Return the loss that the codec was trained on, at the level it was trained at."""
    n = len(x) // (2 * N_STEP) * 2 * N_STEP
    if not n:
        return 0.0
    scale = np.float32(LEVEL / max(np.sqrt(np.mean(np.square(x, dtype=float))), 1e-6))
    both = [np.asarray(sound[None, :n] * scale, np.float32) for sound in (x, y)]
    return float(as_array(spectral_loss(*both, sample_rate)))


def scores(x: np.ndarray, y: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Return all that can be said of a coded passage."""
    found = {"spectral_loss": distance(x, y, sample_rate), "si_sdr_db": si_sdr_db(x, y)}
    return found | listener_scores(x, y, sample_rate)


def evaluate(model: Codec, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a codec at 3, 6 and 12 stages.

    Parameters
    ----------
    model : Codec
        The codec.
    corpus : Corpus
        Speech; see `audio_edu.datasets.load_speech`.
    split : {"train", "validation", "test", "all"}
        Which of it.
    judge : optional
        Not asked; other families need one.

    Returns
    -------
    dict
        By kind of passage and number of stages: ``kbps``, counted from the file; ``spectral_loss``; SI-SDR;
        and where the packages `pesq` and `pystoi` are there, PESQ and STOI. Means over at most 12 passages.
    """
    report: dict[str, Any] = {}
    for kind, parts in grouped_passages(corpus, split).items():
        parts = parts[:: -(-len(parts) // N_PASSAGES)]
        for n_stages in sorted({min(n, model.recipe.n_stages) for n in (3, 6, 12)}):
            rows = []
            for x in parts:
                data = model.encode(x, n_stages=n_stages)
                kbps = 8 * len(data) / (len(x) / model.sample_rate) / 1000
                rows.append({"kbps": kbps} | scores(x, model.decode(data), model.sample_rate))
            report[f"{kind}_{n_stages}"] = {
                name: round(float(np.mean([row[name] for row in rows if name in row])), 3) for name in rows[0]
            }
        report[f"n_{kind}"] = len(parts)
    return report
