"""How fast a WaveNet speaks: ``audio-edu bench wavenet --json``."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..reproducible import SEED
from .wavenet import WaveNet, WaveNetConfig
from .wavenet_generation import generate, generate_batch, generate_naive, teacher_forced_logits

__all__ = ["PAPER_LIKE", "bench_wavenet"]

#: 2 × 10 layers, 32 residual and 64 skip channels, and nothing that was added to them: 174k parameters.
PAPER_LIKE = WaveNetConfig(n_taps=1, n_head=64, n_condition=2, n_ticks=1, n_positions=1)


def bench_wavenet(
    model: WaveNet | None = None, *, n_samples: int = 16000, n_clips: int = 64
) -> dict[str, Any]:
    """Measure samples a second, one run each after one to warm up.

    How fast a network is does not depend on what it has learned, so without a `model` one with random weights
    is measured: `PAPER_LIKE`.

    Parameters
    ----------
    model : WaveNet, optional
        What to measure.
    n_samples : int
        So many are generated with queues, by each of the clips of a batch a quarter of it.
    n_clips : int
        The size of the batch.

    Returns
    -------
    dict
        ``naive_samples_per_s`` (each sample from the whole receptive field anew), ``cached_samples_per_s``,
        ``batched_samples_per_s`` (of all clips together), ``teacher_forced_samples_per_s`` (samples that are
        known); ``n_parameters``, ``cached_over_naive``, ``n_threads`` of the loops with queues.
    """
    if model is None:
        from keras.utils import set_random_seed

        set_random_seed(SEED)
        model = WaveNet(PAPER_LIKE, [str(digit) for digit in range(10)], ["nobody"])
    field, short = model.config_.receptive_field, model.config_.frame_length
    codes = np.random.default_rng(SEED).integers(0, model.config_.n_levels, field)
    digits = [i % len(model.label_names) for i in range(n_clips)]

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
    speeds = {
        "naive_samples_per_s": 20 / seconds(lambda: naive(20)),
        "cached_samples_per_s": n_samples / seconds(lambda: generate(model, n_samples, digit=0)),
        "batched_samples_per_s": n_clips
        * (n_samples // 4)
        / seconds(lambda: generate_batch(model, n_samples // 4, digits=digits)),
        "teacher_forced_samples_per_s": 5 * field / seconds(lambda: naive(5)),
    }
    return {
        "n_parameters": model.n_parameters,
        **{name: round(speed, 1) for name, speed in speeds.items()},
        "cached_over_naive": round(speeds["cached_samples_per_s"] / speeds["naive_samples_per_s"]),
        "n_threads": 1,
        "n_samples": n_samples,
        "n_clips": n_clips,
    }
