"""Arrays on disk: a kill at any moment leaves the old file or the new one; nothing is unpickled."""

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .._files import replacing

#: Most that a file may hold once it is unpacked: 1 GiB.
MOST_BYTES = 1 << 30


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = True) -> None:
    """Write an ``.npz`` file; its folder is made if there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as partial:
        save_arrays(partial, arrays, compress=compress)


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], *, compress: bool = True) -> None:
    """Write an ``.npz`` file, and wait until it is on the disk."""
    with open(path, "wb") as file:
        (np.savez_compressed if compress else np.savez)(file, **arrays)
        file.flush()
        os.fsync(file.fileno())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read an ``.npz`` file of plain arrays; one that would need unpickling is refused.

    Raises
    ------
    OSError
        If the file is not there, or the disk fails.
    ValueError
        If the file is damaged, is something else, or holds more than `MOST_BYTES`.
    """
    try:
        with zipfile.ZipFile(path) as archive:  # never reads more of a member than the archive says
            n_bytes = sum(member.file_size for member in archive.infolist())
            if n_bytes > MOST_BYTES:
                raise ValueError(f"it holds {n_bytes:,} bytes; expected at most {MOST_BYTES:,}")
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if other := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
            raise ValueError(f"{other[0]!r} in it is no array")
        return arrays
    except (FileNotFoundError, PermissionError):
        raise
    except Exception as error:  # a damaged file may make zipfile, zlib or NumPy stumble anywhere
        raise ValueError(
            f"{path} cannot be read as arrays ({error}). Restore it from the repository, or train it again."
        ) from error
