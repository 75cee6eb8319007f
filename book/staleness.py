"""What a chapter depends on: its text, the modules it imports, the data they load, and the pinned versions.

The content of all that is hashed, by kind; `fingerprint` is what `pipeline.py` keeps in an executed notebook
and compares. How a file's lines end, or whether it begins with a byte order mark, is no part of its content.
"""

from __future__ import annotations

import ast
import codecs
import hashlib
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "audio_edu"


def text_of(path: Path) -> str:
    """Read a text as any editor may have saved it: with CRLF or LF, with or without a byte order mark."""
    return path.read_text("utf-8-sig")


def read_source(source: Path):
    """Parse a MyST text notebook; cell ids are numbered so that they do not change from run to run."""
    import jupytext

    notebook = jupytext.reads(text_of(source), {"extension": source.suffix})
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
            todo |= imported_modules(text_of(file), package) - done
    return done


def family(checkpoint: Path) -> str:
    """The package below `audio_edu` that the card of a checkpoint names; empty for a table."""
    card = checkpoint.with_suffix(".json")
    return json.loads(card.read_text("utf-8")).get("family", "") if card.is_file() else ""


@cache
def all_text() -> str:
    """The text of all chapters and of the package."""
    paths = [*(ROOT / "chapters").glob("*.md"), *(ROOT / PACKAGE).rglob("*.py")]
    return "\n".join(text_of(path) for path in sorted(paths))


def is_table_of(path: Path, code: str) -> bool:
    """Whether code names a table, as ``"real"``, ``"real.csv"`` or, of ``real_2``, ``f"real_{n}"``.

    One that nobody names is everybody's.
    """
    stem, start = (re.escape(text) for text in (path.stem, path.stem.rpartition("_")[0] + "_{"))
    name = re.compile(rf"""["'/](?:{stem}(\.\w+)?["']|{start})""")
    return bool(name.search(code) or not name.search(all_text()))


def data_files(modules: set[str], code: str = "") -> list[Path]:
    """What the modules load: ``datasets/digits.py`` loads ``data/digits``, a family its checkpoints.

    A table among the checkpoints is loaded by the chapters whose `code` names it, or one of whose modules
    does, if they know checkpoints. What people read about the data, ``README.md``, changes nothing.
    """
    corpora = {module.split(".")[2] for module in modules if module.startswith(f"{PACKAGE}.datasets.")}
    code += "".join(text_of(file) for module in sorted(modules) if (file := module_file(module)))
    files = [path for corpus in corpora for path in (ROOT / "data" / corpus).rglob("[!.]*")]
    if f"{PACKAGE}.training.checkpoints" in modules:
        known = tuple(f"{module}." for module in modules)
        for path in (ROOT / "data" / "checkpoints").glob("[!.]*"):
            package = family(path)
            if package:
                is_loaded = any(module.startswith(f"{PACKAGE}.{package}.") for module in known)
            else:
                is_loaded = is_table_of(path, code)
            if is_loaded:
                files.append(path)
    return sorted(path for path in files if path.is_file() and path.suffix != ".md")


def digest(paths: Iterable[Path]) -> str:
    """One hash over the names and the contents of files."""
    total = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        if b"\0" not in content[:8192]:
            # how an editor, or Windows, saves it is no change
            content = content.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")
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
        "data": digest(data_files(modules, code)),
        "requirements": digest([ROOT / "requirements.txt", ROOT / "constraints.txt"]),
    }
