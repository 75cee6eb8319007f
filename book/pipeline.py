"""From an author's text to an executed notebook: ``chapters/NN_name.md`` -> ``book/notebooks/NN_name.ipynb``.

    python book/pipeline.py                    execute every stale chapter, in parallel
    python book/pipeline.py 02_convolution_sum only this one, if it is stale
    python book/pipeline.py --force            all of them, stale or not
    python book/pipeline.py --check            execute nothing; exit status 1 if a chapter is stale
    python book/pipeline.py --lab              copy the executed chapters to work/, to be changed there

A chapter is stale when the content of anything that its outputs depend on has changed since it was
executed: its own text and exercises, the `audio_edu` modules it imports (followed transitively), the data
those modules load, or the pinned requirements. The fingerprint of each is kept in the notebook's metadata,
beside the wall time and the peak memory of the execution. Time stamps play no part, so a fresh clone is not
stale. (`staleness.py` finds and hashes all that.)

Two pipelines at once do not disturb each other: a notebook takes its place whole. Ctrl-C, SIGTERM, and even
`kill -9`, end the workers and their kernels, too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from staleness import ROOT, fingerprint, read_source, text_of

CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
WORK = ROOT / "work"
METADATA_KEY = "audio_edu"
CELL_TIMEOUT_S = 300

sys.path.insert(0, str(ROOT))  # the package of this checkout

# What a kernel needs so that two executions print the same and show the whole static page.
KERNEL_ENVIRONMENT = {
    "AUDIO_EDU_STATIC": "1",  # explorers compute every combination; players leave their script to the page
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN's results depend on the processor's instruction set
    "CUDA_VISIBLE_DEVICES": "-1",
    # Chapters run side by side, one a core: threads of one that wait for the other's cost more than they do.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


# --- Which chapters are there? ------------------------------------------------------------------------


def chapter_sources() -> list[Path]:
    """All chapters' text files, in reading order."""
    return sorted(CHAPTERS.glob("[0-9][0-9]_*.md"))


def notebook_of(source: Path) -> Path:
    """Where the executed form of `source` lives."""
    return NOTEBOOKS / f"{source.stem}.ipynb"


def recorded_fingerprint(notebook: Path) -> dict[str, str]:
    """The fingerprint that an executed notebook holds; empty if it holds none."""
    try:
        return json.loads(notebook.read_text("utf-8"))["metadata"][METADATA_KEY]["fingerprint"]
    except (ValueError, KeyError):
        return {}


def stale_reasons(source: Path) -> list[str]:
    """Why a chapter has to be executed again; an empty list if it does not."""
    if not notebook_of(source).is_file():
        return ["never executed"]
    recorded, current = recorded_fingerprint(notebook_of(source)), fingerprint(source)
    return [kind for kind in current if recorded.get(kind) != current[kind]]


# --- Executing one ------------------------------------------------------------------------------------


class ChapterError(RuntimeError):
    """A cell failed; the message names the chapter, the cell and the line."""


def name_failure(source: Path, cell, error: Exception) -> ChapterError:
    """Say where in the author's text the failing line stands."""
    report = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    line = int((re.findall(r"Cell In\[\d+\], line (\d+)", report) or [1])[-1])
    before = text_of(source).partition(cell.source)[0].count("\n")
    reason = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', error)}"
    where = f"{source.relative_to(ROOT)}:{before + line}: {cell['id']}, line {line}"
    return ChapterError(f"{where}: {reason}\n{report}")


def watch_memory(pid: int, peak: list[int], ended: threading.Event) -> None:
    """Keep the largest resident memory of a process in ``peak[0]``, in bytes, until it has ended."""
    import psutil

    process = psutil.Process(pid)
    with suppress(psutil.NoSuchProcess):
        while not ended.wait(0.1):
            peak[0] = max(peak[0], process.memory_info().rss)


def stored_text(notebook) -> str:
    """The notebook as it is stored: what differs from run to run and teaches nothing is left out.

    Widgets are numbered in order of creation, in place of their random ids, and have no settings that are not
    set. What libraries log to stderr, and the exact Python that ran, are left out.
    """
    import nbformat

    notebook.metadata.pop("language_info", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]
    widgets = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {})
    ids = {}
    for number, (old, model) in enumerate(widgets.get("state", {}).items(), start=1):
        ids[old] = f"{number:032x}"
        if model["model_name"].endswith(("LayoutModel", "StyleModel")):
            model["state"] = {key: value for key, value in model["state"].items() if value is not None}
    nbformat.validate(notebook)
    return re.sub("[0-9a-f]{32}", lambda match: ids.get(match[0], match[0]), nbformat.writes(notebook) + "\n")


def execute(source: Path) -> dict[str, float]:
    """Execute a chapter and put it in place of the previous notebook; on failure that one stays.

    Returns
    -------
    dict
        ``wall_seconds`` and ``peak_memory_mb`` of the kernel.

    Raises
    ------
    ChapterError
        If a cell fails, its kernel dies or its time is over.
    """
    from nbclient import NotebookClient

    from audio_edu._files import replacing

    os.environ.update(KERNEL_ENVIRONMENT)
    notebook, before = read_source(source), fingerprint(source)
    NOTEBOOKS.mkdir(parents=True, exist_ok=True)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
    )
    start, peak, ended = time.perf_counter(), [0], threading.Event()
    with client.setup_kernel(stderr=subprocess.DEVNULL):  # what C++ libraries log past Python
        watched = (client.km.provisioner.pid, peak, ended)
        threading.Thread(target=watch_memory, args=watched, daemon=True).start()
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except Exception as error:
                raise name_failure(source, cell, error) from error
        client.set_widgets_metadata()
        ended.set()
    measured = {
        "wall_seconds": round(time.perf_counter() - start, 1),
        "peak_memory_mb": round(peak[0] / 2**20),
    }
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata[METADATA_KEY] = {"fingerprint": before, **measured}
    with replacing(notebook_of(source)) as partial:
        partial.write_text(stored_text(notebook), "utf-8")
    return measured


# --- For JupyterLab -----------------------------------------------------------------------------------


def copy_for_lab() -> None:
    """Copy the executed notebooks to ``work/``, to be changed there; what is there already stays."""
    import nbformat
    from copies import for_lab

    from audio_edu._files import replacing

    WORK.mkdir(exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        copy = WORK / path.name
        if copy.exists():
            if recorded_fingerprint(copy).get("text") != recorded_fingerprint(path).get("text"):
                print(
                    f"work/{path.name} is kept; the chapter has changed since. Delete it to get the new one."
                )
            continue
        with replacing(copy) as partial:
            nbformat.write(for_lab(nbformat.read(path, as_version=4)), partial)


# --- The workers, and how they end ---------------------------------------------------------------------


def kill_children() -> None:
    """Kill the processes that this one has started, and those that they have: workers and kernels."""
    import psutil

    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def stop(number: int, frame: object) -> None:
    """End at once, and with the status of a process that the signal has ended."""
    kill_children()
    os.write(sys.stderr.fileno(), b"\nStopped.\n")
    os._exit(128 + number)


def begin_worker() -> None:
    """Leave Ctrl-C to the main process, and do not outlive it: it may have been killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def end_with_the_main_process() -> None:
        multiprocessing.parent_process().join()
        kill_children()
        os._exit(1)

    threading.Thread(target=end_with_the_main_process, daemon=True).start()


# --- The command --------------------------------------------------------------------------------------


def run(sources: list[Path], n_jobs: int) -> int:
    """Execute chapters in parallel under a progress bar; return how many failed."""
    from tqdm import tqdm

    failures = 0
    with (
        ProcessPoolExecutor(n_jobs, initializer=begin_worker) as pool,
        tqdm(total=len(sources), unit="chapter", desc="Executing", leave=False) as bar,
    ):
        jobs = {pool.submit(execute, source): source for source in sources}
        for job in as_completed(jobs):
            name = jobs[job].stem
            try:
                measured = job.result()
                size = notebook_of(jobs[job]).stat().st_size
                bar.write(
                    f"  {name}: {measured['wall_seconds']} s, {measured['peak_memory_mb']} MB of memory, "
                    f"{size / 1e6:.2f} MB notebook"
                )
            except Exception as error:
                failures += 1
                bar.write(f"  {name}: FAILED\n{error}", file=sys.stderr)
            bar.update()
    return failures


def main(arguments: list[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Execute the chapters that are stale.")
    parser.add_argument("names", nargs="*", metavar="NN_name", help="only these chapters")
    parser.add_argument("--force", action="store_true", help="execute them stale or not")
    parser.add_argument("--check", action="store_true", help="execute nothing; fail if one is stale")
    parser.add_argument("--lab", action="store_true", help="execute nothing; copy executed chapters to work/")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="chapters at once (default: cores)"
    )
    options = parser.parse_args(arguments)

    sources = {source.stem: source for source in chapter_sources()}
    unknown = set(options.names) - set(sources)
    if unknown:
        parser.error(f"no such chapter: {', '.join(sorted(unknown))}; there are {', '.join(sources)}")
    chosen = [sources[name] for name in options.names] or list(sources.values())
    if options.lab:
        copy_for_lab()
        return 0
    stale = {source: stale_reasons(source) for source in chosen}
    todo = [source for source in chosen if options.force or stale[source]]
    for source in todo:
        print(f"{source.stem}: {', '.join(stale[source]) or 'asked for'}")
    if options.check:
        return 1 if todo else 0
    if not todo:
        print(f"All {len(chosen)} chapters are up to date.")
        return 0
    return 1 if run(todo, max(1, options.jobs)) else 0


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    sys.exit(main())
