"""Fetching recordings once: resumed after a cut, checked, safe when two processes ask at the same time."""

import os
import shutil
import time
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
    ValueError
        If the file's checksum is not the expected one. A wrong download is deleted.
    """
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    path, note = folder / file_name, folder / f"{file_name}.sha256"
    with FileLock(folder / f"{file_name}.lock"):
        expected = sha256
        if expected is None and path.is_file() and note.is_file():
            expected = note.read_text(encoding="ascii").strip()
        if path.is_file():
            if expected and sha256_of(path) != expected:
                raise ValueError(
                    f"{path} has changed: its SHA-256 is not {expected}. "
                    "Delete it, and it will be downloaded anew."
                )
        else:
            pooch.retrieve(
                url, f"sha256:{sha256}" if sha256 else None, file_name, folder, downloader=_resuming
            )
            note.unlink(missing_ok=True)  # a download is a new first one
        if sha256 is None and not note.is_file():
            note.write_text(f"{sha256_of(path)}\n", encoding="ascii")
    return path


def _resuming(url: str, output_file: str, _: object) -> None:
    """Download as pooch asks for it, but through a ``.part`` file that outlives a broken connection."""
    # pooch hands over a temporary name in the cache; the part file needs a lasting one
    part = Path(output_file).parent / (pooch.utils.unique_file_name(url) + ".part")
    for attempt in range(N_ATTEMPTS):
        try:
            _continue(url, part)
            break
        except requests.RequestException as error:
            status = getattr(error.response, "status_code", None)
            if attempt + 1 == N_ATTEMPTS or (status is not None and status < 500):
                raise ConnectionError(
                    f"Could not download {url} ({_reason(error, status)}). What came so far is kept, and the "
                    "next call goes on from there. Without a network, get the file elsewhere and pass "
                    "path=..., or use load_digits(), which needs no download."
                ) from error
            time.sleep(2**attempt / 4)
    shutil.move(part, output_file)


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
