"""A chapter as an assignment: graded end to end with three submissions, where nbgrader is installed."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import assignment
import minutes
import nbconvert
import nbformat
import pipeline
import pytest

SOURCES = [source for source in pipeline.chapter_sources() if int(source.stem[:2]) <= 22]
CHAPTER = next(source for source in SOURCES if source.stem.startswith("02"))


def executed(source):
    return nbformat.read(pipeline.notebook_of(source), as_version=4)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_every_exercise_has_an_open_cell_and_a_locked_one_with_points(source):
    made = assignment.for_nbgrader(executed(source))
    marks = [cell.metadata["nbgrader"] for cell in made.cells if "nbgrader" in cell.metadata]
    names = list(minutes.exercise_minutes(source.stem[:2]))
    expected = [f"{what}-{name}" for name in names for what in ("answer", "points")]
    assert [mark["grade_id"] for mark in marks] == expected
    assert all(mark["locked"] == mark["grade"] != mark["solution"] for mark in marks)
    assert all(1 <= mark["points"] <= 3 for mark in marks if mark["grade"])
    nbformat.validate(made)


def test_what_is_graded_is_what_was_checked():
    assert assignment.answer_of('from x import check\n\nh = ...\ncheck("02-5", h * 2)') == "h * 2"


# --- With nbgrader --------------------------------------------------------------------------------------

needs_nbgrader = pytest.mark.skipif(
    importlib.util.find_spec("nbgrader") is None,
    reason="nbgrader is not installed: `make test-grading` installs it",
)
TYPICAL = {"02-1": "answer = 7200", "02-4": 'answer = "a"'}  # N + M; another room


def submission(kind, release):
    """What a student hands in: the release with answers in it."""
    solved = {
        name: cell.source
        for cell in executed(CHAPTER).cells
        if minutes.is_solution(cell) and (name := minutes.CHECK.search(cell.source)[1])
    }
    made = nbformat.read(release, as_version=4)
    for cell in list(made.cells):
        name = minutes.exercise_asked(cell)
        if name and cell.metadata["nbgrader"]["solution"]:
            cell.source = solved[name]
            if kind == "typical" and name in TYPICAL:
                cell.source = f'{TYPICAL[name]}\ncheck("{name}", answer)'
            if kind == "broken":
                broken = {"02-1": "answer = (", "02-2": "1 / 0", "02-3": "import no_such_package"}
                cell.source = broken.get(name, "answer = ...")
        elif kind == "broken" and cell.metadata.get("nbgrader", {}).get("grade"):
            cell.source = "assert True"  # a student may try
    return made


@pytest.fixture(scope="module")
def grades(tmp_path_factory):
    """Points of each submission by exercise, after release, submission and grading."""
    course = tmp_path_factory.mktemp("course")
    assignment.write_course([pipeline.notebook_of(CHAPTER)], course)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
    share = (
        Path(nbconvert.__file__).parents[4] / "share" / "jupyter"
    )  # its templates, in the first environment
    environment = {**os.environ, **pipeline.KERNEL_ENVIRONMENT, "PATH": path, "JUPYTER_PATH": str(share)}

    def nbgrader(*words):
        command = [sys.executable, "-m", "nbgrader", *words]
        ran = subprocess.run(
            command, cwd=course, env=environment, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr

    nbgrader("generate_assignment", "02")
    name = f"{CHAPTER.stem}.ipynb"
    for student in ("right", "typical", "broken"):
        folder = course / "submitted" / student / "02"
        folder.mkdir(parents=True)
        nbformat.write(submission(student, course / "release" / "02" / name), folder / name)
    nbgrader("autograde", "02")
    nbgrader("generate_feedback", "02")
    code = (
        "import json\nfrom nbgrader.api import Gradebook\n"
        "with Gradebook('sqlite:///gradebook.db') as book:\n"
        "    print(json.dumps({s.student.id: {g.name: g.score for n in s.notebooks for g in n.grades}"
        " for s in book.assignment_submissions('02')}))"
    )
    command = [sys.executable, "-c", code]
    said = subprocess.run(
        command, cwd=course, env=environment, capture_output=True, text=True, check=True
    ).stdout
    scores = json.loads(said.splitlines()[-1])
    pages = {s: (course / "feedback" / s / "02" / f"{CHAPTER.stem}.html").read_text("utf-8") for s in scores}
    return scores, pages


@needs_nbgrader
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_three_submissions_get_what_they_deserve(grades):
    scores, pages = grades
    full = {
        f"points-{name}": level
        for name, level in (("02-1", 1), ("02-2", 2), ("02-3", 2), ("02-4", 1), ("02-5", 2), ("02-6", 3))
    }
    print(scores)
    assert scores["right"] == full
    assert scores["typical"] == {**full, "points-02-1": 0, "points-02-4": 0}
    assert set(scores["broken"].values()) == {0}
    assert "that is N + M" in pages["typical"]
