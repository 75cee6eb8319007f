"""How long a recogniser takes for one clip: ``audio-edu bench cnn``."""

import statistics
import time
from typing import Any

import numpy as np

from ..reproducible import SEED
from ..training import as_array, compiled
from .recognize import Recognizer


def bench(model: Recognizer) -> list[dict[str, Any]]:
    """Return one row for `audio_edu.bench`.

    It has the median time for one clip of one second, features included, as a compiled graph.
    """
    f = compiled(lambda x: model.model(x, training=False))
    x = np.random.default_rng(SEED).standard_normal((1, model.settings.n_samples), dtype=np.float32)
    times = []
    for _ in range(210):
        start = time.perf_counter()
        as_array(f(x))
        times.append(time.perf_counter() - start)
    seconds, clip_s = statistics.median(times[10:]), model.settings.n_samples / model.sample_rate
    row = {"benchmark": model.network.name, "what": "one clip, from samples to probabilities"}
    note = f"{model.n_parameters:,} parameters, as one compiled graph"
    return [{**row, "seconds": seconds, "times_real_time": clip_s / seconds, "note": note}]
