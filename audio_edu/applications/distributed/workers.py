"""One evaluation over several workers: clips are judged one by one, so nothing but answers has to travel.

Dask hands batches of clips to processes, here or, given the address of a scheduler, on many machines. The
batches are those that one process would take, so the answers are the same to the last bit.
"""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..._validate import check_range

#: Clips that a worker is handed at a time: as many as a recogniser takes at once.
CLIPS_EACH = 256
MOST_WORKERS = 256


class Shared:
    """A recogniser whose `probabilities` come from workers; all else is its own.

    Parameters
    ----------
    model : Recognizer
        The model of the checkpoint `name`.
    client : dask.distributed.Client
        Of the workers.
    load : callable
        From a name to a model; called once in each worker.
    name : str or Path
        The checkpoint.
    """

    def __init__(self, model: Any, client: Any, load: Any, name: str | Path):
        self._model, self._client, self._load, self._name = model, client, load, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def probabilities(self, audio: Sequence[np.ndarray]) -> np.ndarray:
        """Return the answers to all clips, in their order."""
        parts = [audio[i : i + CLIPS_EACH] for i in range(0, len(audio), CLIPS_EACH)]
        sent = self._client.scatter(parts)
        jobs = self._client.map(_answer, sent, load=self._load, name=str(self._name), pure=False)
        return np.concatenate(self._client.gather(jobs))


_loaded = lru_cache(maxsize=1)(lambda load, name: load(name))


def _answer(clips: Sequence[np.ndarray], load: Any, name: str) -> np.ndarray:
    return _loaded(load, name).probabilities(clips)


def evaluate_with_workers(
    family: Any, model: Any, corpus: Any, *, n_workers: int, load: Any, name: str | Path, **options: Any
) -> dict[str, Any]:
    """Judge a recogniser as its family does, with its answers from several processes.

    Parameters
    ----------
    family, model, corpus, options
        As ``family.evaluate(model, corpus, **options)``.
    n_workers : int
        How many processes.
    load, name
        What the workers load the model with, and its name.

    Returns
    -------
    dict
        What the family's `evaluate` returns.

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValueError
        If `n_workers` is out of range, or the model does not judge clips one by one.
    """
    check_range(n_workers, "--workers", 1, MOST_WORKERS, integer=True)
    if not family.package.startswith("recognition.") or not hasattr(model, "probabilities"):
        raise ValueError(f"--workers is for models that judge clip by clip; {name} is judged as a whole.")
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise ImportError(
            "--workers needs Dask, which is optional: pip install dask distributed, as pinned in "
            "requirements-backends.txt."
        ) from None
    cluster = LocalCluster(
        n_workers=n_workers, threads_per_worker=1, dashboard_address=None, silence_logs="ERROR"
    )
    with cluster, Client(cluster) as client:
        return family.evaluate(Shared(model, client, load, name), corpus, **options)
