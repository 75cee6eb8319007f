"""From an author's text to an executed notebook: ``chapters/NN_name.md`` -> ``book/notebooks/NN_name.ipynb``.

    python book/pipeline.py                    execute every stale chapter, in parallel
    python book/pipeline.py 02_convolution_sum only this one, if it is stale
    python book/pipeline.py --force            all of them, stale or not
    python book/pipeline.py --check            execute nothing; exit status 1 if a chapter is stale

A chapter is stale when the content of anything that its outputs depend on has changed since it was
executed: its own text, the `audio_edu` modules it imports (followed transitively), the data those modules
load, or the pinned requirements. The fingerprint of each is kept in the notebook's metadata, beside the
wall time and the peak memory of the execution. Time stamps play no part, so a fresh clone is not stale.
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
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "book" / "notebooks"
PACKAGE = "audio_edu"
METADATA_KEY = "audio_edu"
CELL_TIMEOUT_S = 300

# What a kernel needs so that two executions print the same and show the whole static page.
KERNEL_ENVIRONMENT = {
    "AUDIO_EDU_STATIC": "1",  # explorers compute every combination
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
        if tags & {"hide-input", "hide-cell"}:  # what the book folds, JupyterLab folds too
            cell.metadata["jupyter"] = {"source_hidden": True}
            if "hide-cell" in tags:
                cell.metadata["jupyter"]["outputs_hidden"] = True
    notebook.metadata.pop("jupytext", None)  # the notebook is a product, not one half of a pair
    return notebook


# --- What does a chapter depend on? -------------------------------------------------------------------


@cache
def module_file(dotted: str) -> Path | None:
    """The file of a module of the package, the ``__init__.py`` of a sub-package, or None."""
    base = ROOT.joinpath(*dotted.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def lazy_names(package: str) -> dict[str, str]:
    """Which module each name of a lazily loading sub-package comes from: its ``__init__.pyi`` says."""
    stub = ROOT.joinpath(*package.split("."), "__init__.pyi")
    if not stub.is_file():
        return {}
    return {
        alias.asname or alias.name: f"{package}.{node.module}" if node.module else f"{package}.{alias.name}"
        for node in ast.walk(ast.parse(stub.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def submodules(package: str) -> set[str]:
    """Every module below a package: what a bare ``import package`` may reach by attribute."""
    folder = ROOT.joinpath(*package.split("."))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in folder.rglob("*.py")
    }


def is_package(module: str) -> bool:
    """Whether a dotted name is a sub-package rather than one module."""
    path = module_file(module)
    return path is not None and path.name == "__init__.py"


def absolute(node: ast.ImportFrom, module: str) -> str:
    """The dotted name that ``from .x import y`` in `module` means."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    kept = parts[: len(parts) - node.level + is_package(module)]
    return ".".join(kept + ([node.module] if node.module else []))


def imported_modules(code: str, module: str = "") -> set[str]:
    """The package's modules that `code` imports anywhere; `module` is its own name, for relative imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            targets = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(node, module)
            targets = []
            for name in (alias.name for alias in node.names):
                if module_file(f"{origin}.{name}"):
                    targets.append(f"{origin}.{name}")
                else:  # a function or a class: of the package itself, or of the module that its stub names
                    found.add(lazy_names(origin).get(name, origin))
        else:
            continue
        for target in targets:
            found.add(target)
            if is_package(target):  # `import audio_edu.signal` may reach all that is in it
                found |= submodules(target)
    return {name for name in found if name.split(".")[0] == PACKAGE}


def followed_modules(code: str) -> set[str]:
    """The modules that `code` imports, those that they import, and so on."""
    todo, done = imported_modules(code), set()
    while todo:
        module = todo.pop()
        if module in done or module_file(module) is None:
            continue
        done.add(module)
        todo |= imported_modules(module_file(module).read_text("utf-8"), module) - done
    return done


@cache
def model_modules() -> frozenset[str]:
    """The last names of the modules that hold models: ``cnn``, ``wavenet``, ..."""
    kinds = (f"{PACKAGE}.{kind}" for kind in ("recognition", "generation", "applications"))
    return frozenset(module.split(".")[-1] for kind in kinds for module in submodules(kind))


def data_files(modules: Iterable[str]) -> list[Path]:
    """What the modules load: ``datasets/digits.py`` loads ``data/digits``; models load the checkpoints.

    A checkpoint is a model's own if its name begins with the model's: ``wavenet.npz``, ``gan-collapsed.npz``
    count only for chapters that use ``wavenet.py``, ``gan.py``. Tables are anybody's. What people read about
    the data, ``README.md``, changes nothing.
    """
    files: set[Path] = set()
    names = {module.split(".")[-1] for module in modules}
    for module in modules:
        kind, name = (*module.split("."), "", "")[1:3]
        if kind == "datasets" and name:
            files |= set((ROOT / "data" / name).rglob("[!.]*"))
        if kind in {"recognition", "generation", "applications"}:
            files |= {
                path
                for path in (ROOT / "data" / "checkpoints").glob("[!.]*")
                if path.suffix == ".csv"
                or (owner := re.split(r"[-_.]", path.name)[0]) in names
                or owner not in model_modules()
            }
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
    files = {module_file(module) for module in modules}
    for folder in {path.parent for path in files}:  # stubs, scripts and styles belong to their package
        files |= {path for path in folder.iterdir() if path.suffix in {".pyi", ".js", ".css"}}
    return {
        "text": digest([source]),
        "modules": digest(files),
        "data": digest(data_files(modules)),
        "requirements": digest([ROOT / "requirements.txt", ROOT / "constraints.txt"]),
    }


def stale_reasons(source: Path) -> list[str]:
    """Why a chapter has to be executed again; an empty list if it does not."""
    path = notebook_of(source)
    if not path.is_file():
        return ["never executed"]
    try:
        recorded = json.loads(path.read_text("utf-8"))["metadata"][METADATA_KEY]["fingerprint"]
    except (ValueError, KeyError):
        return ["no fingerprint"]
    current = fingerprint(source)
    return [kind for kind in current if recorded.get(kind) != current[kind]]


# --- Executing one ------------------------------------------------------------------------------------


class ChapterError(RuntimeError):
    """A cell failed; the message names the chapter, the cell and the line."""


class PeakMemory(threading.Thread):
    """Watches the largest resident memory of a process, in bytes."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        import psutil

        self.process = psutil.Process(pid)
        self.bytes = 0
        self.ended = threading.Event()

    def run(self):
        """Look ten times a second until told to end."""
        import psutil

        while not self.ended.wait(0.1):
            try:
                self.bytes = max(self.bytes, self.process.memory_info().rss)
            except psutil.NoSuchProcess:
                return


def name_failure(source: Path, cell, error: Exception) -> ChapterError:
    """Say where in the author's text the failing line stands."""
    text = source.read_text("utf-8")
    start = text.find(cell.source)
    first_line = text[:start].count("\n") + 1 if start >= 0 else 1
    report = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    inside = re.findall(r"Cell In\[\d+\], line (\d+)", report)
    line = int(inside[-1]) if inside else 1
    reason = f"{getattr(error, 'ename', type(error).__name__)}: {getattr(error, 'evalue', error)}"
    return ChapterError(
        f"{source.relative_to(ROOT)}:{first_line + line - 1}: {cell['id']}, line {line}: {reason}\n{report}"
    )


def tidy_widgets(notebook) -> None:
    """Number the widgets' random ids in order of creation and leave out settings that are not set."""
    widgets = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json")
    if not widgets:
        return
    for model in widgets["state"].values():
        if model["model_name"].endswith(("LayoutModel", "StyleModel")):
            model["state"] = {key: value for key, value in model["state"].items() if value is not None}
    ids = {old: f"{number:032x}" for number, old in enumerate(widgets["state"], start=1)}
    rename = re.compile("|".join(ids))
    text = rename.sub(lambda match: ids[match[0]], json.dumps({"m": notebook.metadata, "c": notebook.cells}))
    renamed = json.loads(text)
    from nbformat import from_dict

    notebook.metadata, notebook.cells = from_dict(renamed["m"]), [from_dict(cell) for cell in renamed["c"]]


def without_log_lines(notebook) -> None:
    """Leave out what libraries log to stderr: it differs from run to run and teaches nothing."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [out for out in cell.outputs if out.get("name") != "stderr"]


def execute(source: Path) -> dict[str, float]:
    """Execute a chapter and put it in place of the previous notebook; on failure that one stays.

    Returns
    -------
    dict
        ``wall_seconds`` and ``peak_memory_mb`` of the kernel.

    Raises
    ------
    ChapterError
        If a cell fails.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    os.environ.update(KERNEL_ENVIRONMENT)
    notebook = read_source(source)
    before = fingerprint(source)
    NOTEBOOKS.mkdir(parents=True, exist_ok=True)
    at: dict = {"cell": notebook.cells[0]}
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        on_cell_start=lambda cell, cell_index: at.update(cell=cell),
    )
    start = time.perf_counter()
    try:
        with client.setup_kernel(stderr=subprocess.DEVNULL):  # what C++ libraries log past Python
            memory = PeakMemory(client.km.provisioner.pid)
            memory.start()
            for index, cell in enumerate(notebook.cells):
                client.execute_cell(cell, index)
            client.set_widgets_metadata()
            memory.ended.set()
    except CellExecutionError as error:
        raise name_failure(source, at["cell"], error) from None
    except Exception as error:  # a dead kernel, a cell past its time
        raise name_failure(source, at["cell"], error) from error
    measured = {
        "wall_seconds": round(time.perf_counter() - start, 1),
        "peak_memory_mb": round(memory.bytes / 2**20),
    }
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata.pop("language_info", None)  # it names the exact Python that ran, and nothing reads it
    tidy_widgets(notebook)
    without_log_lines(notebook)
    notebook.metadata[METADATA_KEY] = {"fingerprint": before, **measured}
    target = notebook_of(source)
    temporary = target.with_suffix(".ipynb.part")
    temporary.write_text(nbformat.writes(notebook) + "\n", "utf-8")
    nbformat.validate(nbformat.read(temporary, as_version=4))
    temporary.replace(target)
    return measured


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
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="chapters at once (default: cores)"
    )
    options = parser.parse_args(arguments)

    sources = {source.stem: source for source in chapter_sources()}
    unknown = set(options.names) - set(sources)
    if unknown:
        parser.error(f"no such chapter: {', '.join(sorted(unknown))}; there are {', '.join(sources)}")
    chosen = [sources[name] for name in options.names] or list(sources.values())
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
