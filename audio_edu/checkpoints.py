"""What training leaves on disk: checkpoints that ship, and states from which a killed training goes on.

A *checkpoint* is two files: ``NAME.npz`` with the weights as plain arrays, and ``NAME.json``, its card: the
recipe, the command, the seed, the time it took, the losses, how well it does. A *state* holds all that a
training needs to end with the very weights it would have had without the interruption.

Both are written beside the old file and then put in its place in one step, so that a kill at any moment
leaves one or the other. Arrays are read with ``allow_pickle=False``: loading runs no code.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .datasets import Corpus
from .datasets._shipped import data_dir

__all__ = [
    "checkpoint_dir",
    "checkpoint_names",
    "checkpoint_path",
    "fingerprint",
    "load_checkpoint",
    "read_arrays",
    "restore_state",
    "save_checkpoint",
    "save_state",
    "set_weights",
    "versions",
    "write_arrays",
]


def checkpoint_dir() -> Path:
    """Return the folder of the shipped checkpoints, ``data/checkpoints``."""
    return data_dir() / "checkpoints"


def checkpoint_path(name: str | Path) -> Path:
    """Return the weights' file of a shipped checkpoint's name, or of a path (which ends in ``.npz``)."""
    path = Path(name)
    return path if path.suffix == ".npz" else checkpoint_dir() / f"{name}.npz"


def checkpoint_names(folder: str | Path | None = None) -> list[str]:
    """Return the names of the checkpoints in a folder (default: the shipped ones)."""
    folder = Path(folder or checkpoint_dir())
    found = (path for path in folder.glob("*.npz") if not path.name.startswith("."))
    return sorted(path.stem for path in found if path.with_suffix(".json").is_file())


def save_checkpoint(path: str | Path, weights: Sequence[Any], card: Mapping[str, Any]) -> None:
    """Write a checkpoint: ``path`` (``.npz``) and its card (``.json``) beside it.

    Parameters
    ----------
    path : str or Path
        The weights' file. Its folder is made if there is none.
    weights : sequence of array-like
        In the order in which they will be read: NumPy arrays or Keras variables.
    card : mapping
        What is told about them, as JSON can hold it.

    Raises
    ------
    OSError
        If the files cannot be written; then the old ones are still there, whole.
    """
    path = Path(path)
    text = json.dumps(dict(card), indent=1) + "\n"  # before anything is written: a card may not be JSON
    write_arrays(path, {f"{i:03d}": _array(w) for i, w in enumerate(weights)})
    with _replacing(path.with_suffix(".json")) as partial:
        partial.write_text(text, encoding="utf-8")


def load_checkpoint(
    name: str | Path, *, kinds: Sequence[str] = ()
) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Read a checkpoint.

    Parameters
    ----------
    name : str or Path
        The name of a shipped one, or the path of an ``.npz``.
    kinds : sequence of str
        What the card's ``name`` may be. Default: anything.

    Returns
    -------
    weights : list of np.ndarray
        As they were given to `save_checkpoint`.
    card : dict
        What was told about them.

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message lists what is there and how to make one.
    ValueError
        If a file cannot be read, or holds something of another kind.
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
    if kinds and card.get("name") not in kinds:
        raise ValueError(
            f"{path} holds a {card.get('name', 'model without a name')!r}; expected {' or '.join(kinds)}."
        )
    arrays = read_arrays(path)
    return [arrays[key] for key in sorted(arrays)], card


def set_weights(model: Any, weights: Sequence[np.ndarray], source: str | Path) -> None:
    """Give a Keras model the weights of a checkpoint.

    Parameters
    ----------
    model : keras.Model
        The network that the card speaks of.
    weights : sequence of np.ndarray
        As `load_checkpoint` returned them.
    source : str or Path
        Named in the error.

    Raises
    ------
    ValueError
        If their number or shapes are not those of the model.
    """
    if [tuple(w.shape) for w in weights] != [tuple(w.shape) for w in model.get_weights()]:
        raise ValueError(f"{source} does not hold the weights of the network in its card; train it again.")
    model.set_weights(list(weights))


def save_state(
    path: str | Path, identity: str, variables: Mapping[str, Sequence[Any]], numbers: Mapping[str, Any]
) -> None:
    """Write the state of a training.

    Parameters
    ----------
    path : str or Path
        The file (``.npz``).
    identity : str
        What is trained on what: `fingerprint`.
    variables : mapping of str to sequence of Keras variables
        By group: those of the networks, of the optimizers, of running averages.
    numbers : mapping of str to array-like
        The rest: the step, the losses so far, the seconds so far.
    """
    arrays = {f"{group}{i}": _array(v) for group, members in variables.items() for i, v in enumerate(members)}
    arrays |= {name: np.asarray(value) for name, value in numbers.items()}
    write_arrays(Path(path), {**arrays, "identity": np.array(identity)}, compress=False)


def restore_state(
    path: str | Path, identity: str, variables: Mapping[str, Sequence[Any]]
) -> dict[str, np.ndarray]:
    """Read what `save_state` wrote into the variables, and return the numbers.

    Raises
    ------
    ValueError
        If the state is of another training.
    """
    arrays = read_arrays(Path(path))
    names = {f"{group}{i}" for group, members in variables.items() for i in range(len(members))}
    if str(arrays.get("identity")) != identity or not names <= set(arrays):
        raise ValueError(
            f"{path} is the state of another training (other recipe, other seed or other data). "
            "Delete it, or train without --resume."
        )
    for group, members in variables.items():
        for i, variable in enumerate(members):
            variable.assign(arrays[f"{group}{i}"])
    return {name: value for name, value in arrays.items() if name not in names | {"identity"}}


def fingerprint(recipe: Any, corpus: Corpus) -> str:
    """Return a fingerprint of what is trained on what: a recipe (a dataclass) and every sample and label."""
    digest = hashlib.sha256(json.dumps(asdict(recipe), sort_keys=True).encode())
    digest.update(np.ascontiguousarray(corpus.labels, np.int64).tobytes())
    for clip in corpus.audio:
        digest.update(np.ascontiguousarray(clip).tobytes())
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions that a result may depend on, by name."""
    import keras

    found = {
        "python": ".".join(map(str, sys.version_info[:3])),
        "keras": keras.__version__,
        "numpy": np.__version__,
    }
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        found["tensorflow"] = tf.__version__
    return found


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = True) -> None:
    """Write an ``.npz`` file so that at any moment there is the old one or the new one, whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _replacing(path) as partial, open(partial, "wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read an ``.npz`` file of plain arrays; one that would need unpickling is refused.

    Raises
    ------
    ValueError
        If the file is damaged, or is something else.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, AttributeError, ValueError) as error:
        raise ValueError(
            f"{path} cannot be read as arrays ({error}). Restore it from the repository, or train it again."
        ) from error


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, which takes its place once it is whole, or is removed."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _array(value: Any) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    import keras

    return keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(value))
