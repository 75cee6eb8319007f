"""How fast speech is written down: ``audio-edu bench ctc``."""

from typing import Any

import numpy as np

from ...reproducible import SEED
from ...training import median_seconds
from .recognize import Recognizer

SECONDS, N_TIMES = 60, 7


def bench(model: Recognizer) -> list[dict[str, Any]]:
    """Return a row for `audio_edu.bench`: a minute of sound, samples to text, greedy."""
    x = 0.1 * np.random.default_rng(SEED).standard_normal(SECONDS * model.sample_rate).astype(np.float32)
    seconds = median_seconds(lambda: model.transcribe(x), N_TIMES, n_before=2)
    return [
        {
            "benchmark": model.card.get("name", "ctc"),
            "what": "speech to text",
            "seconds": seconds,
            "note": f"{SECONDS} s of noise, {model.n_parameters:,} parameters",
            "times_real_time": SECONDS / seconds,
        }
    ]
