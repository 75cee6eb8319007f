"""The students' zip: it holds what a workshop needs, and a chapter runs from it with the network off."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.metadata import packages_distributions

import bundle
import pipeline
import pytest
import workshop

CHAPTER = next(pipeline.CHAPTERS.glob("02_*.md"))
#: Names under which packages are imported, where they are not their own.
IMPORTED_AS = {"scikit-learn": "sklearn", "pillow": "PIL", "lazy-loader": "lazy_loader"}

PACKAGES = packages_distributions()
#: What packages of the list bring along; what builders of data and outside judges use, who say so without it.
BROUGHT_ALONG = {"IPython", "requests", "mido"}
OPTIONAL = {"pesq", "pystoi", "pyworld", "music21"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The bundle of a book of one page, made and unpacked elsewhere."""
    build, away = tmp_path_factory.mktemp("build"), tmp_path_factory.mktemp("elsewhere")
    (build / "html").mkdir()
    (build / "html" / "index.html").write_text("<!doctype html><title>The book</title>", "utf-8")
    workshop.write_copies("student", [pipeline.notebook_of(CHAPTER)], build / "student")
    archive = bundle.write_bundle(build)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(archive), str(away)], check=True)
    with zipfile.ZipFile(archive) as zipped:
        assert not [name for name in zipped.namelist() if "__pycache__" in name or "/." in name]
        assert zipped.getinfo("hearing-machines/start.sh").external_attr >> 16 == 0o755
    return away / "hearing-machines"


def test_it_holds_book_notebooks_package_data_and_how_to_start(unpacked):
    for name in ("book/index.html", f"notebooks/{CHAPTER.stem}.ipynb", "audio_edu/doctor.py", "START.txt",
                 "data/digits/SHA256SUMS", "data/checkpoints/cnn.npz", "constraints.txt"):  # fmt: skip
        assert (unpacked / name).is_file(), name
    assert b"\r\n" in (unpacked / "start.bat").read_bytes()
    assert b"\r" not in (unpacked / "start.sh").read_bytes()


PINNED = re.compile(r"^([\w.-]+)==(\S+)", re.M)


def pins(name: str) -> dict[str, str]:
    """The versions in a file of requirements, and in those that it names."""
    text = (pipeline.ROOT / name).read_text("utf-8")
    named = [pins(other) for other in re.findall(r"^-r (\S+)", text, re.M)]
    return {key: value for part in named for key, value in part.items()} | dict(PINNED.findall(text))


def test_readers_builders_and_testers_requirements_add_up_to_the_whole():
    whole, read, build = (pins(f"requirements{kind}.txt") for kind in ("", "-read", "-build"))
    assert pins("requirements-test.txt") == whole
    assert read.items() < build.items() < whole.items()


def imported(*paths) -> set[str]:
    """The first names of all modules that Python files or chapters import, also inside functions."""
    text = "\n".join(path.read_text("utf-8") for path in paths)
    return set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.M))


def test_a_reader_gets_what_chapters_import_and_nothing_that_builds_or_tests():
    read = pins("requirements-read.txt")
    left_out = set(pins("requirements.txt")) - set(read)
    assert {"pytest", "ruff", "jupyter-book", "playwright", "nbval", "jupytext"} <= left_out
    paths = [*(pipeline.ROOT / "audio_edu").rglob("*.py"), *pipeline.CHAPTERS.glob("*.md")]
    used = imported(*paths)
    modules = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in left_out}
    assert not modules & used
    # and the other way: every package that is installed here and imported there is in the reader's list
    known = {IMPORTED_AS.get(name, name.replace("-", "_")) for name in read}
    found = {name for name in used if PACKAGES.get(name)} - {"audio_edu"} - BROUGHT_ALONG - OPTIONAL
    assert found - known == set()


def test_wherever_jupyterlab_is_started_tensorflow_keeps_its_log_to_itself():
    """A chapter may import Keras before the package that would say so."""
    starts = [bundle.START_SH, bundle.START_BAT]
    starts += [
        (pipeline.ROOT / name).read_text("utf-8") for name in ("Makefile", "README.md", "binder/start")
    ]
    for text in starts:
        before = re.split(r"(?m)jupyter[ -]lab --notebook-dir", text)[0]
        assert "TF_CPP_MIN_LOG_LEVEL=3" in before, text[:200]


def test_wherever_jupyterlab_is_started_its_own_markdown_shows_the_text():
    """Copies are legible to it; the extension for MyST shows sources until all cells are laid out."""
    texts = [bundle.START_SH, bundle.START_BAT]
    texts += [
        (pipeline.ROOT / name).read_text("utf-8") for name in ("Makefile", "README.md", "binder/postBuild")
    ]
    for text in texts:
        assert re.search(r"labextension disable jupyterlab-myst", text), text[:200]


def test_what_a_c_library_logs_stands_below_no_cell(tmp_path, monkeypatch):
    """Some of it comes before any level is read: a kernel's settings keep it out of the notebook."""
    import nbformat
    from nbclient import NotebookClient

    (setting,) = set(re.findall(r'echo "(c\.IPKernelApp.+)" > \S*ipython_kernel_config.py', bundle.START_SH))
    for name in ("Makefile", "binder/postBuild"):
        assert setting in (pipeline.ROOT / name).read_text("utf-8")
    (tmp_path / "profile_default").mkdir()
    (tmp_path / "profile_default" / "ipython_kernel_config.py").write_text(setting, "utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    code = "import os, sys, time\nos.write(2, b'from C')\nprint('own', file=sys.stderr)\ntime.sleep(0.5)"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=120).execute()
    (output,) = notebook.cells[0].outputs
    assert output.text == "own\n"


@pytest.mark.skipif(os.name != "posix", reason="start.bat is for Windows")
@pytest.mark.slow
def test_the_start_script_says_whether_the_machine_is_ready(unpacked):
    (unpacked / ".venv").symlink_to(sys.prefix)  # as if it had been installed
    try:
        if not (unpacked / ".venv" / "installed").exists():
            pytest.skip("this Python's environment was not made by `make install`")
        ran = subprocess.run(
            ["sh", "start.sh", "--check"], cwd=unpacked, capture_output=True, text=True, check=False
        )
    finally:
        (unpacked / ".venv").unlink()
    assert ran.returncode == 0, ran.stderr
    assert "all packages in the pinned versions" in ran.stdout and "ready" in ran.stdout


def offline():
    """The start of a command that takes the network from a process, where the machine allows that."""
    words = ["unshare", "--net", "--map-root-user"]
    allowed = shutil.which("unshare") and not subprocess.run([*words, "true"], capture_output=True).returncode
    # a kernel is reached by 127.0.0.1
    return (
        [*words, "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        if allowed and shutil.which("ip")
        else None
    )


@pytest.mark.slow
def test_a_students_notebook_runs_from_it_with_the_network_off(unpacked):
    start = offline()
    if start is None:
        pytest.skip("no network can be taken away here (unshare, ip)")
    notebook = unpacked / "notebooks" / f"{CHAPTER.stem}.ipynb"
    environment = {**os.environ, **pipeline.KERNEL_ENVIRONMENT, "PYTHONPATH": str(unpacked)}
    code = (
        "import sys, nbformat, audio_edu; from nbclient import NotebookClient\n"
        "print(audio_edu.__file__)\n"
        "book = nbformat.read(sys.argv[1], 4); NotebookClient(book, timeout=300).execute()\n"
        "print(len(book.cells), 'cells')"
    )
    ran = subprocess.run(
        [*start, sys.executable, "-c", code, str(notebook)],
        cwd=unpacked / "notebooks", env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert str(unpacked) in ran.stdout and "cells" in ran.stdout


def test_what_is_wanted_on_another_system_alone_is_asked_for(tmp_path):
    def wheel(name, *requires):
        with zipfile.ZipFile(tmp_path / f"{name}-1.0-py3-none-any.whl", "w") as file:
            lines = [f"Name: {name}", *(f"Requires-Dist: {each}" for each in requires)]
            file.writestr(f"{name}-1.0.dist-info/METADATA", "\n".join(lines) + "\n\n")

    wheel(
        "reader", "helper", "Color_Ama>=0.4; sys_platform == 'win32'", "appnope; platform_system=='Darwin'",
        "chips; platform_machine == 'arm64'", "tests; extra == 'test' and os_name == 'nt'",
    )  # fmt: skip
    assert bundle.still_wanted(tmp_path, "linux") == set()
    assert bundle.still_wanted(tmp_path, "macos") == {"appnope", "chips"}
    assert bundle.still_wanted(tmp_path, "windows") == {"Color_Ama>=0.4"}
    wheel("color-ama")
    assert bundle.still_wanted(tmp_path, "windows") == set()


def test_without_a_rendered_book_there_is_no_bundle(tmp_path, monkeypatch):
    monkeypatch.setattr(workshop, "BUILD", tmp_path)
    with pytest.raises(FileNotFoundError, match="make book"):
        workshop.make_bundle(None)
