"""How long it takes to tag a clip: ``audio-edu bench tagging``."""

import statistics
import time
from typing import Any

import numpy as np

from ...reproducible import SEED
from .recognize import PIECE_S, Tagger

N_TIMES = 51


def bench(model: Tagger) -> list[dict[str, Any]]:
    """Return a row for `audio_edu.bench`: four seconds tagged, samples to probabilities."""
    n = round(PIECE_S * model.sample_rate)
    x = 0.1 * np.random.default_rng(SEED).standard_normal((1, n)).astype(np.float32)
    times = []
    for _ in range(N_TIMES + 2):  # the first compiles
        start = time.perf_counter()
        model.probabilities(x)
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[2:])
    note = f"{PIECE_S:g} s of sound, {model.n_parameters:,} parameters"
    row = {
        "benchmark": model.card.get("name", "tagging"),
        "what": "tag a clip",
        "seconds": seconds,
        "note": note,
    }
    return [row | {"times_real_time": PIECE_S / seconds}]
