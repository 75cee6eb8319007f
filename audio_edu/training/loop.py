"""The one loop that everything in this book is trained by; it can be killed at any moment and goes on.

A step is ``model.train_on_batch(*batch(step))``. The batch is a pure function of the recipe's seed and the
step, so chance is derived, never remembered; all that a step changes, weights, averages and seeds, is written
to disk every minute, and after the step in which Ctrl-C or SIGTERM comes. So a training that was stopped, or
killed, ends with the very weights it would have had.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from .._files import uninterrupted
from ..datasets import Corpus
from .family import Batch, Family, Trained
from .states import identity, restore_state, save_state

#: Seconds between saves, steps that make a point of the curve, and the most points that a card keeps.
SAVE_EVERY_S, POINT_EVERY, MOST_POINTS = 60.0, 100, 200


def train(
    family: Family,
    recipe: Any,
    corpus: Corpus,
    *,
    start: Trained | None = None,
    state_path: str | Path | None = None,
    resume: bool = False,
    progress: bool = False,
    n_steps_now: int | None = None,
) -> tuple[Any, dict[str, Any]]:
    """Train a model of a family by a recipe on all clips of a corpus.

    Parameters
    ----------
    family : Family
        What is trained.
    recipe : Recipe
        How.
    corpus : Corpus
        What to learn from; take ``corpus.development`` to leave the test clips out.
    start : Trained, optional
        A model of the same recipe whose weights to begin with. Default: weights drawn from the seed.
    state_path : str or Path, optional
        Where the state is written every minute and at the end (``.npz``). Default: nowhere.
    resume : bool
        Go on from the state at `state_path`, if there is one.
    progress : bool
        Show a progress bar.
    n_steps_now : int, optional
        Stop after so many steps, as if interrupted.

    Returns
    -------
    model : Trained
        With averaged weights, where the optimizer averages.
    report : dict
        ``n_steps`` taken; ``wall_s`` of training in all (also before a resume); ``curve``: for each name of
        `Trained.curve_names` a list of means over equal numbers of steps.

    Raises
    ------
    ValueError
        If the corpus does not fit the recipe, or the state at `state_path` is of another training.
    KeyboardInterrupt
        After Ctrl-C, when the step is done and the state is written.
    """
    model = family.build(recipe, family.facts(recipe, corpus))
    if start is not None:
        for mine, other in zip(model.weights.values(), start.weights.values(), strict=True):
            mine.assign(other.value)
    began = time.perf_counter()
    batches = family.batches(model, recipe, corpus)
    for optimizer, network in model.optimizers:
        optimizer.build(network.trainable_variables)
    state_path = Path(state_path) if state_path else None
    report = _run(model, batches, began, state_path, identity(recipe, corpus), resume, progress, n_steps_now)
    for optimizer, network in model.optimizers:
        if optimizer.use_ema:
            optimizer.finalize_variable_values(network.trainable_variables)
    if hasattr(family, "finish"):
        family.finish(model, batches)
    return model, report


def _run(
    model: Trained,
    batch: Callable[[int], Batch],
    began: float,
    state_path: Path | None,
    identity: str,
    resume: bool,
    progress: bool,
    n_steps_now: int | None,
) -> dict[str, Any]:
    from tqdm import tqdm

    n_steps = model.recipe.n_steps
    step, wall_s, curve = 0, 0.0, []
    if resume and state_path and state_path.is_file():
        numbers = restore_state(state_path, identity, model)
        step, wall_s, curve = int(numbers["step"]), float(numbers["wall_s"]), list(numbers["curve"])
    last = min(n_steps, step + (n_steps_now or n_steps))

    def save() -> None:
        if state_path:
            spent = wall_s + time.perf_counter() - began
            numbers = {"step": step, "wall_s": spent, "curve": np.array(curve)}
            save_state(state_path, identity, model, numbers)

    saved = time.perf_counter()
    bar = tqdm(total=n_steps, initial=step, desc="train", unit="step", mininterval=1.0, disable=not progress)
    # the next batch is made while this one is learned from; no signal cuts a step in two
    with uninterrupted() as signals, bar, ThreadPoolExecutor(1) as pool:
        following = pool.submit(batch, step)
        while step < last and not signals:
            current = following.result()
            if step + 1 < last:
                following = pool.submit(batch, step + 1)
            logs = np.atleast_1d(np.array(model.train_on_batch(*current), np.float64))
            if step % POINT_EVERY == 0:
                curve.append(np.zeros_like(logs))
            curve[-1] = curve[-1] + (logs - curve[-1]) / (step % POINT_EVERY + 1)
            step += 1
            bar.update()
            bar.set_postfix({model.curve_names[0]: f"{curve[-1][0]:.3f}"}, refresh=False)
            if time.perf_counter() - saved > SAVE_EVERY_S:
                save()
                saved = time.perf_counter()
        save()
    points = (
        [part.mean(axis=0) for part in np.array_split(curve, min(len(curve), MOST_POINTS))] if curve else []
    )
    return {
        "n_steps": step,
        "wall_s": round(wall_s + time.perf_counter() - began, 1),
        "curve": {name: [round(float(p[i]), 4) for p in points] for i, name in enumerate(model.curve_names)},
    }
