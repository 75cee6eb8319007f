"""What a step and a sum cost on this machine.

    KERAS_BACKEND=jax python -m audio_edu.applications.distributed.experiments

Writes ``scaling.csv`` beside the checkpoints: the time of a step of the recogniser of chapter 5 in one
process, and in two that share the same batch, and of sums over two processes. Each process has one core, if
there are two. Run it on a quiet machine; it takes some two minutes.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...training import checkpoint_path
from ...training.tables import write_table
from ...training.timing import median_seconds
from .processes import check_engine, run_local

#: Bytes of the sums that are timed, rows of the batches that are shared, and how often a step is taken.
SIZES = tuple(1 << k for k in range(10, 26, 3))
ROWS = (32, 128, 256)
N_TIMES = 10


def main(arguments: list[str] | None = None) -> None:
    """Measure with one process and with two, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=checkpoint_path("cnn").with_name("scaling.csv"))
    parser.add_argument("--processes", type=int, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--coordinator", help=argparse.SUPPRESS)
    parser.add_argument("--rank", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args(arguments)
    check_engine()
    if args.rank is None:
        write_table(args.out, _all())
    else:
        rows = _measure(args.processes, args.coordinator, args.rank)
        if args.rank == 0:
            args.out.write_text(json.dumps(rows))


def _all() -> Iterator[dict[str, Any]]:
    for n_processes in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder, "rows.json")
            words = ["-m", f"{__package__}.experiments", "--out", str(out), "--processes", str(n_processes)]
            run_local([sys.executable, *words], n_processes, Path(folder, "none.npz"))
            yield from json.loads(out.read_text())


def _measure(n_processes: int, coordinator: str, rank: int) -> list[dict[str, Any]]:
    with suppress(AttributeError, OSError):  # one core each; a thread pool of JAX is as large as that
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[rank % len(cores)]})
    import keras

    from ...recognition.cnn.family import FAMILY
    from ...training.backends import as_array, compiled
    from .training import ByRows, join, part_of_batch

    join(coordinator, n_processes, rank, seed=0)
    if n_processes > 1:
        keras.distribution.set_distribution(ByRows())
    found: list[dict[str, Any]] = []

    def note(what: str, size: int, seconds: float) -> None:
        found.append({"what": what, "processes": n_processes, "size": size, "seconds": f"{seconds:.3e}"})

    recipe = FAMILY.recipes["cnn"]
    label_names, rng = [str(i) for i in range(10)], np.random.default_rng(0)
    model = FAMILY.build(recipe, {"label_names": label_names, "sample_rate": 8000})
    for optimizer, network in model.optimizers:
        optimizer.build(network.trainable_variables)
    (network,) = model.networks.values()
    for rows in ROWS:
        whole = (
            rng.normal(size=(rows, *network.input_shape[1:])).astype(np.float32),
            np.eye(10, dtype=np.float32)[rng.integers(10, size=rows)],
        )
        part = part_of_batch(whole, n_processes, rank)
        note("step", rows, median_seconds(lambda part=part: float(model.train_on_batch(*part)), N_TIMES, 3))
    note("gradient bytes", 4 * model.n_parameters, 0.0)
    if n_processes > 1:
        total = compiled(lambda x: keras.ops.sum(x, axis=0))
        for size in SIZES:
            row = np.ones((1, size // 4), np.float32)
            note("sum", size, median_seconds(lambda row=row: as_array(total(row)), N_TIMES, 3))
    return found


if __name__ == "__main__":
    main()
