"""What a process has started ends with it, also what has left its group or does not listen."""

import os
import sys
import time

import psutil
import pytest

from book.processes import family, started

CHILD = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready'); time.sleep(600)"
PARENT = f"""import subprocess, sys, time
subprocess.run([sys.executable, "-uc", {CHILD!r}], start_new_session=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="groups of processes are POSIX's")
def test_all_that_was_started_ends(tmp_path):
    with started([sys.executable, "-c", PARENT], tmp_path / "log", patience=0.5) as process:
        while "ready" not in (tmp_path / "log").read_text("utf-8"):
            assert process.poll() is None
            time.sleep(0.05)
        everybody = family(process.pid)
        assert len(everybody) == 2
    assert process.poll() is not None
    assert not psutil.wait_procs(everybody, timeout=10)[1]
    assert family(process.pid) == []
