"""One of two processes that train small recipes together; rank 0 compares with a training of its own.

worker_of_two.py FOLDER NAME[,NAME...] whole|killed --coordinator HOST:PORT --rank R
"""

import json
import os
import signal
import sys
from pathlib import Path

import numpy as np
from small import numbers, small

from audio_edu.applications.distributed import join, train_distributed, training
from audio_edu.training import loop, train

folder, names, what = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3]
address, rank = sys.argv[5], int(sys.argv[7])
join(address, 2, rank, seed=2026)
two = {"n_processes": 2, "rank": rank}

if what == "killed":
    loop.SAVE_EVERY_S = 0.0
    family, recipe, corpus = small(names[0])
    taken, part_of_batch = [], training.part_of_batch

    def part(*given):
        taken.append(0)
        # batches are drawn one ahead, so two steps at least have been taken, and saved
        if rank == 1 and len(taken) == 4:
            os.kill(os.getpid(), signal.SIGKILL)
        return part_of_batch(*given)

    training.part_of_batch = part
    train_distributed(family, recipe, corpus, state_path=folder / "killed.npz", **two)
    sys.exit("it was to be killed")

found = {}
for name in names:
    family, recipe, corpus = small(name)
    state = folder / f"{name}.npz"
    shared = train_distributed(family, recipe, corpus, **two)
    train_distributed(family, recipe, corpus, state_path=state, n_steps_now=2, **two)
    if shared is None:
        continue
    whole, report = train(family, recipe, corpus)
    resumed, _ = train(family, recipe, corpus, state_path=state, resume=True)  # two, then one
    scale = np.abs(numbers(whole)).max()
    curves = [list(one["curve"].values()) for one in (shared[1], report)]
    found[name] = {
        "steps": shared[1]["n_steps"],
        "two": float(np.abs(numbers(shared[0]) - numbers(whole)).max() / scale),
        "two, then one": float(np.abs(numbers(resumed) - numbers(whole)).max() / scale),
        "loss": float(np.abs(np.subtract(*curves)).max()),
    }
    print(name, found[name], flush=True)
    (folder / "found.json").write_text(json.dumps(found))
