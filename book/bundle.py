"""One zip for a workshop without a network: the book, the students' notebooks, what they call, how to start.

The pages need nothing but a browser. The notebooks need Python; the packages they need are installed by the
start script, from the folder ``wheels`` where there is one, else from the network. What builds and tests the
book is left out: ``requirements-read.txt`` has what a chapter imports, and JupyterLab.
"""

from __future__ import annotations

import email
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
NAME = "hearing-machines"
#: What pip calls the platforms that the wheelhouse is made for.
PLATFORMS = {
    "linux": ["manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64",
              "manylinux2014_x86_64", "linux_x86_64"],
    "macos": ["macosx_12_0_arm64", "macosx_11_0_arm64", "macosx_14_0_arm64", "macosx_10_9_universal2"],
    "windows": ["win_amd64"],
}  # fmt: skip
#: What is true on each of them, where a package says "only on ...".
MARKERS = {
    platform: dict(
        zip(("sys_platform", "platform_system", "os_name", "platform_machine"), values, strict=True)
    )
    for platform, values in {
        "linux": ("linux", "Linux", "posix", "x86_64"),
        "macos": ("darwin", "Darwin", "posix", "arm64"),
        "windows": ("win32", "Windows", "nt", "AMD64"),
    }.items()
}
COMPRESSED = {".flac", ".npz", ".mp3", ".ogg", ".webp", ".png", ".woff", ".whl", ".gz", ".zip"}
REQUIREMENTS = ROOT / "requirements-read.txt"

START_SH = """#!/bin/sh
# Opens the notebooks of Hearing Machines in JupyterLab. The first start installs what they need into .venv.
set -e
cd "$(dirname "$0")"
if [ ! -f .venv/installed ]; then
    ${PYTHON:-python3} -c 'import sys
sys.exit(None if (3, 11) <= sys.version_info[:2] <= (3, 13) else "Python 3.11, 3.12 or 3.13 is needed")'
    ${PYTHON:-python3} -m venv .venv
    if [ -d wheels ]; then from="--no-index --find-links wheels"; else from=""; fi
    .venv/bin/python -m pip install --disable-pip-version-check --quiet $from -r requirements.txt
    touch .venv/installed
fi
PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"; export PYTHONPATH
export TF_CPP_MIN_LOG_LEVEL=3  # what TensorFlow says of itself is no output of a chapter
.venv/bin/python audio_edu/doctor.py || echo "Some things may not work; the lines above say what to do."
[ "$1" = --check ] && exit 0
.venv/bin/python -m jupyter trust notebooks/*.ipynb >/dev/null
mkdir -p .venv/etc/ipython  # what C++ libraries log goes to the terminal, not below a cell
echo "c.IPKernelApp.capture_fd_output = False" > .venv/etc/ipython/ipython_kernel_config.py
# It shows no text before every cell is laid out; the notebooks need no MyST.
.venv/bin/python -m jupyter labextension disable jupyterlab-myst 2>/dev/null || true
exec .venv/bin/python -m jupyter lab --notebook-dir=. \\
    --LabApp.default_url=/lab/tree/notebooks/01_sound_as_numbers.ipynb
"""
START_BAT = """@echo off
rem Opens the notebooks of Hearing Machines in JupyterLab. The first start installs what they need into .venv.
cd /d "%~dp0"
set FROM=
if exist wheels set FROM=--no-index --find-links wheels
if not exist .venv\\installed (
    py -3.11 -m venv .venv || python -m venv .venv || goto :failed
    .venv\\Scripts\\python -m pip install --quiet %FROM% -r requirements.txt || goto :failed
    echo. > .venv\\installed
)
set PYTHONPATH=%CD%
set TF_CPP_MIN_LOG_LEVEL=3
.venv\\Scripts\\python audio_edu\\doctor.py
if "%1"=="--check" exit /b
for %%f in (notebooks\\*.ipynb) do .venv\\Scripts\\python -m jupyter trust "%%f" >nul
.venv\\Scripts\\python -m jupyter labextension disable jupyterlab-myst 2>nul
.venv\\Scripts\\python -m jupyter lab --notebook-dir=. ^
    --LabApp.default_url=/lab/tree/notebooks/01_sound_as_numbers.ipynb
exit /b
:failed
echo Python 3.11, 3.12 or 3.13 is needed, and the packages could not be installed. See START.txt.
pause
"""
START_TXT = """Hearing Machines, for a workshop

Read:  open book/index.html in a browser. Nothing has to be installed, and no network is needed.
Run:   Linux and macOS: sh start.sh       Windows: start.bat
       (Python 3.11, 3.12 or 3.13 has to be there. The first start installs packages into .venv, from the
       folder "wheels" if there is one beside this file, else from the network.)
Check: sh start.sh --check, or start.bat --check, says whether this machine is ready.

Macs with an Intel processor: TensorFlow makes no more wheels for them. Read the book, and run
notebooks elsewhere.
"""


def texts() -> dict[str, str]:
    """The files of the bundle that are made for it."""
    return {
        "START.txt": START_TXT, "start.sh": START_SH, "start.bat": START_BAT.replace("\n", "\r\n"),
        "requirements.txt": REQUIREMENTS.read_text("utf-8"),
    }  # fmt: skip


def files(build: Path) -> Iterator[tuple[str, Path]]:
    """Where each file of the bundle goes, and where it is now."""
    for name in ("constraints.txt", "LICENSE", "LICENSE-TEXT.md"):
        yield name, ROOT / name
    for place, folder in (
        ("book", build / "html"),
        ("notebooks", build / "student"),
        ("audio_edu", ROOT / "audio_edu"),
        ("data", ROOT / "data"),
    ):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not hidden:
                yield f"{place}/{inside.as_posix()}", path


def write_bundle(build: Path, wheels: Path | None = None) -> Path:
    """Write ``hearing-machines.zip`` to `build`, with the wheels of one platform where they are given."""
    from audio_edu._files import replacing

    target = build / (f"{NAME}-{wheels.name}.zip" if wheels else f"{NAME}.zip")
    sizes: dict[str, int] = {}
    with (
        replacing(target) as partial,
        zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive,
    ):
        for name, text in texts().items():
            info = zipfile.ZipInfo(f"{NAME}/{name}", (2026, 1, 1, 0, 0, 0))
            info.external_attr = (0o755 if name.endswith(".sh") else 0o644) << 16
            archive.writestr(info, text, zipfile.ZIP_DEFLATED)
        for name, path in files(build):
            kind = zipfile.ZIP_STORED if path.suffix in COMPRESSED else zipfile.ZIP_DEFLATED
            archive.write(path, f"{NAME}/{name}", kind)
            place = name.partition("/")[0]
            sizes[place] = sizes.get(place, 0) + path.stat().st_size
        for path in sorted(wheels.glob("*.whl")) if wheels else ():
            archive.write(path, f"{NAME}/wheels/{path.name}", zipfile.ZIP_STORED)  # they are zips
            sizes["wheels"] = sizes.get("wheels", 0) + path.stat().st_size
    for place, size in sizes.items():
        if size > 100_000:
            print(f"  {place:10s} {size / 1e6:7.1f} MB")
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return target


def still_wanted(folder: Path, platform: str) -> set[str]:
    """Return what the wheels of a folder require on a platform and the folder does not have.

    pip downloads for another platform, but asks this one what a package requires "only on Windows".
    """
    wanted, there = set(), set()
    for path in folder.glob("*.whl"):
        with zipfile.ZipFile(path) as wheel:
            name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA"))
            about = email.message_from_bytes(wheel.read(name))
        there.add(canonicalize_name(about["Name"]))
        for text in about.get_all("Requires-Dist", []):
            each = Requirement(text)
            if each.marker and each.marker.evaluate({"extra": "", **MARKERS[platform]}):
                wanted.add((canonicalize_name(each.name), f"{each.name}{each.specifier}"))
    return {text for name, text in wanted if name not in there}


def download_wheels(platform: str, folder: Path, python: str = "3.11.9") -> Path:
    """Download all that a reader needs for one of `PLATFORMS` to ``folder/PLATFORM``."""
    place = folder / platform
    place.mkdir(parents=True, exist_ok=True)
    options = [word for name in PLATFORMS[platform] for word in ("--platform", name)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    command += ["--dest", str(place), "--only-binary", ":all:", "--python-version", python, *options]
    subprocess.run([*command, "-r", str(REQUIREMENTS)], check=True)
    while wanted := still_wanted(place, platform):
        subprocess.run([*command, "-c", str(ROOT / "constraints.txt"), *sorted(wanted)], check=True)
    sizes = [wheel.stat().st_size for wheel in place.glob("*.whl")]
    print(f"{len(sizes)} wheels for {platform}: {sum(sizes) / 1e6:.0f} MB in {place}")
    return place
