"""How long something takes, for the families' benchmarks."""

import statistics
import time
from collections.abc import Callable
from typing import Any


def median_seconds(job: Callable[[], Any], n_times: int, n_before: int = 1) -> float:
    """Return the median duration of `n_times` runs, after `n_before` that compile and warm up."""
    times = []
    for _ in range(n_before + n_times):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return statistics.median(times[n_before:])
