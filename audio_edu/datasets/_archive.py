"""Reading the recordings in a folder, a zip or a tar archive, without unpacking it and without trusting it.

Two rules hold everywhere. An archive that is not whole is an error, and nothing of it is used. A recording
that cannot be read whole (cut, damaged, silent, no sound at all) is left out, and so is every file that is
named otherwise than a recording; one warning says how many, which, and why.
"""

import bz2
import gzip
import lzma
import posixpath
import re
import tarfile
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from ..signal.files import read_file, read_sound

LARGEST_MEMBER = 50_000_000  # bytes; one spoken word takes 100 kB
LONGEST_S = 60.0
SUFFIXES = (".wav", ".flac", ".ogg", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64")
_ARCHIVES = re.compile(r"\.(zip|tgz|tbz2?|txz|tar(\.(gz|bz2|xz))?)$", re.IGNORECASE)
_UNPACKERS = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_NOT_WHOLE = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, NotImplementedError,
    UnicodeDecodeError,
)  # fmt: skip
_CONVERT = "%s files are not read here; convert them, for example: ffmpeg -i FILE out.wav"

Member = tuple[PurePosixPath, Callable[[], bytes]]


def recordings(
    path: Path, wanted: Callable[[PurePosixPath], bool], sample_rate: int, *, naming: str | None = None
) -> list[tuple[PurePosixPath, np.ndarray]]:
    """Read the recordings in a folder, a zip or a tar archive.

    Parameters
    ----------
    path : Path
        A folder or an archive. A folder with no sound and one archive stands for that archive.
    wanted : callable
        Says of a name whether it is that of a recording asked for.
    sample_rate : int
        Of the clips (Hz).
    naming : str, optional
        How recordings are named. With it, files that are named otherwise are counted.

    Returns
    -------
    list of (PurePosixPath, np.ndarray [shape=(n_samples,)])
        Names, with slashes and in Unicode's composed form, and clips: mono, float32, scaled to a peak of 1.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If it is neither a folder nor a whole and harmless archive, or holds no recording that can be read.
    """
    path = _archive_in(path)
    clips, passed_over, guessed = [], {}, {}
    try:
        for name, read in _members(path):
            if any(part.startswith(".") for part in name.parts[:-1]):
                if wanted(name):
                    _note(passed_over, name, "in a hidden folder")
            elif wanted(name):
                try:
                    x, _, guesses = read_sound(
                        read(), sample_rate=sample_rate, longest_s=LONGEST_S, silence=False
                    )
                except UnicodeDecodeError:  # the archive's fault
                    raise
                except ValueError as error:
                    _note(passed_over, name, str(error))
                    continue
                clips.append((name, (x / np.abs(x).max()).astype(np.float32)))
                for guess in guesses:
                    _note(guessed, name, guess)
            elif naming:
                all_but_suffix = wanted(name.with_suffix(".wav"))
                _note(passed_over, name, _CONVERT % name.suffix if all_but_suffix else f"not named {naming}")
    except (FileNotFoundError, PermissionError):
        raise
    except _NOT_WHOLE as error:
        raise ValueError(
            f"{path} is damaged, or no whole zip or tar archive, and nothing of it is used: {error}. Get it "
            "anew, or unpack it yourself and give the folder."
        ) from error
    n = sum(len(names) for _, names in passed_over.values())
    said = f"{n} of {n + len(clips)} files passed over. " if n else ""
    said += "; ".join(f"{_some(names)}: {text}" for text, names in [*passed_over.values(), *guessed.values()])
    if not clips:
        kind = f"recording named {naming}" if naming else "recording"
        raise ValueError(f"path is {str(path)!r}, which holds no {kind} that can be read. {said}".rstrip())
    if said:
        warnings.warn(f"{path}: {said}", stacklevel=3)
    return clips


def _note(notes: dict[str, tuple[str, list[str]]], name: PurePosixPath, text: str) -> None:
    """Add a name to a reason; reasons that differ only in a number are one."""
    notes.setdefault(re.sub(r"\d+", "", text), (text, []))[1].append(name.name)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{len(names)} files ({shown}, ...)" if len(names) > 3 else shown


def _archive_in(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(
            f"path is {str(path)!r}, and nothing is there; expected a folder or an archive."
        )
    if path.is_dir():
        files = [p for p in path.rglob("*") if p.is_file()]
        archives = [p for p in files if _ARCHIVES.search(p.name)]
        alone = len(archives) == 1 and not any(p.suffix.lower() in SUFFIXES for p in files)
        return archives[0] if alone else path
    if not path.is_file():
        raise ValueError(
            f"path is {str(path)!r}, a device, a pipe or a socket; expected a folder or an archive."
        )
    return path


def _members(path: Path) -> Iterator[Member]:
    """Yield the name of each file, and a function that reads it: to be called at once, or never."""
    for name, read in _folder(path) if path.is_dir() else _archive(path):
        if ".." in name.parts or name.is_absolute() or re.match("[A-Za-z]:/", str(name)):
            raise ValueError(
                f"{path} has a member that climbs out of the archive, {str(name)!r}; it is not used at all."
            )
        if name.name and name.parts[0] != "__MACOSX" and not name.name.startswith("."):  # what systems leave
            yield name, read


def _folder(path: Path) -> Iterator[Member]:
    for p in sorted(path.rglob("*")):
        if not p.is_dir():
            yield _name(str(p.relative_to(path))), lambda p=p: read_file(p)


def _archive(path: Path) -> Iterator[Member]:
    with open(path, "rb") as file:
        magic = file.read(2)
    yield from _zip(path) if magic == b"PK" or zipfile.is_zipfile(path) else _tar(path, magic)


def _name(text: str, encoding: str = "utf-8") -> PurePosixPath:
    """Return a file's name: from whatever bytes, separated by slashes, in Unicode's composed form."""
    raw = text.encode(encoding, "surrogateescape")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
        text = text if text.isprintable() else raw.decode("cp437")
    return PurePosixPath(posixpath.normpath(unicodedata.normalize("NFC", text).replace("\\", "/")))


def _most(path: Path) -> int:
    """Return to how many bytes an archive may unpack: what sound needs, and not what a bomb needs."""
    return max(100_000_000, 100 * path.stat().st_size)


def _zip(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        left = _most(path)

        def read(entry: zipfile.ZipInfo) -> bytes:
            nonlocal left
            if entry.flag_bits & 1:
                raise ValueError("is encrypted: unpack the archive with its password, and give the folder.")
            _check_size(entry.file_size)
            left -= entry.file_size
            if left < 0:
                raise zipfile.BadZipFile(f"it unpacks to more than {_most(path):,} bytes")
            return archive.read(entry)

        with open(path, "rb") as file:
            file.seek(-min(path.stat().st_size, 1 << 16), 2)
            end = file.read().rpartition(b"PK\5\6")[2]
        # zipfile takes what it finds; a damaged length hides the files after it
        if len(archive.infolist()) & 0xFFFF != int.from_bytes(end[6:8], "little") != 0xFFFF:
            raise zipfile.BadZipFile("its table of contents is damaged")
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            if not entry.is_dir():
                name = _name(entry.filename, "utf-8" if entry.flag_bits & 0x800 else "cp437")
                yield name, lambda entry=entry: read(entry)


def _tar(path: Path, magic: bytes) -> Iterator[Member]:
    with _UNPACKERS.get(magic, open)(path, "rb") as file:
        bounded = _Bounded(file, _most(path))
        # As a stream, in the archive's order: going back would unpack it again from the start.
        with tarfile.open(fileobj=bounded, mode="r|", tarinfo=_Entry, encoding="utf-8") as archive:

            def read(entry: tarfile.TarInfo) -> bytes:
                if not entry.isfile():
                    raise ValueError("is a link or a device, and not followed.")
                _check_size(entry.size)
                return archive.extractfile(entry).read()

            for entry in archive:
                if not entry.isdir():
                    yield _name(entry.name), lambda entry=entry: read(entry)
            while rest := archive.fileobj.read(1 << 16):  # to the end, where the checksum is
                if any(rest):
                    raise tarfile.ReadError("it goes on after its end")
        if bounded.n_bytes % tarfile.BLOCKSIZE:
            raise tarfile.ReadError("it ends in the middle of a block")


def _check_size(n_bytes: int) -> None:
    if n_bytes > LARGEST_MEMBER:
        raise ValueError(f"has {n_bytes:,} bytes; no recording here may have more than {LARGEST_MEMBER:,}.")


class _Entry(tarfile.TarInfo):
    """The header of a file in a tar. A damaged one is an error; `tarfile` takes it for the archive's end."""

    @classmethod
    def frombuf(cls, buf: bytes, encoding: str, errors: str) -> tarfile.TarInfo:
        try:
            entry = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf == bytes(tarfile.BLOCKSIZE):  # the end
                raise
            raise tarfile.ReadError(f"it is cut short, or its headers are damaged: {error}") from error
        if entry.type in (b"x", b"g", b"X", b"L", b"K") and entry.size > 1_000_000:  # read into memory, whole
            raise tarfile.ReadError(f"it has a header of {entry.size:,} bytes")
        return entry


class _Bounded:
    """A file that ends with an error where more comes out of it than it may, or less than is asked for."""

    def __init__(self, file: IO[bytes], most: int):
        self.file, self.most, self.n_bytes, self.n_ends = file, most, 0, 0

    def read(self, size: int) -> bytes:
        part = self.file.read(size)
        self.n_bytes += len(part)
        self.n_ends += not part
        if self.n_ends > 3:  # `tarfile` would skip on and on
            raise EOFError("it ends before its last file does")
        if self.n_bytes > self.most:
            raise tarfile.ReadError(f"it unpacks to more than {self.most:,} bytes")
        return part
