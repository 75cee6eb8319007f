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
stale.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
WORK = ROOT / "work"
PACKAGE = "audio_edu"
METADATA_KEY = "audio_edu"
CELL_TIMEOUT_S = 300

# What a kernel needs so that two executions print the same and show the whole static page.
KERNEL_ENVIRONMENT = {
    "AUDIO_EDU_STATIC": "1",  # explorers compute every combination; players leave their script to the page
    "PYTHONHASHSEED": "0",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",  # oneDNN's results depend on the processor's instruction set
    "CUDA_VISIBLE_DEVICES": "-1",
}


# --- Which chapters are there? ------------------------------------------------------------------------


def chapter_sources() -> list[Path]:
    """All chapters' text files, in reading order."""
    return sorted(CHAPTERS.glob("[0-9][0-9]_*.md"))


def notebook_of(source: Path) -> Path:
    """Where the executed form of `source` lives."""
    return NOTEBOOKS / f"{source.stem}.ipynb"


def read_source(source: Path):
    """Parse a MyST text notebook; cell ids are numbered so that they do not change from run to run."""
    import jupytext

    notebook = jupytext.read(source)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:03d}"
        tags = set(cell.metadata.get("tags", []))
        if "solution" in tags:
            tags.add("hide-cell")
            cell.metadata |= {"tags": sorted(tags), "mystnb": {"code_prompt_show": "Solution"}}
        if tags & {"hide-input", "hide-cell"}:  # what the book folds, JupyterLab folds too
            cell.metadata["jupyter"] = {"source_hidden": True}
            if "hide-cell" in tags:
                cell.metadata["jupyter"]["outputs_hidden"] = True
    notebook.metadata.pop("jupytext", None)  # the notebook is a product, not one half of a pair
    return notebook


# --- What does a chapter depend on? -------------------------------------------------------------------


@cache
def module_file(module: str) -> Path | None:
    """The file of a module of the package, the ``__init__.py`` of a sub-package, or None."""
    base = ROOT.joinpath(*module.split("."))
    return next((path for path in (base.with_suffix(".py"), base / "__init__.py") if path.is_file()), None)


@cache
def submodules(package: str) -> set[str]:
    """Every module below a package: what a bare ``import package`` may reach by attribute."""
    paths = ROOT.joinpath(*package.split(".")).rglob("*.py")
    dotted = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return {module.removesuffix(".__init__") for module in dotted}


@cache
def lazy_names(package: str) -> dict[str, str]:
    """Which module each name of a lazily loading sub-package comes from: its ``__init__.pyi`` says."""
    stub = ROOT.joinpath(*package.split("."), "__init__.pyi")
    return {
        alias.asname or alias.name: f"{package}.{node.module or alias.name}"
        for node in ast.walk(ast.parse(stub.read_text("utf-8") if stub.is_file() else ""))
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def home(package: str, name: str) -> str:
    """The module where a function or a class that a package or a module offers is written."""
    origin = lazy_names(package).get(name)
    return home(origin, name) if origin else package


def imported_modules(code: str, package: str = "") -> set[str]:
    """The package's modules that `code` imports anywhere; relative imports begin at `package`."""
    modules, origins = set(), set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            for name in (alias.name for alias in node.names):
                if module_file(f"{origin}.{name}"):
                    modules.add(f"{origin}.{name}")
                else:
                    origins.add(home(origin, name))
    found = origins.union(modules, *map(submodules, modules))
    return {name for name in found if name.split(".")[0] == PACKAGE}


def followed_modules(code: str) -> set[str]:
    """The modules that `code` imports, those that they import, and so on."""
    todo, done = imported_modules(code), set()
    while todo:
        module = todo.pop()
        if file := module_file(module):
            done.add(module)
            package = module if file.stem == "__init__" else module.rpartition(".")[0]
            todo |= imported_modules(file.read_text("utf-8"), package) - done
    return done


def family(checkpoint: Path) -> str:
    """The package below `audio_edu` that the card of a checkpoint names; empty for a table."""
    card = checkpoint.with_suffix(".json")
    return json.loads(card.read_text("utf-8")).get("family", "") if card.is_file() else ""


def data_files(modules: set[str]) -> list[Path]:
    """What the modules load: ``datasets/digits.py`` loads ``data/digits``, a family its checkpoints.

    A table among the checkpoints is anybody's whose modules know checkpoints. What people read about the
    data, ``README.md``, changes nothing.
    """
    corpora = {module.split(".")[2] for module in modules if module.startswith(f"{PACKAGE}.datasets.")}
    files = [path for corpus in corpora for path in (ROOT / "data" / corpus).rglob("[!.]*")]
    if f"{PACKAGE}.training.checkpoints" in modules:
        known = tuple(f"{module}." for module in modules)
        for path in (ROOT / "data" / "checkpoints").glob("[!.]*"):
            package = f"{PACKAGE}.{family(path)}".rstrip(".") + "."
            if any(module.startswith(package) for module in known):
                files.append(path)
    return sorted(path for path in files if path.is_file() and path.suffix != ".md")


def digest(paths: Iterable[Path]) -> str:
    """One hash over the names and the contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            content = content.replace(b"\r\n", b"\n")  # a Windows checkout is not a change
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + hashlib.sha256(content).digest())
    return total.hexdigest()[:16]


def fingerprint(source: Path) -> dict[str, str]:
    """Hashes of all that the chapter's outputs depend on, by kind."""
    code = "\n".join(
        re.sub(r"^\s*[%!].*$", "pass", cell.source, flags=re.M)
        for cell in read_source(source).cells
        if cell.cell_type == "code" and "raises-exception" not in cell.metadata.get("tags", [])
    )
    modules = followed_modules(code)
    exercises = ROOT.joinpath(PACKAGE, "exercises").glob(f"*{source.stem[:2]}.[pt]*")
    return {
        "text": digest([source, *exercises]),
        "modules": digest(map(module_file, modules)),
        "data": digest(data_files(modules)),
        "requirements": digest([ROOT / "requirements.txt", ROOT / "constraints.txt"]),
    }


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
    before = source.read_text("utf-8").partition(cell.source)[0].count("\n")
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
    temporary = notebook_of(source).with_suffix(".ipynb.part")
    temporary.write_text(stored_text(notebook), "utf-8")
    temporary.replace(notebook_of(source))
    return measured


# --- For JupyterLab -----------------------------------------------------------------------------------


def copy_for_lab() -> None:
    """Copy the executed notebooks to ``work/``, where a reader may change them; what is there already stays.

    A stored notebook holds no script, since the book's pages link it. A copy holds it once, before its first
    player, so that all its players are alive before anything is run.
    """
    import nbformat

    sys.path.insert(0, str(ROOT))
    from audio_edu._assets import script_and_style

    WORK.mkdir(exist_ok=True)
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        copy = WORK / path.name
        if copy.exists():
            if recorded_fingerprint(copy).get("text") != recorded_fingerprint(path).get("text"):
                print(
                    f"work/{path.name} is kept; the chapter has changed since. Delete it to get the new one."
                )
            continue
        notebook = nbformat.read(path, as_version=4)
        for out in (out for cell in notebook.cells for out in cell.get("outputs", [])):
            if "<audio-player" in (html := out.get("data", {}).get("text/html", "")):
                out["data"]["text/html"] = script_and_style() + html
                break
        nbformat.write(notebook, copy)


# --- The command --------------------------------------------------------------------------------------


def run(sources: list[Path], n_jobs: int) -> int:
    """Execute chapters in parallel under a progress bar; return how many failed."""
    from tqdm import tqdm

    failures = 0
    with (
        ProcessPoolExecutor(n_jobs) as pool,
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
    sys.exit(main())
