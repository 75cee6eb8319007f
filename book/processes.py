"""A process that starts others: it is ended with all of them."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil


def free_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started, and these in turn."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


@contextmanager
def started(command: list[str], log: Path, *, patience: float = 10, **options) -> Iterator[psutil.Popen]:
    """Start a command that writes to `log`; ask it to end, and after some seconds end what is left."""
    with open(log, "wb") as output:
        process = psutil.Popen(command, stdout=output, stderr=output, start_new_session=True, **options)
        try:
            yield process
        finally:
            everybody = family(process.pid)
            with suppress(ProcessLookupError):  # it ended by itself: what went wrong in it is told, not this
                os.killpg(process.pid, signal.SIGTERM)
            for left in psutil.wait_procs([process, *everybody[1:]], timeout=patience)[1]:
                with suppress(psutil.NoSuchProcess):
                    left.kill()
            process.wait()
