"""How long a recogniser takes for one clip: ``audio-edu bench cnn``."""

import statistics
import time
from typing import Any

import numpy as np

from ..reproducible import SEED
from ..training import as_array, compiled
from .recognize import Recognizer


def latency_s(model: Recognizer, *, n_rounds: int = 200) -> float:
    """Return the median time (s) for one clip of one second, features included, as a compiled graph."""
    f = compiled(lambda x: model.model(x, training=False))
    x = np.random.default_rng(SEED).standard_normal((1, model.settings.n_samples), dtype=np.float32)
    times = []
    for _ in range(n_rounds + 10):
        start = time.perf_counter()
        as_array(f(x))
        times.append(time.perf_counter() - start)
    return statistics.median(times[10:])


def bench(model: Recognizer) -> list[dict[str, Any]]:
    """Return one row for `audio_edu.bench`."""
    seconds, clip_s = latency_s(model), model.settings.n_samples / model.sample_rate
    row = {"benchmark": model.network.name, "what": "one clip, from samples to probabilities"}
    note = f"{model.n_parameters:,} parameters, as one compiled graph"
    return [{**row, "seconds": seconds, "times_real_time": clip_s / seconds, "note": note}]
