"""How fast a WaveNet speaks: ``audio-edu bench wavenet --json``."""

import os
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import keras
import numpy as np
from threadpoolctl import threadpool_limits

from ...reproducible import SEED
from .generate import generate, generate_batch, generate_naive, teacher_forced_logits
from .model import WaveNet
from .recipe import WaveNetConfig, WaveNetRecipe

#: 2 × 10 layers, 32 residual and 64 skip channels, and nothing that was added to them: 174k parameters.
PAPER_LIKE = WaveNetConfig(n_taps=1, n_head=64, n_condition=2, n_ticks=1, n_positions=1)
#: In the batch.
N_CLIPS = 64

#: Environment variables that limit the threads of TensorFlow, OpenMP and Numba.
ONE_THREAD = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS")


def bench(*, n_samples: int = 16000) -> list[dict[str, Any]]:
    """Measure samples a second with one thread, one run each after one to warm up.

    How fast a network is does not depend on what it has learned, so one with random weights is measured:
    `PAPER_LIKE`. One thread is promised for TensorFlow only if it has not computed anything yet in this
    process.

    Parameters
    ----------
    n_samples : int
        Number of samples generated with queues; each clip of a batch gets a quarter of it.

    Returns
    -------
    list of dict
        A row for each way to compute samples, for `audio_edu.bench`. ``seconds`` are for 8,000 samples. The
        ``summary`` in each holds ``naive_samples_per_s`` (each sample from the whole receptive field anew),
        ``cached_samples_per_s``, ``batched_samples_per_s`` (of all clips together),
        ``teacher_forced_samples_per_s`` (samples that are known); ``n_parameters``, ``cached_over_naive``,
        ``n_threads`` of the loops with queues.
    """
    # what is not started yet keeps to the environment, what is to its own switch
    with patch.dict(os.environ, dict.fromkeys(ONE_THREAD, "1")), threadpool_limits(1):
        keras.utils.set_random_seed(SEED)
        facts = {"label_names": list("0123456789"), "voice_names": ["nobody"], "sample_rate": 8000}
        model = WaveNet(WaveNetRecipe(config=PAPER_LIKE), facts)
        speeds = _samples_per_s(model, n_samples)
    summary = {
        "n_parameters": model.n_parameters,
        **{f"{name}_samples_per_s": round(speed, 1) for name, speed in speeds.items()},
        "cached_over_naive": round(speeds["cached"] / speeds["naive"]),
        "n_threads": 1,
        "n_samples": n_samples,
        "n_clips": N_CLIPS,
    }
    notes = {
        "naive": "the whole past for each sample",
        "cached": "one queue a layer",
        "batched": f"{N_CLIPS} clips at once",
        "teacher_forced": "samples that are known",
    }
    return [
        {
            "benchmark": "wavenet",
            "what": name,
            "seconds": 8000 / speeds[name],
            "times_real_time": speeds[name] / 8000,
            "note": f"{speeds[name]:,.0f} samples/s: {note}",
            "summary": summary,
        }
        for name, note in notes.items()
    ]


def _samples_per_s(model: WaveNet, n_samples: int) -> dict[str, float]:
    n_past, short = model.config.receptive_field, model.config.frame_length
    codes = np.random.default_rng(SEED).integers(0, model.config.n_levels, n_past)
    digits = [i % len(model.label_names) for i in range(N_CLIPS)]

    def seconds(job: Callable[[], Any]) -> float:
        start = time.perf_counter()
        job()
        return time.perf_counter() - start

    def naive(n: int) -> None:
        for _ in range(n):  # the next sample after a receptive field full of them
            teacher_forced_logits(model, codes, digit=0)

    # warm: compile the loops, build the graphs
    generate(model, short, digit=0)
    generate_batch(model, short, digits=digits)
    generate_naive(model, 1, digit=0)
    naive(1)
    n_each = n_samples // 4
    return {
        "naive": 20 / seconds(lambda: naive(20)),
        "cached": n_samples / seconds(lambda: generate(model, n_samples, digit=0)),
        "batched": N_CLIPS * n_each / seconds(lambda: generate_batch(model, n_each, digits=digits)),
        "teacher_forced": 5 * n_past / seconds(lambda: naive(5)),
    }
