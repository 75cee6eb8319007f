"""Checkpoints, which ship: the weights by name, and a card that says what they are.

``NAME.npz`` holds plain arrays under the names of the variables, ``network/layer/kernel``. ``NAME.json``, the
card, holds the recipe, the facts of the corpus, the command, the seed, the time it took, the curve and the
scores. With both, and no data, a model can be built.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._files import replacing
from ..datasets import data_dir
from .backends import as_array
from .files import read_arrays, write_arrays
from .recipe import from_json, to_json

if TYPE_CHECKING:
    from .family import Family, Trained


def checkpoint_dir() -> Path:
    """Return the folder of the shipped checkpoints, ``data/checkpoints``."""
    return data_dir() / "checkpoints"


def checkpoint_path(name: str | Path) -> Path:
    """Return the weights' file of a shipped checkpoint's name, or of a path (which ends in ``.npz``)."""
    path = Path(name)
    return path if path.suffix == ".npz" else checkpoint_dir() / f"{name}.npz"


def checkpoint_names() -> list[str]:
    """Return the names of the shipped checkpoints."""
    found = (path for path in checkpoint_dir().glob("[!.]*.npz"))
    return sorted(path.stem for path in found if path.with_suffix(".json").is_file())


def save_checkpoint(path: str | Path, family: Family, model: Trained, card: Mapping[str, Any]) -> None:
    """Write a checkpoint: ``path`` (``.npz``) and its card (``.json``) beside it.

    Parameters
    ----------
    path : str or Path
        The weights' file. Its folder is made if there is none.
    family : Family
        What the model is one of.
    model : Trained
        What to write.
    card : mapping
        What else is told about it, as JSON can hold it; ``name``, the checkpoint's, has to be there.

    Raises
    ------
    OSError
        If the files cannot be written; then the old ones are still there, whole.
    """
    path = Path(path)
    card = {
        **card,
        "family": family.package,
        "recipe": to_json(model.recipe),
        "facts": model.facts,
        "n_parameters": model.n_parameters,
    }
    text = (
        json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    )  # before anything is written: it may not be JSON
    arrays = {name: _to_disk(w, family.stored_as) for name, w in model.weights.items()}
    write_arrays(path, arrays | model.arrays)
    with replacing(path.with_suffix(".json")) as partial:
        partial.write_text(text, encoding="utf-8")


def load_checkpoint(family: Family, name: str | Path) -> Any:
    """Build the model of a checkpoint.

    Parameters
    ----------
    family : Family
        What it has to be one of.
    name : str or Path
        The name of a shipped one, or the path of an ``.npz`` with its card beside it.

    Returns
    -------
    Trained
        What ``family.build`` returns, with the weights and the card.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message lists what is there and how to make one.
    ValueError
        If a file cannot be read, is of another family, or does not hold the weights that its card speaks of.
    """
    card, path = load_card(name), checkpoint_path(name)
    if card.get("family") != family.package:
        raise ValueError(f"{path} is of {card.get('family', 'no family')}; expected {family.package}.")
    try:
        recipe = from_json(card["recipe"], type(next(iter(family.recipes.values()))))
        model = family.build(recipe, card["facts"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"The card of {path} does not describe a model: {error} Train it again.") from error
    arrays, weights = read_arrays(path), model.weights
    shapes = {name: tuple(w.shape) for name, w in {**weights, **model.arrays}.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise ValueError(f"{path} does not hold the weights of the network in its card; train it again.")
    for name, array in arrays.items():
        if name in weights:
            weights[name].assign(array)
        else:
            model.arrays[name] = array.astype(model.arrays[name].dtype)
    model.card = card
    return model


def load_card(name: str | Path) -> dict[str, Any]:
    """Read the card of a checkpoint.

    Raises
    ------
    FileNotFoundError
        If it, or the weights' file, is missing; the message lists what is there and how to make one.
    ValueError
        If it is not a card.
    """
    path = checkpoint_path(name)
    card_path = path.with_suffix(".json")
    missing = next((file for file in (path, card_path) if not file.is_file()), None)
    if missing:
        raise FileNotFoundError(
            f"No checkpoint {str(name)!r}: {missing} is missing. There are: "
            f"{', '.join(checkpoint_names()) or 'none'}. `audio-edu train NAME` makes one."
        )
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
        if not isinstance(card, dict):
            raise ValueError("it is not a JSON object")
    except ValueError as error:
        raise ValueError(f"{card_path} is not the card of a checkpoint: {error}. Train it again.") from error
    return card


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on, by name."""
    from importlib.metadata import version

    import keras

    backend = keras.backend.backend()
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, **{name: version(name) for name in ("keras", "numpy", backend)}}


def _to_disk(variable: Any, dtype: str) -> np.ndarray:
    array = as_array(variable)
    return array.astype(dtype) if array.dtype == np.float32 else array
