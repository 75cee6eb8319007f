"""Reading the files of a folder, a zip or a tar archive, without unpacking it and without trusting it."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import soundfile as sf
from scipy.signal import resample_poly

LARGEST_MEMBER = 50_000_000  # bytes; one spoken word takes 100 kB


def members(path: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    """Yield the name and the content of each wanted file in a folder, a zip or a tar archive.

    Nothing is written to disk. A folder that holds no wanted file but one archive stands for that archive.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If it is neither folder nor archive, is damaged, or has a member whose path climbs out of it.
    """
    if not path.exists():
        raise FileNotFoundError(
            f"path is {str(path)!r}, and nothing is there; expected a folder or an archive."
        )
    if path.is_dir():
        yield from _folder(path, wanted)
    elif zipfile.is_zipfile(path):
        yield from _zip(path, wanted)
    elif tarfile.is_tarfile(path):
        yield from _tar(path, wanted)
    else:
        raise ValueError(f"path is {str(path)!r}, which is no folder and no whole zip or tar archive.")


def read_clip(name: PurePosixPath, content: bytes, sample_rate: int) -> np.ndarray:
    """Decode one recording: mono, float32, at `sample_rate`, scaled to a peak of 1 [shape=(n_samples,)]."""
    try:
        x, rate = sf.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except (sf.LibsndfileError, RuntimeError) as error:
        raise ValueError(f"{name} cannot be read as sound: {error}") from error
    x = x.mean(axis=1)
    if not x.size or not np.isfinite(x).all() or not np.abs(x).max() > 0:
        raise ValueError(f"{name} is empty, silent, or holds values that are not numbers; remove it.")
    if rate != sample_rate:
        x = resample_poly(x, sample_rate, rate)
    return (x / np.abs(x).max()).astype(np.float32)


def _folder(path: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    files = sorted(p for p in path.rglob("*") if p.is_file())
    chosen = [p for p in files if wanted(PurePosixPath(p.relative_to(path).as_posix()))]
    archives = [p for p in files if p.suffix == ".zip" or p.name.endswith((".tar", ".tar.gz", ".tgz"))]
    if not chosen and len(archives) == 1:
        yield from members(archives[0], wanted)
        return
    for p in chosen:
        yield PurePosixPath(p.relative_to(path).as_posix()), p.read_bytes()


def _zip(path: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with zipfile.ZipFile(path) as archive:
            names = {entry.filename: entry for entry in archive.infolist() if not entry.is_dir()}
            for name, entry in names.items():
                _check_member(path, name, entry.file_size)
            for name in sorted(names):
                if wanted(PurePosixPath(name)):
                    yield PurePosixPath(name), archive.read(names[name])
    except (zipfile.BadZipFile, EOFError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _tar(path: Path, wanted: Callable[[PurePosixPath], bool]) -> Iterator[tuple[PurePosixPath, bytes]]:
    try:
        with tarfile.open(path) as archive:
            for entry in archive:  # in the archive's order: going back would unpack it again from the start
                name = entry.name.removeprefix("./")
                _check_member(path, name, entry.size)
                if entry.isfile() and wanted(PurePosixPath(name)):
                    yield PurePosixPath(name), archive.extractfile(entry).read()
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _check_member(path: Path, name: str, size: int) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or name.startswith(("/", "\\")) or (parts and ":" in parts[0]):
        raise ValueError(
            f"{path} has a member that climbs out of the archive, {name!r}; it is not used at all."
        )
    if size > LARGEST_MEMBER:
        raise ValueError(f"{path} has a member of {size:,} bytes, {name!r}; no recording here is that long.")
