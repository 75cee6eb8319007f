"""What a WaveNet's loop spends its time on: ``python -m audio_edu.applications.compact.wavenet_loop``.

The loop with queues (`audio_edu.generation.wavenet.loop`) is compiled to one piece, so no profiler of Python
sees its parts. So it is compiled again with one part left out, all else as it is; what it is faster then is
that part's time. (A processor does several things at once: the parts need not add up to the whole.)

``wavenet_loop.csv`` has a row for each part, for one clip and for several at once: processor time of a sample
of one clip, in words of half a second, on one thread. Variants take turns; the least of all rounds counts.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any
from unittest.mock import patch

import numba
import numpy as np
from threadpoolctl import threadpool_limits

from ...generation.wavenet import WaveNet, WaveNetRecipe, load_wavenet, loop
from ...generation.wavenet.bench import PAPER_LIKE
from ...generation.wavenet.generate import generate_batch
from ...reproducible import SEED, set_seed
from ...training import checkpoint_dir, write_table

N_SAMPLES = 4000
#: Clips at once, and how often that is measured; of the network without additions.
ROUNDS, BARE_ROUNDS = {1: 9, 16: 3}, {1: 9, 64: 2}


def nothing(*_: Any) -> int:
    """Leave a part out; of a draw: the first code."""
    return 0


def no_gate(a: Any, z: Any) -> None:
    """Pass the filters on as they are: z has to hold numbers."""
    flat_a, flat_z = a.reshape(-1), z.reshape(-1)
    for k in range(len(flat_z)):
        flat_z[k] = flat_a[k]


#: The functions of the loop that are left out, and what takes their place.
PARTS = {
    "softmax and draw": ("sample", nothing),
    "products of weights and inputs": ("_add_product", nothing),
    "tanh and sigmoid": ("_gate", no_gate),
    "copies: queues, conditions, biases": ("_copy", nothing),
}


def compiled_loop(*left_out: str, fast_math: bool = False) -> Any:
    """Return `loop.run`, compiled anew without some of `PARTS`; or with its sums in any order, and fused."""
    names = dict(vars(loop))
    bodies = {
        name: FunctionType(part.py_func.__code__, names)
        for name, part in vars(loop).items()
        if getattr(part, "__module__", "") == loop.__name__ and hasattr(part, "py_func")
    }
    bodies |= dict(PARTS[part] for part in left_out)
    for name, body in bodies.items():
        names[name] = numba.njit(error_model="numpy", fastmath=fast_math)(body)
    return names["run"]


def microseconds(model: WaveNet, loops: dict[str, Any], n_clips: int, n_rounds: int) -> dict[str, float]:
    """Return the processor time of a sample of one clip, with each of the loops instead of `loop.run`."""
    digits = [k % 10 for k in range(n_clips)]
    found = dict.fromkeys(loops, np.inf)
    for k in range(n_rounds + 1):
        n_samples = N_SAMPLES if k else model.config.frame_length  # first a short one, to compile
        for name, run in loops.items():
            with patch("audio_edu.generation.wavenet.generate.run", run), threadpool_limits(1):
                start = time.process_time()
                generate_batch(model, n_samples, digits=digits)
                took = time.process_time() - start
            if k:
                found[name] = min(found[name], 1e6 * took / (n_samples * n_clips))
    return found


def measure() -> Iterator[dict[str, Any]]:
    """Yield the rows of the table."""
    model = load_wavenet()
    draw, *others = PARTS
    loops = {
        "all": loop.run,
        "all, sums in any order": compiled_loop(fast_math=True),
        "Python, before and after the loop": nothing,
        draw: compiled_loop(draw),
        # left out where the draw is, too: it would meet other logits
        **{part: compiled_loop(draw, part) for part in others},
    }
    for n_clips, n_rounds in ROUNDS.items():
        took = microseconds(model, loops, n_clips, n_rounds)
        parts = {draw: took["all"] - took[draw]} | {part: took[draw] - took[part] for part in others}
        for part, value in (took | parts).items():
            yield row("shipped", n_clips, part, value, took["all"])
    set_seed(SEED)
    facts = {"label_names": list("0123456789"), "voice_names": ["nobody"], "sample_rate": 8000}
    bare = WaveNet(WaveNetRecipe(config=PAPER_LIKE), facts)
    for n_clips, n_rounds in BARE_ROUNDS.items():
        took = microseconds(bare, {"all": loop.run}, n_clips, n_rounds)
        yield row("without additions", n_clips, "all", took["all"], took["all"])


def row(network: str, n_clips: int, part: str, value: float, whole: float) -> dict[str, Any]:
    """Return a row of the table, and show it."""
    found = {"network": network, "n_clips": n_clips, "part": part}
    found |= {"microseconds": f"{value:.2f}", "share": f"{value / whole:.3f}"}
    print(found, flush=True)
    return found


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=checkpoint_dir() / "wavenet_loop.csv")
    write_table(parser.parse_args().out, measure())


if __name__ == "__main__":
    main()
