"""Start processes on this machine, watch them, and say in one sentence what became of one that died."""

import importlib.util
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from ..._validate import check_range

#: Seconds that rank 0 has to finish its step and write the state once it was asked to stop.
PATIENCE_S = 120.0
MOST_PROCESSES = 4096


def check_rank(n_processes: int, coordinator: str | None = None, rank: int | None = None) -> None:
    """Check what ``train --processes`` was told.

    Raises
    ------
    ValueError
        If a number is out of range, one of the two is missing, or the address is none.

    Examples
    --------
    >>> check_rank(2, "127.0.0.1:9000", 2)
    Traceback (most recent call last):
    ...
    ValueError: --rank is 2; expected a whole number from 0 to 1.
    """
    check_range(n_processes, "--processes", 1, MOST_PROCESSES, integer=True)
    if (coordinator is None) != (rank is None):
        raise ValueError("--coordinator HOST:PORT and --rank R go together, one for each of the machines.")
    if coordinator is None:
        return
    check_range(rank, "--rank", 0, n_processes - 1, integer=True)
    host, _, port = coordinator.rpartition(":")
    if not re.fullmatch(r"[\w.\-\[\]:]+", host) or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"--coordinator {coordinator!r} is not HOST:PORT, for example 192.168.0.10:9000.")


def check_engine() -> None:
    """Check that Keras runs on JAX here.

    Raises
    ------
    RuntimeError
        If it does not; says what to install and to set.
    """
    missing = importlib.util.find_spec("jax") is None
    if missing or os.environ.get("KERAS_BACKEND") != "jax":
        raise RuntimeError(
            "--processes needs Keras on JAX, whose compiler adds what the processes tell each other: "
            + ("install jax and jaxlib as in requirements-backends.txt, and " if missing else "")
            + "set KERAS_BACKEND=jax."
        )


def run_local(command: Sequence[str], n_processes: int, state: Path, resume: Sequence[str] = ()) -> int:
    """Run a command once for each rank on this machine, and stop all of them if one dies.

    Parameters
    ----------
    command : sequence of str
        Gets ``--coordinator HOST:PORT --rank R`` appended.
    n_processes : int
        How many.
    state : Path
        Where rank 0 writes its state.
    resume : sequence of str
        The command that goes on from there.

    Returns
    -------
    int
        0 if all ended well, else 1.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C or SIGTERM, once rank 0 has written its state.
    RuntimeError
        If a process was ended by a signal. It names the rank, the signal and the last step that was saved.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with tempfile.TemporaryFile("w+") as log:
        running: list[subprocess.Popen] = []
        try:
            for rank in range(n_processes):
                # in sessions of their own: Ctrl-C reaches this process alone, which asks rank 0 to stop
                running.append(
                    subprocess.Popen(
                        [*command, "--coordinator", address, "--rank", str(rank)],
                        env={**os.environ, "AUDIO_EDU_LAUNCHER": str(os.getpid())},
                        stdout=None if rank == 0 else log, stderr=None if rank == 0 else log,
                        start_new_session=True,
                    )
                )  # fmt: skip
            return _watch(running, state, resume)
        except KeyboardInterrupt:
            running[0].send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                running[0].wait(PATIENCE_S)
            raise
        finally:
            for process in running:
                process.kill()
                process.wait()


def _watch(running: list[subprocess.Popen], state: Path, resume: Sequence[str]) -> int:
    while None in (codes := [process.poll() for process in running]):
        if any(codes):
            time.sleep(0.5)  # who lost a partner dies, too; the first cause is a signal
            break
        time.sleep(0.05)
    failed = {rank: code for rank, process in enumerate(running) if (code := process.poll())}
    if not failed:
        return 0
    # JAX aborts a process whose partner is gone, so an abort is a consequence before it is a cause
    rank, code = min(failed.items(), key=lambda item: (item[1] >= 0, item[1] == -signal.SIGABRT))
    if code > 0 and running[0].poll() is None:
        with suppress(subprocess.TimeoutExpired):
            running[0].wait(10)  # its own message says more
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    raise RuntimeError(
        f"rank {rank} of {len(running)} {how}; the other processes were stopped. {_saved(state, resume)}"
    )


def _saved(state: Path, resume: Sequence[str]) -> str:
    with suppress(OSError, KeyError, ValueError), np.load(state) as file:
        return f"Saved up to step {int(file['step'])}; go on with: {shlex.join(resume)}"
    return "Nothing had been saved yet; start it anew."


def follow_launcher() -> None:
    """End this process if the one that started it is gone (killed, so that it could not end this one)."""
    import threading

    launcher = os.environ.get("AUDIO_EDU_LAUNCHER")

    def follow() -> None:
        while os.getppid() == int(launcher or 0):
            time.sleep(1.0)
        os._exit(1)

    if launcher and sys.platform != "win32":
        threading.Thread(target=follow, daemon=True).start()
