"""How fast a flow makes sound, beside a WaveNet with queues: ``audio-edu bench flow --json``."""

import os
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
from threadpoolctl import threadpool_limits

from ...reproducible import SEED
from ...training import compiled
from ..wavenet import WaveNet, WaveNetRecipe
from ..wavenet.bench import ONE_THREAD
from ..wavenet.generate import generate_batch
from .model import Flow
from .recipe import FlowRecipe

N_CLIPS = 8


def bench(*, n_samples: int = 8000) -> list[dict[str, Any]]:
    """Measure samples a second with one thread; the best of three runs after one to warm up.

    How fast a network is does not depend on what it has learned, so both have random weights, and the sizes
    of the checkpoints ``flow`` and ``wavenet``.

    Parameters
    ----------
    n_samples : int
        Of each clip; a multiple of 160.

    Returns
    -------
    list of dict
        A row for each way, for `audio_edu.bench`. ``seconds`` are for 8,000 samples; the ``summary`` in each
        holds ``flow_samples_per_s``, ``flow_batched_samples_per_s`` (of all clips together), the same of
        ``wavenet_``, and ``n_parameters`` of both.
    """
    with patch.dict(os.environ, dict.fromkeys(ONE_THREAD, "1")), threadpool_limits(1):
        keras.utils.set_random_seed(SEED)
        facts = {"label_names": list("0123456789"), "voice_names": ["nobody"], "sample_rate": 8000}
        flow, wavenet = Flow(FlowRecipe(), facts), WaveNet(WaveNetRecipe(), facts)
        inverse = compiled(flow.network.inverse)
        speeds = {}
        for n, name in ((1, ""), (N_CLIPS, "_batched")):
            z, mel = _inputs(flow, n, n_samples)
            speeds[f"flow{name}"] = n * n_samples / _seconds(lambda z=z, mel=mel: np.asarray(inverse(z, mel)))
            digits = list(range(n))
            speeds[f"wavenet{name}"] = (
                n * n_samples / _seconds(lambda d=digits: generate_batch(wavenet, n_samples, digits=d))
            )
    summary: dict[str, Any] = {f"{name}_samples_per_s": round(speed) for name, speed in speeds.items()}
    summary["n_parameters"] = {"flow": flow.n_parameters, "wavenet": wavenet.n_parameters}
    return [
        {
            "benchmark": "flow",
            "what": name,
            "seconds": 8000 / speed,
            "times_real_time": speed / 8000,
            "note": f"{speed:,.0f} samples/s" + (f", {N_CLIPS} clips at once" if "batched" in name else ""),
            "summary": summary,
        }
        for name, speed in speeds.items()
    ]


def _inputs(model: Flow, n: int, n_samples: int) -> tuple[np.ndarray, np.ndarray]:
    c, rng = model.config, np.random.default_rng(SEED)
    z = rng.standard_normal((n, n_samples // c.n_squeeze, c.n_squeeze)).astype(np.float32)
    return z, rng.uniform(-1, 0, (n, 1 + n_samples // c.hop_length, c.n_mels)).astype(np.float32)


def _seconds(job: Callable[[], Any]) -> float:
    job()
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        job()
        taken.append(time.perf_counter() - start)
    return min(taken)
