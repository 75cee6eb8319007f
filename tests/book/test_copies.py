"""Copies of the chapters: a student's gives nothing away and runs; an instructor's lacks nothing."""

import ast
import re

import copies
import minutes
import nbformat
import pipeline
import pytest
import workshop

SOURCES = pipeline.chapter_sources()
every_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)


def executed(source):
    return nbformat.read(pipeline.notebook_of(source), as_version=4)


def code_of(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@every_chapter
def test_a_students_copy_holds_no_solution(source):
    notebook = executed(source)
    student = copies.for_student(notebook)
    solved = [cell for cell in notebook.cells if minutes.is_solution(cell)]
    open_text = "\n".join(cell.source for cell in notebook.cells if not minutes.is_solution(cell))
    lines = {line.strip() for cell in solved for line in cell.source.splitlines()}
    secret = {line for line in lines if len(line) > 8 and line not in open_text}
    assert secret or not solved
    text = "\n".join(cell.source for cell in student.cells)
    assert not [line for line in secret if line in text]
    assert "solutions are folded" not in text
    shown = nbformat.writes(student)
    assert "Right!" not in shown and "data-task=" not in shown  # a form's task tells what is right


@every_chapter
def test_a_students_copy_keeps_all_else(source):
    notebook = executed(source)
    student = copies.for_student(notebook)
    kept = [cell for cell in notebook.cells if not minutes.is_solution(cell)]
    assert [cell["id"] for cell in student.cells] == [cell["id"] for cell in kept]
    for before, after in zip(kept, student.cells, strict=True):
        if before.cell_type == "code":
            assert after.source == before.source
            assert len(after.outputs) == (0 if minutes.exercise_asked(before) else len(before.outputs))
    nbformat.validate(student)


def names(code, context):
    """The names that code binds (Store) or looks up (Load), at any depth."""
    tree = ast.parse(re.sub(r"^\s*[%!].*$", "pass", code, flags=re.M))
    found = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, context)}
    if context is ast.Store:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
                found.add(node.name)
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            found |= {node.arg} if isinstance(node, ast.arg) else set()
    return found


@every_chapter
def test_no_code_needs_what_only_a_solution_defines(source):
    solved, known = set(), set()
    for cell in code_of(executed(source)):
        if minutes.is_solution(cell):
            solved |= names(cell.source, ast.Store)
            continue
        known |= names(cell.source, ast.Store)
        assert not names(cell.source, ast.Load) & solved - known, cell.source


@pytest.mark.slow
def test_a_students_copy_runs_with_every_exercise_open(tmp_path):
    from nbclient import NotebookClient

    notebook = copies.for_student(executed(SOURCES[1]))
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    asked = [cell for cell in notebook.cells if minutes.exercise_asked(cell)]
    assert len(asked) >= 4
    for cell in asked:
        assert "Not answered yet" in cell.outputs[-1].data["text/plain"]


@every_chapter
def test_an_instructors_copy_is_the_chapter_in_full_with_notes_and_minutes(source):
    notebook = executed(source)
    made = copies.for_instructor(notebook)
    assert [c.source for c in code_of(made)] == [c.source for c in code_of(notebook)]
    assert [len(c.outputs) for c in code_of(made)] == [len(c.outputs) for c in code_of(notebook)]
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    headings = minutes.HEADING.findall("\n".join(c.source for c in notebook.cells))
    notes = re.findall(r"^> \*\*For the instructor\.\*\* About \d+ min", text, re.M)
    assert len(notes) == len([title for title in headings if title])
    for name, spent in minutes.exercise_minutes(source.stem[:2]).items():
        assert re.search(rf"^> \*\*For the instructor\.\*\* {name}, \w+, {spent} min\.", text, re.M)
    nbformat.validate(made)


@every_chapter
def test_links_and_citations_of_a_copy_make_sense_without_the_book(source):
    made = copies.for_lab(executed(source))
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    fences = re.compile(r"^```.*?^```$", re.M | re.S)  # code that is shown, not run
    raw = r"\{[a-z]+(?::\w+)?\}`|^:::|^```\{|^\([\w-]+\)=$|\]\(\.\./|\]\([\w-]+\)"
    assert re.findall(raw, fences.sub(lambda code: code[0].splitlines()[0], text), re.M) == []
    linked = set(re.findall(r"\]\((\d\d_\w+)([^)]*)\)", text))
    chapters = {other.stem for other in SOURCES}
    assert all(stem in chapters and rest.startswith(".ipynb") for stem, rest in linked)


def test_what_a_page_folds_is_folded_in_a_copy():
    shown = ":::{dropdown} `a`, *not* b < c\nNo: $a$.\n\nNever.\n:::\n:::{note}\nOne.\nTwo.\n:::\n"
    assert copies.legible(shown) == (
        "<details><summary><code>a</code>, <em>not</em> b &lt; c</summary>\n\n"
        "No: $a$.\n\nNever.\n\n</details>\n\n"
        "> **Note.** One.\n> Two.\n"
    )


def test_pages_of_the_book_alone_are_words_in_a_copy_and_labels_are_gone():
    shown = "(here)=\n### There\n[five](../front/documents), [below](here), [C26](c26), [4](04_learning)"
    assert copies.legible(shown) == (
        "### There\nfive, below, [C26](91_documents_corrected.ipynb), [4](04_learning.ipynb)"
    )


def test_a_copy_of_a_copy_is_the_same():
    for make in (copies.for_lab, copies.for_student):
        once = make(executed(SOURCES[1]))
        assert make(once) == once


def test_a_citation_in_words():
    assert copies.legible("as {cite}`shannon1948` says") == "as (Shannon, 1948) says"
    both = copies.legible("{cite}`graves2006,hannun2014`")
    assert re.fullmatch(r"\(Graves et al\., 2006; Hannun et al\., 2014\)", both)


# --- Minutes --------------------------------------------------------------------------------------------


def test_minutes_follow_from_what_stands_in_a_section():
    text = nbformat.v4.new_markdown_cell("# T\n\n## One\n" + "word " * 260 + "\n## Two\nword")
    out = nbformat.v4.new_output(
        "display_data",
        {"text/html": "<audio-player>", "text/plain": "listen: x\n  25.0 s · 8000 Hz · peak -3 dBFS"},
    )
    folded = nbformat.v4.new_code_cell("a = 1", outputs=[out], metadata={"tags": ["hide-input"]})
    opened = nbformat.v4.new_code_cell("\n".join(f"x{k} = 1" for k in range(24)))
    _, one, two = minutes.sections(nbformat.v4.new_notebook(cells=[text, folded, opened]))
    assert (one.title, one.n_words, one.minutes) == ("One", 260, 2)
    assert (two.n_lines, two.n_sounds, two.heard_s, two.minutes) == (24, 1, 25.0, 4)


@every_chapter
def test_a_chapters_minutes_are_plausible(source):
    parts = minutes.sections(executed(source))
    assert len(parts) >= 2
    assert 5 <= sum(part.minutes for part in parts) <= 300


# --- The command ----------------------------------------------------------------------------------------


def test_the_command_writes_the_chapters_that_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(workshop, "BUILD", tmp_path)
    assert workshop.main(["student", "2", "05"]) == 0
    made = sorted(path.name for path in (tmp_path / "student").iterdir())
    assert made == ["02_convolution_sum.ipynb", "05_convolutional_network.ipynb"]
    assert "2 notebooks for the student" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        workshop.main(["student", "77"])
    assert "no such chapter: 77" in capsys.readouterr().err
