"""The one loop, run by several processes as if by one: each holds a part of every batch.

Every process draws the whole batch, which is a pure function of seed and step, and hands over its own part.
Weights, what the optimizer keeps and the seeds are the same everywhere. A state or a checkpoint is written by
rank 0 alone, and does not know how many processes there were, so another number can go on from it.
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ...datasets import Corpus
from ...training import as_array, train
from ...training.family import Batch, Family
from .processes import follow_launcher


class ByRows(keras.distribution.DataParallel):
    """Weights everywhere, rows of a batch in parts; what cannot be dealt out is everywhere, too.

    Attributes
    ----------
    whole : set of tuple
        The shapes of arrays that every process has in full.
    """

    def __init__(self) -> None:
        super().__init__(auto_shard_dataset=False)
        self.whole: set[tuple[int, ...]] = {()}

    def get_data_layout(self, data_shape: tuple[int, ...]) -> keras.distribution.TensorLayout:
        """Return where an array of a batch lies."""
        if tuple(data_shape) in self.whole:
            return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
        return super().get_data_layout(data_shape)


class _Spread:
    """A family whose batches are the part of one process."""

    def __init__(self, family: Family, n_processes: int, rank: int, whole: set[tuple[int, ...]]):
        self.family, self.n_processes, self.rank = family, n_processes, rank
        self.whole, self.parts, self.batch = whole, set(), None

    def facts(self, recipe: Any, corpus: Corpus) -> dict[str, Any]:
        return self.family.facts(recipe, corpus)

    def build(self, recipe: Any, facts: Any) -> Any:
        return self.family.build(recipe, facts)

    def batches(self, model: Any, recipe: Any, corpus: Corpus) -> Callable[[int], Batch]:
        self.batch = self.family.batches(model, recipe, corpus)
        return self.part

    def part(self, step: int) -> Batch:
        """Return what this process hands over of the batch of a step."""
        whole = self.batch(step)
        part = part_of_batch(whole, self.n_processes, self.rank)
        for x, y in zip(keras.tree.flatten(whole), keras.tree.flatten(part), strict=True):
            (self.whole if np.shape(x) == np.shape(y) else self.parts).add(np.shape(y))
        if both := self.whole & self.parts:
            raise ValueError(
                f"--processes {self.n_processes} cannot be used here: some arrays of shape {both.pop()} are "
                "parts of a batch, and others a batch that cannot be dealt out; take another number."
            )
        return part


def part_of_batch(batch: Batch, n_processes: int, rank: int) -> Batch:
    """Return the rows of a batch that one of `n_processes` hands over.

    An array whose rows cannot be dealt out equally is handed over in full by every process.

    Raises
    ------
    ValueError
        If there are more processes than rows.

    Examples
    --------
    >>> part_of_batch((np.arange(6), np.ones((2, 3)), np.arange(3)), 2, 1)
    (array([3, 4, 5]), array([[1., 1., 1.]]), array([0, 1, 2]))
    """
    most = max(len(x) for x in map(np.asarray, keras.tree.flatten(batch)) if x.ndim)
    if n_processes > most:
        raise ValueError(
            f"--processes {n_processes} cannot share a batch of {most} rows; take {most} or fewer."
        )

    def part(x: Any) -> np.ndarray:
        x = np.asarray(x)
        if not x.ndim or len(x) % n_processes:
            return x
        n = len(x) // n_processes
        return x[rank * n : (rank + 1) * n]

    return keras.tree.map_structure(part, batch)


def join(coordinator: str, n_processes: int, rank: int, *, seed: int) -> None:
    """Become one of the processes that train together. Once in a process, before anything is computed.

    Parameters
    ----------
    coordinator : str
        ``HOST:PORT`` at which rank 0 waits for the others.
    n_processes : int
        How many there are.
    rank : int
        Which one this is, from 0.
    seed : int
        Of the recipe; without it Keras would have the processes agree on one.
    """
    follow_launcher()
    keras.utils.set_random_seed(seed % 2**32)
    keras.distribution.initialize(coordinator, n_processes, rank)


def train_distributed(
    family: Family,
    recipe: Any,
    corpus: Corpus,
    *,
    n_processes: int,
    rank: int,
    state_path: Path | None = None,
    resume: bool = False,
    progress: bool = False,
    n_steps_now: int | None = None,
) -> tuple[Any, dict[str, Any]] | None:
    """Train a model as one of the processes that have called `join`.

    Parameters
    ----------
    family, recipe, corpus, resume, progress, n_steps_now
        As `audio_edu.training.train`; the same in every process.
    n_processes, rank : int
        As `join` was told.
    state_path : Path, optional
        Read by all, if it is resumed (so it has to be in a folder that all see), and written by rank 0.

    Returns
    -------
    tuple or None
        Model and report as of `audio_edu.training.train`, at rank 0; None in the others.

    Raises
    ------
    ValueError
        If the batches cannot be shared; or as `audio_edu.training.train`.
    """
    distribution = ByRows()
    spread: Any = _Spread(family, n_processes, rank, distribution.whole)
    with tempfile.TemporaryDirectory() as folder:
        own = state_path
        if rank and state_path is not None:  # others than rank 0 read it, and write nothing that stays
            own = Path(folder, "state.npz")
            if resume and state_path.is_file():
                shutil.copy(state_path, own)
        keras.distribution.set_distribution(distribution)
        try:
            model, report = train(
                spread, recipe, corpus, start=family.start(recipe), state_path=own, resume=resume,
                progress=progress and rank == 0, n_steps_now=n_steps_now,
            )  # fmt: skip
        finally:
            keras.distribution.set_distribution(None)
    if rank:
        return None
    # the same numbers in a model that belongs to this process alone
    alone = family.build(recipe, family.facts(recipe, corpus))
    alone.arrays = dict(model.arrays)
    for variable, other in zip(alone.weights.values(), model.weights.values(), strict=True):
        variable.assign(as_array(other))
    if hasattr(family, "finish"):
        family.finish(alone, spread.batch)
    return alone, {**report, "n_processes": n_processes}
