"""What a workshop needs, from the executed chapters.

    python book/workshop.py student            _build/student/: every chapter without its solutions
    python book/workshop.py student 05         only this one
    python book/workshop.py instructor 05      _build/instructor/: in full, with notes and minutes
    python book/workshop.py assignment 05      _build/course/: sources for nbgrader
    python book/workshop.py bundle             _build/hearing-machines.zip: pages, student copies
    python book/workshop.py bundle --wheels linux   ... with all packages inside, for one platform
    python book/workshop.py slides 05          _build/slides/: decks, with players and explorers

`copies.py` says what a copy is, `slides.py` what a slide shows. Nothing is executed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import copies
import pipeline
from assignment import write_course
from bundle import PLATFORMS, download_wheels, write_bundle
from slides import write_slides

BUILD = pipeline.ROOT / "_build"
KINDS = {"student": copies.for_student, "instructor": copies.for_instructor}


def chosen(names: Sequence[str]) -> list[Path]:
    """The executed chapters that are named, by number or by name; all of them if none is.

    Raises
    ------
    ValueError
        If there is no such chapter.
    """
    notebooks = [pipeline.notebook_of(source) for source in pipeline.chapter_sources()]
    known = {key: path for path in notebooks for key in (path.stem, path.stem[:2], str(int(path.stem[:2])))}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(
            f"no such chapter: {', '.join(unknown)}; there are {', '.join(p.stem for p in notebooks)}"
        )
    return [known[name] for name in names] or notebooks


def write_copies(kind: str, notebooks: Sequence[Path], folder: Path) -> None:
    """Write a copy of each chapter to `folder`."""
    import nbformat

    from audio_edu._files import replacing

    folder.mkdir(parents=True, exist_ok=True)
    for path in notebooks:
        made = KINDS[kind](nbformat.read(path, as_version=4))
        with replacing(folder / path.name) as partial:
            nbformat.write(made, partial)
    print(f"{len(notebooks)} notebooks for the {kind}: {folder}")


def make_bundle(platform: str | None) -> None:
    """Write the students' zip, from the rendered book and fresh student copies.

    Raises
    ------
    FileNotFoundError
        If the book is not rendered.
    """
    if not (BUILD / "html" / "index.html").is_file():
        raise FileNotFoundError("the book is not rendered: run `make book` first")
    write_copies("student", chosen([]), BUILD / "student")
    write_bundle(BUILD, download_wheels(platform, BUILD / "wheels") if platform else None)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the module's docstring."""
    parser = argparse.ArgumentParser(description="Make what a workshop needs from the executed chapters.")
    parser.add_argument("what", choices=[*KINDS, "assignment", "bundle", "slides"], help="what to make")
    parser.add_argument("chapters", nargs="*", metavar="NN", help="only these chapters")
    parser.add_argument("--wheels", choices=PLATFORMS, help="put the packages for a platform into the bundle")
    options = parser.parse_args(arguments)
    try:
        notebooks = chosen(options.chapters)
    except ValueError as error:
        parser.error(str(error))
    if options.what == "slides":
        write_slides(notebooks, BUILD / "slides")
    elif options.what == "bundle":
        make_bundle(options.wheels)
    elif options.what == "assignment":
        write_course(notebooks, BUILD / "course")
    else:
        write_copies(options.what, notebooks, BUILD / options.what)
    return 0


if __name__ == "__main__":
    sys.exit(main())
