"""Is this machine ready for the book? A line for each thing that a chapter needs, with a cure if it fails.

    audio-edu doctor [--json]
    python audio_edu/doctor.py        where not even the package can be imported

Nothing is installed and nothing is changed; a file is written and removed again in each place that has to be
writable. Only Python itself is needed to run it.
"""

from __future__ import annotations

import os
import sys

if sys.path and sys.path[0] == os.path.dirname(os.path.abspath(__file__)):
    del sys.path[0]  # run as a script: the package's `signal` would hide Python's own

import json
import platform
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OK, WARNING, FAILED = "ok", "warning", "failed"
PYTHONS = ((3, 11), (3, 13))
#: The largest chapter takes 2.6 GB while it runs; a browser and JupyterLab need some, too.
MEMORY_GB, MEMORY_BETTER_GB = 3.0, 5.0
DISK_GB = 1.0
#: What a reader needs; in the students' zip that is all there is.
REQUIREMENTS = next(
    (name for name in ("requirements-read.txt", "requirements.txt") if (ROOT / name).is_file()),
    "requirements.txt",
)
INSTALL = f'"{sys.executable}" -m pip install -r {REQUIREMENTS}'
BROWSERS = (
    "firefox", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "microsoft-edge", "safari",
)  # fmt: skip
MAC_BROWSERS = ("/Applications/Safari.app", "/Applications/Firefox.app", "/Applications/Google Chrome.app")


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    state : str
        ``ok``, ``warning`` (some chapters, or some comfort) or ``failed``.
    found : str
        What there is.
    cure : str
        What to do about it; empty where nothing has to be done.
    """

    state: str
    found: str
    cure: str = ""


# --- The checks -----------------------------------------------------------------------------------------


def check_python() -> Finding:
    """The version of Python, and whether the networks' wheels exist for this processor."""
    found = f"Python {platform.python_version()} on {platform.system()}, {platform.machine()}"
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        return Finding(FAILED, found, "install Python 3.11, 3.12 or 3.13, and make the environment anew")
    if platform.system() == "Darwin" and platform.machine() == "x86_64":
        return Finding(
            FAILED,
            f"{found}: TensorFlow, JAX and PyTorch make no more wheels for Macs with an Intel processor",
            "read the rendered book, which needs no Python, and run notebooks on a hub or in a container",
        )
    return Finding(OK, found)


def check_packages() -> Finding:
    """Compare the installed packages with the pinned ones."""
    pins = ROOT / REQUIREMENTS
    if not pins.is_file():
        return Finding(WARNING, "no requirements.txt beside the package: versions are not compared")
    missing, other = [], []
    for name, pinned in re.findall(r"^([\w.-]+)==([\w.]+)", pins.read_text("utf-8"), re.M):
        try:
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            missing.append(name)
            continue
        if installed != pinned:
            other.append(f"{name} {installed} (the book was made with {pinned})")
    if missing:
        return Finding(FAILED, f"not installed: {', '.join(missing)}", INSTALL)
    if other:
        return Finding(WARNING, "; ".join(other), f"if an output differs: {INSTALL}")
    return Finding(OK, "all packages in the pinned versions")


def check_networks() -> Finding:
    """Can Keras compute? It is tried in a process of its own, which an illegal instruction may end."""
    backend = os.environ.get("KERAS_BACKEND") or "tensorflow"
    code = "import keras; print(keras.__version__, float(keras.ops.sum(keras.ops.ones(3))))"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        ran = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=180, env=environment,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Finding(
            FAILED, f"Keras on {backend} did not start within three minutes", "close programs, and try again"
        )
    if ran.returncode == 0 and ran.stdout.split()[-1:] == ["3.0"]:
        return Finding(OK, f"Keras {ran.stdout.split()[0]} computes on {backend}")
    last = (ran.stderr.strip().splitlines() or [f"it ended with status {ran.returncode}"])[-1]
    cure = INSTALL
    if ran.returncode < 0 or ran.returncode > 128:  # killed, by SIGILL perhaps
        cure = "this processor may lack the instruction AVX: run the notebooks on another machine or on a hub"
    elif backend != "tensorflow":
        cure = "unset KERAS_BACKEND, or install that backend"
    return Finding(FAILED, f"Keras on {backend}: {last}", cure)


def _available_gb() -> float:
    """Memory that a new process could get; not a number where nobody says."""
    limits = [float("inf")]
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        if Path(path).is_file() and (text := Path(path).read_text().strip()).isdecimal():
            limits.append(int(text) / 1e9)  # a container's share
    if find_spec("psutil"):
        import psutil

        return min(psutil.virtual_memory().available / 1e9, *limits)
    return float("nan")


def check_memory() -> Finding:
    """Memory for the largest chapter, and two cores."""
    available, cores = _available_gb(), os.cpu_count() or 1
    found = f"{available:.1f} GB free, {cores} cores"
    if available != available:
        return Finding(
            WARNING, f"{cores} cores; how much memory is free is not known without psutil", INSTALL
        )
    if available < MEMORY_GB:
        return Finding(
            FAILED, found, f"close programs: a chapter takes up to {MEMORY_GB:.0f} GB while it runs"
        )
    if available < MEMORY_BETTER_GB or cores < 2:
        return Finding(WARNING, found, "run one chapter at a time, and shut its kernel down afterwards")
    return Finding(OK, found)


def check_places() -> Finding:
    """Places to write to: the notebooks' folder, the temporary one, and room on the disk."""
    for folder in (Path.cwd(), Path(tempfile.gettempdir())):
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".audio_edu_doctor_") as file:
                file.write(b"x")
        except OSError as error:
            cure = "copy the book to a folder of your own, for example your home, and work there"
            return Finding(FAILED, f"{folder} cannot be written: {error.strerror or error}", cure)
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    if free < DISK_GB:
        return Finding(
            FAILED, f"{free:.1f} GB free on the disk", f"make room: {DISK_GB:.0f} GB is little enough"
        )
    return Finding(OK, f"{Path.cwd()} can be written; {free:.0f} GB free")


def check_data() -> Finding:
    """What the chapters hear, and the trained networks."""
    data = Path(os.environ.get("AUDIO_EDU_DATA") or ROOT / "data")
    if not (data / "digits").is_dir():
        return Finding(
            FAILED, f"no corpora in {data}", "run from the book's own folder, or unset AUDIO_EDU_DATA"
        )
    n_corpora = sum(1 for folder in data.iterdir() if (folder / "SHA256SUMS").is_file())
    weights = list((data / "checkpoints").glob("*.npz"))
    small = [path.name for path in weights if path.stat().st_size < 1000]  # what Git LFS leaves of a file
    if small:
        return Finding(FAILED, f"no weights but pointers to them: {', '.join(small)}", "git lfs pull")
    if not weights:
        return Finding(
            FAILED, f"no trained networks in {data / 'checkpoints'}", "copy the book's folder anew"
        )
    return Finding(OK, f"{n_corpora} corpora, {len(weights)} trained networks in {data}")


def check_sound() -> Finding:
    """Sound files can be written and read. Whether one hears them, only ears can tell."""
    hear = "open the rendered book, play the first sound, and set your volume"
    if not find_spec("soundfile"):
        return Finding(FAILED, "soundfile is not installed", INSTALL)
    import numpy as np
    import soundfile

    x = 0.5 * np.sin(2 * np.pi * 440 * np.arange(800) / 8000)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("wav", "flac", "ogg"):
            path = Path(folder) / f"tone.{kind}"
            soundfile.write(path, x, 8000)
            y, rate = soundfile.read(path)
            if rate != 8000 or abs(np.sqrt(np.mean(y**2)) - 0.354) > 0.05:
                return Finding(FAILED, f"a tone does not come back from a {kind} file", INSTALL)
    cards = Path("/proc/asound/cards")
    if platform.system() == "Linux" and (not cards.is_file() or "no soundcards" in cards.read_text()):
        return Finding(
            WARNING, "sound files work; this machine has no sound card", "listen on another machine: " + hear
        )
    return Finding(OK, f"sound files work; to be sure, {hear}")


def check_browser() -> Finding:
    """A browser: it plays the sounds, in the book and in JupyterLab."""
    names = [name for name in (os.environ.get("BROWSER"), *BROWSERS) if name and shutil.which(name)]
    names += [Path(path).stem for path in MAC_BROWSERS if Path(path).exists()]
    if names or platform.system() == "Windows":
        return Finding(OK, names[0] if names else "Windows has one")
    return Finding(
        WARNING, "none found", "install Firefox or Chromium, or open the address on another machine"
    )


def check_jupyter() -> Finding:
    """JupyterLab, and a port of this machine for it."""
    missing = [name for name in ("jupyterlab", "ipykernel", "ipywidgets") if not find_spec(name)]
    if missing:
        return Finding(FAILED, f"not installed: {', '.join(missing)}", INSTALL)
    try:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
    except OSError as error:
        return Finding(
            FAILED,
            f"no port can be opened: {error.strerror}",
            "ask whoever runs this machine, or its firewall",
        )
    return Finding(OK, f"JupyterLab {metadata.version('jupyterlab')}")


CHECKS: dict[str, Callable[[], Finding]] = {
    "Python": check_python,
    "packages": check_packages,
    "networks": check_networks,
    "memory": check_memory,
    "places": check_places,
    "data": check_data,
    "sound": check_sound,
    "browser": check_browser,
    "JupyterLab": check_jupyter,
}


def examine() -> dict[str, Finding]:
    """Make all checks; one that fails in an unforeseen way is a finding, too."""
    findings = {}
    for name, check in CHECKS.items():
        try:
            findings[name] = check()
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            findings[name] = Finding(
                FAILED, what, f"{INSTALL}, and if that does not help, tell the instructor"
            )
    return findings


def report(as_json: bool = False) -> int:
    """Print what was found, and return 1 if something failed, else 0."""
    findings = examine()
    failed = any(finding.state == FAILED for finding in findings.values())
    if as_json:
        print(json.dumps({"ready": not failed, **{name: asdict(each) for name, each in findings.items()}}))
        return int(failed)
    for name, finding in findings.items():
        print(f"{finding.state:8s} {name:11s} {finding.found}")
        if finding.cure:
            print(f"{'':20s} -> {finding.cure}")
    print("This machine is not ready yet." if failed else "This machine is ready.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(report("--json" in sys.argv[1:]))
