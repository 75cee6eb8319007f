"""Many students at once: how long they wait, what they take, and what fails.

    make hub-load STUDENTS=12

Starts the hub of `jupyterhub_config.py` in an empty folder, lets N students come at the same moment, and
gives each a server, a kernel for each of chapters 2 and 5, and the first cells of both. Memory is PSS, which
counts a page that k processes share as 1/k of a page, summed over all processes of a student.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import websocket

from book.processes import family, free_port, started

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = ("02_convolution_sum", "05_convolutional_network")
N_CELLS = 4  # of code, of each chapter
PATIENCE = 900  # seconds for one student's whole work


def first_cells(chapter: str) -> list[str]:
    """The first cells of code of a student's notebook."""
    cells = nbformat.read(ROOT / "_build" / "student" / f"{chapter}.ipynb", as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"][:N_CELLS]


class Hub:
    """The API of a hub that runs in a folder of its own."""

    def __init__(self, folder: Path):
        self.token = secrets.token_hex(16)
        ports = [free_port() for _ in range(3)]
        self.url = f"http://127.0.0.1:{ports[0]}"
        self.environment = {
            **os.environ, "HUB_FOLDER": str(folder), "HUB_LOAD_TOKEN": self.token,
            "HUB_PASSWORD": secrets.token_hex(8), "HUB_ADDRESS": f"127.0.0.1:{ports[0]}",
            "HUB_PORT": str(ports[1]), "HUB_PROXY_PORT": str(ports[2]),
        }  # fmt: skip

    def ask(self, path: str, method: str = "GET", body: dict | None = None):
        """A request with the token; what the answer holds."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait(self, process: psutil.Popen) -> float:
        """Wait until the hub answers; seconds taken."""
        start = time.monotonic()
        while time.monotonic() - start < PATIENCE and process.poll() is None:
            try:
                self.ask("/hub/api/")
                return time.monotonic() - start
            except OSError:
                time.sleep(0.5)
        raise RuntimeError("the hub did not start: see hub.log")


def pss_mb(processes: list[psutil.Process]) -> float:
    """Memory of processes, each shared page divided among those that share it."""
    total = 0
    for process in processes:
        try:
            total += process.memory_full_info().pss
        except psutil.Error:
            continue
    return total / 1e6


def run_cells(hub: Hub, name: str, chapter: str) -> float:
    """Open a kernel, run the first cells of a chapter as JupyterLab would; seconds taken."""
    begin = time.monotonic()
    kernel = hub.ask(f"/user/{name}/api/kernels", "POST", {"name": "python3"})["id"]
    url = hub.url.replace("http", "ws") + f"/user/{name}/api/kernels/{kernel}/channels"
    header = [f"Authorization: token {hub.token}"]
    connection = websocket.create_connection(url, header=header, timeout=PATIENCE)
    for number, code in enumerate(first_cells(chapter)):
        head = {"msg_id": f"{number}", "username": name, "session": name, "msg_type": "execute_request"}
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        message = {
            "header": {**head, "version": "5.3"},
            "parent_header": {},
            "metadata": {},
            "content": content,
        }
        connection.send(json.dumps({**message, "channel": "shell"}))
        while True:
            received = connection.recv()
            if isinstance(received, bytes):  # a widget's state; answers to us are text
                continue
            answer = json.loads(received)
            ours = answer["parent_header"].get("msg_id") == head["msg_id"]
            if not ours or answer["msg_type"] != "execute_reply":
                continue
            if answer["content"]["status"] != "ok":
                raise RuntimeError(f"{chapter}, cell {number + 1}: {answer['content'].get('evalue')}")
            break
    connection.close()
    return time.monotonic() - begin


def one_student(hub: Hub, name: str) -> dict:
    """What one student waits for, in seconds; what fails is said."""
    seen = {"name": name, "failed": ""}
    begin = time.monotonic()
    try:
        hub.ask(f"/hub/api/users/{name}", "POST")
        hub.ask(f"/hub/api/users/{name}/server", "POST", {})
        while not hub.ask(f"/hub/api/users/{name}")["servers"][""]["ready"]:  # a KeyError: it has failed
            if time.monotonic() - begin > PATIENCE:
                raise TimeoutError("no server")
            time.sleep(1)
        seen["start_s"] = time.monotonic() - begin
        for chapter in CHAPTERS:
            seen[f"chapter_{chapter[:2]}_s"] = run_cells(hub, name, chapter)
    except (OSError, RuntimeError, KeyError, websocket.WebSocketException) as error:
        seen["failed"] = f"{type(error).__name__}: {error}"
    return seen


def measure(n_students: int, folder: Path) -> dict:
    """Let students come at once; what was seen."""
    hub = Hub(folder)
    config = str(Path(__file__).with_name("jupyterhub_config.py"))
    command = [sys.executable, "-m", "jupyterhub", "--config", config]
    with started(command, folder / "hub.log", patience=60, cwd=folder, env=hub.environment) as process:
        began = hub.wait(process)
        names = [f"student{k:02}" for k in range(n_students)]
        pool = ThreadPoolExecutor(n_students)  # not `with`: Ctrl-C ends the hub, and then their requests end
        students = list(pool.map(lambda name: one_student(hub, name), names))
        for student in students:
            pid = _pid_of(process.pid, student["name"])
            if pid:
                student["pss_mb"] = pss_mb(family(pid))
        rest = pss_mb(family(process.pid)) - sum(student.get("pss_mb", 0) for student in students)
        return {"hub_start_s": began, "hub_and_proxy_pss_mb": rest, "students": students}


def _pid_of(hub: int, name: str) -> int | None:
    """The server of a student: the one among the hub's processes that was told this name."""
    for process in family(hub)[1:]:
        try:
            if process.environ().get("JUPYTERHUB_USER") == name:
                return process.pid
        except psutil.Error:
            continue
    return None


def main() -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Many students at once.")
    parser.add_argument("n_students", type=int, nargs="?", default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        seen = measure(options.n_students, Path(folder))
        if any(student["failed"] for student in seen["students"]):
            print((Path(folder) / "hub.log").read_text("utf-8", "replace")[-4000:], file=sys.stderr)
    for name, value in [(k, v) for k, v in seen.items() if k != "students"]:
        print(f"{name}: {value:.1f}")
    for what in ("start_s", *(f"chapter_{chapter[:2]}_s" for chapter in CHAPTERS), "pss_mb"):
        values = [student[what] for student in seen["students"] if what in student]
        if values:
            print(f"{what}: median {statistics.median(values):.1f}, most {max(values):.1f}")
    failed = [student for student in seen["students"] if student["failed"]]
    for student in failed:
        print(f"{student['name']} failed: {student['failed']}")
    n_served = len(seen["students"]) - len(failed)
    print(f"{n_served} of {len(seen['students'])} students had all that they asked for")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
