"""A chapter as an assignment for nbgrader: the student's copy, with locked points below each answer.

Why nbgrader and not Otter: its assignment *is* the notebook, so that a student's copy stays what it is, one
file that runs anywhere; points, feedback pages and the gradebook need no server; JupyterHub knows it. It adds
five packages to the book's (``requirements-nbgrader.txt``). Otter keeps tests beside the notebook and runs
each submission in a container: prefer it where strangers submit.
"""

from __future__ import annotations

import ast
from pathlib import Path

from copies import for_student
from minutes import exercise_asked

CONFIG = '''"""nbgrader's settings for the book's assignments."""

c = get_config()
c.CourseDirectory.course_id = "hearing_machines"
c.CourseDirectory.root = {root!r}
# The student's copy has its solutions taken out already; its pictures and sounds stay.
c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.ExecutePreprocessor.timeout = 300  # seconds for a cell: the book's own limit
c.ExecutePreprocessor.interrupt_on_timeout = True
c.ClearSolutions.enforce_metadata = False
'''
POINTS = """# {name}: {points} point{s}
from audio_edu.exercises.check import mistake

wrong = mistake("{name}", {answer})
assert not wrong, wrong"""


def _metadata(grade_id: str, points: int | None) -> dict:
    """Marks for nbgrader: a cell that the student fills in, or a locked one with points."""
    marks = {"grade_id": grade_id, "schema_version": 3, "task": False, "solution": points is None}
    marks |= {"grade": points is not None, "locked": points is not None}
    return {"nbgrader": marks | ({} if points is None else {"points": points})}


def answer_of(source: str) -> str:
    """What a cell gives to ``check``, as it is written there."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    asked = next(call for call in calls if getattr(call.func, "id", "") == "check")
    return ast.unparse(asked.args[1])


def for_nbgrader(notebook):
    """The student's copy with, below each exercise, a locked cell: as many points as its level, 1 to 3."""
    import nbformat

    from audio_edu.exercises.check import exercise_of

    made = for_student(notebook)
    cells = []
    for cell in made.cells:
        cells.append(cell)
        if name := exercise_asked(cell):
            points = exercise_of(name)["level"]
            cell.metadata |= _metadata(f"answer-{name}", None)
            values = {
                "name": name,
                "points": points,
                "s": "s" * (points > 1),
                "answer": answer_of(cell.source),
            }
            graded = nbformat.v4.new_code_cell(
                POINTS.format(**values), metadata=_metadata(f"points-{name}", points)
            )
            graded["id"] = f"points-{name}"
            cells.append(graded)
    made.cells = cells
    return made


def write_course(paths: list[Path], folder: Path) -> None:
    """Write nbgrader's settings and each chapter's source, ``source/NN/NN_name.ipynb``, to `folder`."""
    import nbformat

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder.resolve())), "utf-8")
    for path in paths:
        place = folder / "source" / path.stem[:2]
        place.mkdir(parents=True, exist_ok=True)
        nbformat.write(for_nbgrader(nbformat.read(path, as_version=4)), place / path.name)
    print(f"{len(paths)} assignments: {folder / 'source'}")
