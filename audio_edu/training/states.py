"""States: all that a training needs to go on after a kill, and to end with the weights it would have had."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets import Corpus
from .backends import as_array
from .family import Trained
from .files import read_arrays, write_arrays
from .recipe import Recipe, to_json


def identity(recipe: Recipe, corpus: Corpus) -> str:
    """Return a hash of what is trained on what: every field of the recipe but its length, every sample."""
    values = {**to_json(recipe), "n_steps": None, "kind": type(recipe).__name__}
    text = json.dumps(values, sort_keys=True) + corpus.fingerprint()
    return hashlib.sha256(text.encode()).hexdigest()


def save_state(path: Path, identity: str, model: Trained, numbers: dict[str, Any]) -> None:
    """Write the state of a training.

    Parameters
    ----------
    path : Path
        The file (``.npz``).
    identity : str
        What is trained on what: `identity`.
    model : Trained
        With all its variables.
    numbers : dict
        The rest: the step, the curve, the seconds so far.
    """
    arrays = {f"{i:04d}": as_array(v) for i, v in enumerate(model.state)}
    numbers = {name: np.asarray(value) for name, value in numbers.items()}
    numbers |= {"identity": np.array(identity), "n_steps": np.array(model.recipe.n_steps)}
    write_arrays(Path(path), {**arrays, **numbers}, compress=False)


def restore_state(path: Path, identity: str, model: Trained) -> dict[str, np.ndarray]:
    """Read what `save_state` wrote into the model's variables, and return the numbers.

    Raises
    ------
    ValueError
        If the state is of another training, or of one whose next steps depend on how long it was to be.
    """
    arrays, variables = read_arrays(Path(path)), model.state
    names = [f"{i:04d}" for i in range(len(variables))]
    known = {*names, "identity", "n_steps", "step", "wall_s", "curve"}
    if str(arrays.get("identity")) != identity or set(arrays) != known:
        raise ValueError(
            f"{path} is the state of another training (other recipe, other seed or other data). "
            "Delete it, or train without --resume."
        )
    step, then, now = int(arrays["step"]), int(arrays["n_steps"]), model.recipe
    if then != now.n_steps and step > (
        alike := min(now.n_steps_alike, now.n_steps_alike + then - now.n_steps)
    ):
        raise ValueError(
            f"{path} has taken {step} of {then} steps. A training of {now.n_steps} steps would have gone "
            f"another way after step {max(alike, 0)}, because the learning rate depends on the length. "
            f"Resume with --steps {then}, or train without --resume."
        )
    for name, variable in zip(names, variables, strict=True):
        variable.assign(arrays[name])
    return {name: value for name, value in arrays.items() if name not in names}
