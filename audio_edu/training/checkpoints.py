"""Checkpoints, which ship: the weights by name, and a card that says what they are.

``NAME.npz`` holds plain arrays under the names of the variables, ``network/layer/kernel``. ``NAME.json``, the
card, holds the recipe, the facts of the corpus, the command, the seed, the time it took, the curve and the
scores. With both, and no data, a model can be built. The card's ``digest`` is of both files, so that one of
them beside another's is noticed.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .._files import replacing
from .._validate import check_range
from ..datasets import data_dir
from .backends import as_array
from .files import read_arrays, save_arrays
from .recipe import from_json, to_json

if TYPE_CHECKING:
    from .family import Family, Trained

#: Most characters of a card. Those that ship have 7,000 or less.
MOST_CHARACTERS = 1 << 20


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
    ValueError
        If `path` is called otherwise, or a weight is NaN or infinite, as after a training that diverged.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"path is {str(path)!r}; expected a name that ends in .npz.")
    card = {
        **card,
        "family": family.package,
        "recipe": to_json(model.recipe),
        "facts": model.facts,
        "n_parameters": model.n_parameters,
    }
    card = json.loads(json.dumps(card))  # before anything is written: it may not be JSON
    arrays = {name: _to_disk(w, family.stored_as) for name, w in model.weights.items()} | model.arrays
    _check_finite(arrays, "the training diverged. The old files are kept")
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as weights, replacing(path.with_suffix(".json")) as text:
        save_arrays(weights, arrays)
        card["digest"] = digest(weights, card)
        text.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def digest(weights: Path, card: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a file of weights followed by its card, as JSON with sorted keys."""
    rest = {key: value for key, value in card.items() if key != "digest"}
    with open(weights, "rb") as file:
        total = hashlib.file_digest(file, "sha256")
    total.update(json.dumps(rest, sort_keys=True).encode())
    return total.hexdigest()


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
    with _names_the_card(path):
        recipe = from_json(card["recipe"], type(next(iter(family.recipes.values()))))
    arrays = read_arrays(path)
    if card.get("digest") != digest(path, card):
        raise ValueError(
            f"{path} and its card do not belong together: one was changed, or a training was stopped while "
            "it wrote them. Restore both, or train it again (with --resume, if it was stopped)."
        )
    with _names_the_card(path):
        check_range(card["facts"]["sample_rate"], "sample_rate", 1, 10**9, integer=True)
        model = family.build(recipe, card["facts"])
    weights = model.weights
    shapes = {name: tuple(w.shape) for name, w in {**weights, **model.arrays}.items()}
    if shapes != {name: array.shape for name, array in arrays.items()}:
        raise ValueError(f"{path} does not hold the weights of the network in its card; train it again.")
    _check_finite(arrays, f"{path} cannot be used; train it again")
    for name, array in arrays.items():
        if name in weights:
            weights[name].assign(array)
        else:
            model.arrays[name] = array.astype(model.arrays[name].dtype)
    model.card = card
    return model


@contextmanager
def _names_the_card(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong with what stands in a card into a ValueError that names it."""
    try:
        yield
    except Exception as error:
        reason = f"there is no {error}." if isinstance(error, KeyError) else error
        raise ValueError(f"The card of {path} does not describe a model: {reason} Train it again.") from error


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
        with open(card_path, encoding="utf-8-sig") as file:
            text = file.read(MOST_CHARACTERS + 1)
        if len(text) > MOST_CHARACTERS:
            raise ValueError(f"it has more than {MOST_CHARACTERS:,} characters")
        card = json.loads(text)
        if not isinstance(card, dict):
            raise ValueError("it is not a JSON object")
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{card_path} is not the card of a checkpoint: {error}. Train it again.") from error
    return card


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on, by name."""
    from importlib.metadata import version

    import keras

    backend = keras.backend.backend()
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python, **{name: version(name) for name in ("keras", "numpy", backend)}}


def _check_finite(arrays: Mapping[str, np.ndarray], otherwise: str) -> None:
    """Raise ValueError if an array holds anything but finite numbers."""
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
            raise ValueError(f"{name!r} holds what is no finite number (NaN, infinity): {otherwise}.")


def _to_disk(variable: Any, dtype: str) -> np.ndarray:
    array = as_array(variable)
    return array.astype(dtype) if array.dtype == np.float32 else array
