"""Judging a codec."""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...training import as_array
from .losses import spectral_loss
from .model import Codec
from .recipe import N_STEP
from .transform import LEVEL
from .data import level


def evaluate(model: Codec, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a codec by the distance of spectra, at three, six and all stages."""
    clips = [clip for clip in corpus.part(split).audio if clip.size >= 1024][:40]
    scores = {}
    for depth in sorted({min(n, model.recipe.n_stages) for n in (3, 6, 12)}):
        found = []
        for clip in clips:
            x = (clip[: clip.size // 256 * 256] * (LEVEL / level(clip)))[None].astype(np.float32)
            y, _, _ = model.network(x, np.full((1, x.shape[1] // N_STEP), depth))
            found.append(float(as_array(spectral_loss(x, y, model.sample_rate))))
        scores[f"spectral_loss_{depth}"] = round(float(np.mean(found)), 4)
    return scores
