"""Judging a codec."""

from typing import Any

import numpy as np

from ...datasets import Corpus
from ...training import as_array
from .data import level
from .losses import spectral_loss
from .model import Codec
from .recipe import N_STEP
from .transform import LEVEL

#: Samples of a clip that are compared.
N_SAMPLES = 16384


def evaluate(model: Codec, corpus: Corpus, *, split: str = "test", judge: Any = None) -> dict[str, Any]:
    """Judge a codec by the distance of spectra, at three, six and all stages."""
    clips = [clip[:N_SAMPLES] for clip in corpus.part(split).audio if clip.size >= N_SAMPLES][:20]
    x = np.stack([clip * np.float32(LEVEL / level(clip)) for clip in clips])
    scores = {}
    for depth in sorted({min(n, model.recipe.n_stages) for n in (3, 6, 12)}):
        y, _, _ = model.network(x, np.full((len(x), x.shape[1] // N_STEP), depth))
        scores[f"spectral_loss_{depth}"] = round(float(as_array(spectral_loss(x, y, model.sample_rate))), 4)
    return scores
