"""One of two processes that train small recipes together; rank 0 compares with a training of its own.

worker_of_two.py FOLDER NAME[,NAME...] --coordinator HOST:PORT --rank R
"""

import json
import sys
from pathlib import Path

import numpy as np
from small import numbers, small

from audio_edu.applications.distributed import join, train_distributed
from audio_edu.training import train

folder, names, address, rank = Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[4], int(sys.argv[6])
join(address, 2, rank, seed=2026)
two = {"n_processes": 2, "rank": rank}
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
    found[name] = {
        "steps": shared[1]["n_steps"],
        "two": float(np.abs(numbers(shared[0]) - numbers(whole)).max() / scale),
        "two, then one": float(np.abs(numbers(resumed) - numbers(whole)).max() / scale),
        "loss": float(np.abs(np.subtract(*(list(r["curve"].values()) for r in (shared[1], report)))).max()),
    }
    print(name, found[name], flush=True)
    (folder / "found.json").write_text(json.dumps(found))
