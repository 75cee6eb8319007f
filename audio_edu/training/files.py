"""Arrays on disk: a kill at any moment leaves the old file or the new one; nothing is unpickled."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .._files import replacing


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = True) -> None:
    """Write an ``.npz`` file; its folder is made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial, open(partial, "wb") as file:
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
