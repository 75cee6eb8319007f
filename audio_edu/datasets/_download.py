"""Fetching recordings once: resumed after a cut, checked, safe when two processes ask at the same time."""

import os
import tarfile
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pooch
import requests
from filelock import FileLock
from tqdm import tqdm

from ._shipped import sha256_of

N_ATTEMPTS = 3
TIMEOUT_S = 30


def cache_dir() -> Path:
    """Return the folder for downloads: ``$AUDIO_EDU_CACHE``, else pooch's cache folder for this user."""
    return Path(os.environ.get("AUDIO_EDU_CACHE") or pooch.os_cache("audio-edu"))


def fetch(url: str, file_name: str, *, sha256: str | None = None) -> Path:
    """Return the path of a downloaded file, downloading it if it is not in the cache yet.

    What has come when a connection breaks is kept beside the file as ``.part``; the next attempt, in this
    call or a later one, goes on from there. A second process that asks for the same file waits for the first.

    Parameters
    ----------
    url : str
        Where the file is.
    file_name : str
        What it is called in `cache_dir`.
    sha256 : str, optional
        The file's published checksum. Without one, the checksum of the first download is written beside the
        file and every later call compares with that: it shows a file that changed, not one that was wrong
        from the start.

    Raises
    ------
    ConnectionError
        If the network, or the server, does not give the file; the message says what to do.
    OSError
        If the cache has to be written to and cannot be.
    ValueError
        If the file is not the expected one, or is no archive though its name says so. A download that is
        wrong is deleted; of a file that was there before, the message says so.
    """
    folder = cache_dir()
    path, note = folder / file_name, folder / f"{file_name}.sha256"
    if not path.is_file():
        _download(url, path, note, sha256)
    # from here on, a cache that cannot be written to is as good
    expected = sha256 or (note.read_text(encoding="ascii").strip() if note.is_file() else None)
    if wrong := _what_is_wrong(path, file_name, expected):
        raise ValueError(f"{path} has changed: {wrong}. Delete it, and it will be downloaded anew.")
    if not expected:
        with suppress(OSError):
            note.write_text(f"{sha256_of(path)}\n", encoding="ascii")
    return path


def _download(url: str, path: Path, note: Path, sha256: str | None) -> None:
    """Download a file, whole and right, or leave nothing but a ``.part`` to go on from."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{path}.lock").acquire()
    except OSError as error:
        raise OSError(
            f"{path.parent} cannot be written ({error.strerror}); set AUDIO_EDU_CACHE to a folder that can "
            "be, or pass path=..."
        ) from error
    with lock:
        if path.is_file():  # another process was faster
            return
        part = path.parent / (pooch.utils.unique_file_name(url) + ".part")
        _fill(url, part)
        if wrong := _what_is_wrong(part, path.name, sha256):
            part.unlink()
            raise ValueError(
                f"What came from {url} is not {path.name}: {wrong}. It was deleted. If this network asks for "
                "a login, log in and try again; or get the file elsewhere and pass path=..."
            )
        note.unlink(missing_ok=True)  # a download is a new first one
        os.replace(part, path)


def _what_is_wrong(path: Path, file_name: str, sha256: str | None) -> str:
    """Say why a file cannot be the one that is called so, or has this checksum; empty if it can."""
    if sha256 and sha256_of(path) != sha256:
        return f"its hash (SHA-256) is not {sha256}"
    kinds = {".zip": zipfile.is_zipfile, ".gz": tarfile.is_tarfile}
    suffix = Path(file_name).suffix
    if suffix in kinds and not kinds[suffix](path):
        with open(path, "rb") as file:
            return f"it is no {suffix} archive, but begins with {file.read(40)!r}"
    return ""


def _fill(url: str, part: Path) -> None:
    """Download into a ``.part`` file that outlives a broken connection."""
    for attempt in range(N_ATTEMPTS):
        try:
            _continue(url, part)
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", None)
            if attempt + 1 == N_ATTEMPTS or (status is not None and status < 500):
                raise ConnectionError(
                    f"Could not download {url} ({_reason(error, status)}). What came so far is kept, and the "
                    "next call goes on from there. Without a network, get the file elsewhere and pass "
                    "path=..., or use load_digits(), which needs no download."
                ) from error
            time.sleep(2**attempt / 4)
        else:
            return


def _continue(url: str, part: Path) -> None:
    """Append to `part` what is missing of the file at `url`."""
    have = part.stat().st_size if part.is_file() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if response.status_code == 416:  # nothing after what we have: all is there, or the file has changed
            size = response.headers.get("Content-Range", "").rpartition("/")[2]
            if size == str(have):
                return
            part.unlink()
            raise requests.ConnectionError(f"{url} has changed since the download began")
        response.raise_for_status()
        resumed = response.status_code == 206
        have = have if resumed else 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with (
            open(part, "ab" if resumed else "wb") as file,
            tqdm(total=total, initial=have, unit="B", unit_scale=True, desc=url.rpartition("/")[2]) as bar,
        ):
            for chunk in response.iter_content(1 << 14):
                file.write(chunk)
                bar.update(len(chunk))
    if total is not None and part.stat().st_size != total:
        raise requests.ConnectionError(f"{part.stat().st_size} of {total} bytes came")


def _reason(error: requests.RequestException, status: int | None) -> str:
    if status is not None:
        return f"the server answered {status}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S} s"
    return "no connection, or it broke off"
