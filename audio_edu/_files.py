"""Writing so that a kill at any moment leaves the old or the new, whole, and nobody writes over another."""

import hashlib
import os
import shutil
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def check_writable(path: Path) -> Path:
    """Return the file that writing to `path` replaces: where a link leads to, or `path` itself.

    Raises
    ------
    OSError
        If a file cannot be written there: there is no folder, no permission, or something else is there (a
        folder, a device, a pipe, a link to itself).
    """
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {target.parent}; make it first.")
    places = [target.parent]
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(os.stat(path).st_mode):
            kind = "a folder" if target.is_dir() else "a device or a pipe"
            raise OSError(f"{path} is {kind} and cannot be written as a file; name another place.")
        places.append(target)
    if not all(os.access(place, os.W_OK) for place in places):
        raise PermissionError(
            f"{path} cannot be written: it, or its folder, is read-only; name another place."
        )
    return target


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a file to write beside `path`, which takes its place once it is whole, or is removed.

    A link stays, and what it leads to is replaced. The new file has the old one's permissions. What a process
    that died left of an earlier attempt is removed.

    Raises
    ------
    OSError
        As `check_writable`; or if the disk is full, and so on. Then the old file is still there, whole.
    """
    target = check_writable(path)
    name = os.fsencode(target.name)
    # a name may have 255 bytes
    start = f".{target.name if len(name) <= 220 else hashlib.sha256(name).hexdigest()}."
    for other in os.listdir(target.parent):
        pid = other.removeprefix(start).removesuffix(".partial")
        if other == f"{start}{pid}.partial" and _is_dead(pid):
            (target.parent / other).unlink(missing_ok=True)
    partial = target.with_name(f"{start}{os.getpid()}.partial")
    try:
        partial.unlink(missing_ok=True)
        yield partial
        if target.exists():
            shutil.copymode(target, partial)
        os.replace(partial, target)
    except OSError as error:
        if error.errno and not error.filename:  # "No space left on device": where?
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def _is_dead(pid: str) -> bool:
    import psutil

    return pid.isdecimal() and not psutil.pid_exists(int(pid))


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Keep a file or a folder for this process alone, as long as it works on it.

    Raises
    ------
    RuntimeError
        If another process works on it.
    OSError
        If nothing can be made beside it.
    """
    from filelock import FileLock, Timeout

    target = Path(os.path.realpath(path))
    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    try:  # FileLock takes every failure to open it for another process's work
        open(lock.lock_file, "a").close()
    except OSError as error:
        raise OSError(
            f"nothing can be written beside {path}: {error.strerror}; name another place."
        ) from error
    try:
        lock.acquire()
    except Timeout:
        raise RuntimeError(
            f"{path} is being made by another process; wait for it, or name another place."
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # Windows keeps a file that is open
            os.unlink(lock.lock_file)
        lock.release()


@contextmanager
def uninterrupted() -> Iterator[list[int]]:
    """Let the first Ctrl-C or SIGTERM wait until the end of the block; meanwhile it stands in the list.

    Signals reach the main thread alone; in others nothing is held back.
    """
    came: list[int] = []
    before = {}

    def note(number: int, frame: object) -> None:
        came.append(number)
        if len(came) > 1:
            raise KeyboardInterrupt(number)

    if threading.current_thread() is threading.main_thread():
        known = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        before = {number: old for number, old in known.items() if old not in (None, signal.SIG_IGN)}
    try:
        for number in before:
            signal.signal(number, note)
        yield came
    finally:
        for number, old in before.items():
            signal.signal(number, old)
    if came:
        signal.raise_signal(came[0])
        raise KeyboardInterrupt(came[0])
