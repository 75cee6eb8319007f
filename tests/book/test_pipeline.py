"""The way from an author's text to an executed notebook."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pipeline
import psutil
import pytest
import staleness

from audio_edu._assets import script_and_style

CHAPTER = """---
kernelspec:
  display_name: Python 3
  name: python3
---
# A chapter

```{code-cell} ipython3
from audio_edu.signal import rms
print("first")
```

```{code-cell} ipython3
a = 1
b = a + 1
print(b)
```
"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A repository of one chapter with a copy of the package and of the pins."""
    shutil.copytree(
        pipeline.ROOT / "audio_edu", tmp_path / "audio_edu", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("requirements.txt", "constraints.txt"):
        shutil.copy(pipeline.ROOT / name, tmp_path)
    (tmp_path / "chapters").mkdir()
    (tmp_path / "data" / "digits").mkdir(parents=True)
    (tmp_path / "data" / "digits" / "index.csv").write_text("voice\n")
    (tmp_path / "book").mkdir()
    for path in (pipeline.ROOT / "book").glob("*.py"):
        shutil.copy(path, tmp_path / "book")
    for module in (pipeline, staleness):
        monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(pipeline, "CHAPTERS", tmp_path / "chapters")
    monkeypatch.setattr(pipeline, "NOTEBOOKS", tmp_path / "book" / "notebooks")
    monkeypatch.setattr(pipeline, "WORK", tmp_path / "work")
    caches = (
        staleness.module_file, staleness.lazy_names, staleness.submodules, staleness.all_text
    )  # fmt: skip
    for function in caches:
        function.cache_clear()
    yield tmp_path
    for function in caches:
        function.cache_clear()


def write(book, text=CHAPTER):
    source = book / "chapters" / "01_a.md"
    source.write_text(text, "utf-8")
    return source


def pretend_executed(source):
    """Put a notebook in place that claims the present fingerprint."""
    target = pipeline.notebook_of(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({"metadata": {"audio_edu": {"fingerprint": pipeline.fingerprint(source)}}}))
    return target


def touch_up(path):
    path.write_text(path.read_text("utf-8") + "\n# changed\n", "utf-8")


def test_imports_are_followed_through_stubs_and_other_modules():
    found = staleness.followed_modules("from audio_edu.widgets import listen")
    assert "audio_edu.widgets.player" in found
    assert "audio_edu.signal.levels" in found, "the player takes loudness from audio_edu.signal"
    assert not any(name.startswith("audio_edu.datasets") for name in found)
    assert staleness.followed_modules("from audio_edu.signal import pcm") >= {"audio_edu.signal.pcm"}
    assert "audio_edu.datasets.digits" in staleness.followed_modules("def f():\n    import audio_edu")
    through_two_stubs = staleness.followed_modules("from audio_edu.generation import load_gan")
    assert "audio_edu.generation.gan.family" in through_two_stubs


def test_a_loader_brings_its_data_and_no_other():
    modules = staleness.followed_modules("from audio_edu.datasets import load_notes")
    folders = {path.parent.name for path in staleness.data_files(modules)}
    assert folders == {"notes"}


def test_a_chapter_depends_on_its_own_families_checkpoints_and_on_every_table(book):
    folder = book / "data" / "checkpoints"
    folder.mkdir()
    for name in ("cnn.npz", "wavenet.npz", "wavenet_small.npz", "orphan.csv", "README.md"):
        (folder / name).write_text(name)
    for name, family in {
        "cnn": "recognition.cnn",
        "wavenet": "generation.wavenet",
        "wavenet_small": "generation.wavenet",
    }.items():
        (folder / f"{name}.json").write_text(json.dumps({"family": family}))
    wavenets = {"wavenet.npz", "wavenet.json", "wavenet_small.npz", "wavenet_small.json", "orphan.csv"}
    loader = "audio_edu.training.checkpoints"
    for modules, expected in (
        ({"audio_edu.recognition.cnn.formulas", loader}, {"cnn.npz", "cnn.json", "orphan.csv"}),
        ({"audio_edu.generation.wavenet.model", loader}, wavenets),
        ({"audio_edu.generation.wavenet_like", loader}, {"orphan.csv"}),
        ({"audio_edu.signal.levels"}, set()),
    ):
        assert {path.name for path in staleness.data_files(modules)} == expected


def test_a_table_belongs_to_the_chapters_that_name_it(book):
    folder = book / "data" / "checkpoints"
    folder.mkdir()
    for name in ("chosen.csv", "orphan.csv"):
        (folder / name).write_text("score\n")
    (book / "chapters" / "02_two.md").write_text('rows = stored("chosen")')
    modules = {"audio_edu.training.checkpoints"}
    for code, expected in (
        ('stored("chosen")', {"chosen.csv", "orphan.csv"}),  # nobody names the other: it may be anybody's
        ("open(folder / 'chosen.csv')", {"chosen.csv", "orphan.csv"}),
        ("a chosen sound", {"orphan.csv"}),
    ):
        staleness.all_text.cache_clear()
        assert {path.name for path in staleness.data_files(modules, code)} == expected


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda book, source: touch_up(source), "text"),
        (lambda book, source: touch_up(book / "audio_edu" / "signal" / "levels.py"), "modules"),
        (lambda book, source: touch_up(book / "audio_edu" / "_validate.py"), "modules"),  # imported by levels
        (lambda book, source: touch_up(book / "requirements.txt"), "requirements"),
    ],
)
def test_stale_when_and_only_when_something_it_uses_changes(book, change, reason):
    source = write(book)
    pretend_executed(source)
    assert pipeline.stale_reasons(source) == []
    touch_up(book / "audio_edu" / "cli.py")  # not imported by the chapter
    touch_up(book / "audio_edu" / "widgets" / "player.js")  # pages link it, notebooks do not hold it
    touch_up(book / "data" / "digits" / "index.csv")  # not loaded by the chapter
    assert pipeline.stale_reasons(source) == []
    change(book, source)
    assert pipeline.stale_reasons(source) == [reason]


def test_stale_when_its_data_changes(book):
    source = write(
        book, CHAPTER.replace("audio_edu.signal import rms", "audio_edu.datasets import load_digits")
    )
    pretend_executed(source)
    touch_up(book / "data" / "digits" / "index.csv")
    assert pipeline.stale_reasons(source) == ["data"]


def test_time_stamps_line_ends_and_byte_order_marks_do_not_matter(book):
    source = write(book)
    pretend_executed(source)
    before = pipeline.read_source(source)
    assert before.metadata.kernelspec.name == "python3"
    for path in (source, book / "audio_edu" / "signal" / "levels.py", book / "requirements.txt"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert pipeline.read_source(source) == before
    assert pipeline.stale_reasons(source) == []


@pytest.mark.slow
def test_failing_cell_is_named_and_the_previous_notebook_stays(book):
    source = write(book, CHAPTER.replace("b = a + 1", "b = a / 0"))
    target = pretend_executed(source)
    previous = target.read_bytes()
    with pytest.raises(pipeline.ChapterError) as failure:
        pipeline.execute(source)
    line = source.read_text("utf-8").splitlines().index("b = a / 0") + 1
    assert str(failure.value).startswith(f"chapters/01_a.md:{line}: cell-002, line 2: ZeroDivisionError")
    assert target.read_bytes() == previous
    assert list(target.parent.iterdir()) == [target], "nothing half-written is left behind"


@pytest.mark.slow
def test_executing_twice_gives_the_same_notebook(book):
    source = write(
        book,
        CHAPTER + "```{code-cell} ipython3\nimport ipywidgets\nipywidgets.IntSlider(description='m')\n```\n",
    )

    def executed():
        measured = pipeline.execute(source)
        assert measured["wall_seconds"] > 0
        assert measured["peak_memory_mb"] > 10
        notebook = json.loads(pipeline.notebook_of(source).read_text("utf-8"))
        for key in ("wall_seconds", "peak_memory_mb"):
            notebook["metadata"]["audio_edu"].pop(key)
        return notebook

    assert executed() == executed()
    assert pipeline.stale_reasons(source) == []


WAITS = CHAPTER.replace("b = a + 1", "open('begun', 'w')\nimport time; time.sleep(600)")


def start(book):
    """Run the repository's own pipeline, as `make chapters` does."""
    command = [sys.executable, "book/pipeline.py", "--jobs", "2"]
    return subprocess.Popen(command, cwd=book, stdout=-1, stderr=-1, text=True, start_new_session=True)


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_and_kernels_end_with_the_pipeline(book, number):
    write(book, WAITS)
    running = start(book)
    wait_for((book / "book" / "notebooks" / "begun").exists)
    others = psutil.Process(running.pid).children(recursive=True)
    assert len(others) >= 2, "a worker and a kernel"
    if number == signal.SIGINT:
        os.killpg(running.pid, number)  # as a terminal does
    else:
        running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert "Traceback" not in out + err
    wait_for(lambda: not any(map(is_alive, others)))
    assert os.listdir(book / "book" / "notebooks") == ["begun"]


@pytest.mark.slow
def test_two_pipelines_at_once_both_end_well(book):
    write(book)
    both = [start(book), start(book)]
    said = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0], said
    assert os.listdir(book / "book" / "notebooks") == ["01_a.ipynb"]
    assert pipeline.stale_reasons(book / "chapters" / "01_a.md") == []


def test_for_jupyterlab_the_first_player_brings_the_script_and_changed_copies_stay(book, capsys):
    source = write(book)
    html = ["<p>no player</p>", "<audio-player>a</audio-player>", "<audio-player>b</audio-player>"]
    outputs = [nbformat.v4.new_output("display_data", {"text/html": text}) for text in html]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=outputs)])
    notebook.metadata["audio_edu"] = {"fingerprint": pipeline.fingerprint(source)}
    pipeline.NOTEBOOKS.mkdir(parents=True)
    nbformat.write(notebook, pipeline.notebook_of(source))

    assert pipeline.main(["--lab"]) == 0
    copy = book / "work" / "01_a.ipynb"
    shown = [out.data["text/html"] for out in nbformat.read(copy, as_version=4).cells[0].outputs]
    assert shown == [html[0], script_and_style() + html[1], html[2]]

    copy.write_text(copy.read_text("utf-8").replace("no player", "mine"), "utf-8")
    assert pipeline.main(["--lab"]) == 0
    assert capsys.readouterr().out == ""
    notebook.metadata["audio_edu"]["fingerprint"]["text"] = "another"
    nbformat.write(notebook, pipeline.notebook_of(source))
    assert pipeline.main(["--lab"]) == 0
    assert "work/01_a.ipynb is kept" in capsys.readouterr().out
    assert "mine" in copy.read_text("utf-8")


@pytest.mark.parametrize("name", ["copy [1]", "cost $5 & more"])
def test_the_book_is_built_in_a_folder_of_any_name(tmp_path, name):
    folder = tmp_path / name
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >>arguments\n')
    python.chmod(0o755)
    shutil.copy(pipeline.ROOT / "Makefile", folder)
    for file in ("requirements.txt", "constraints.txt", "pyproject.toml", ".venv/installed"):
        (folder / file).touch()
    assert str(folder) in subprocess.check_output(["make", "book"], cwd=folder, text=True)
    arguments = (folder / "arguments").read_text().splitlines()
    assert arguments[:3] == ["book/pipeline.py", ".venv/bin/jupyter-book", "build"]
    assert f"{folder}/_toc.yml" in arguments


def test_main_reports_stale_chapters_without_executing(book, capsys):
    write(book)
    assert pipeline.main(["--check"]) == 1
    assert "01_a: never executed" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        pipeline.main(["99_nothing"])
