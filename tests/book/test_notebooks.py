"""The executed notebooks: the same source as the chapters, up to date, complete, within budget, compared."""

import configparser
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pipeline
import pytest
import yaml

from audio_edu.exercises.check import exercises

ROOT = Path(__file__).resolve().parents[2]
SOURCES = pipeline.chapter_sources()
NUMBERED = [source for source in SOURCES if int(source.stem[:2]) <= 22]
every_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
every_numbered_chapter = pytest.mark.parametrize("source", NUMBERED, ids=lambda source: source.stem)
ANATOMY = [
    "Before you start",
    "The formula",
    "The literal code",
    "The library's code",
    "On real sound",
    "Listen and touch",
    "What goes wrong",
    "Exercises",
    "中文提要",
    "Further reading",
]
LEAST_COMPARED = 0.8
MAX_CODE_WIDTH = 88
MAX_WORDS = 5000
MAX_NOTEBOOK_BYTES = 2_000_000
# The budget is 60 s on two quiet cores. What is stored was measured where the chapter was made, on slower or
# busy machines too: this bound finds a chapter that has run away.
MAX_WALL_SECONDS = 240


def notebook(source):
    return nbformat.read(pipeline.notebook_of(source), as_version=4)


def test_there_are_chapters():
    assert [source.stem for source in NUMBERED][:3] == [
        "01_sound_as_numbers",
        "02_convolution_sum",
        "03_spectrograms",
    ]


@every_chapter
def test_notebook_has_the_sources_cells(source):
    text, executed = pipeline.read_source(source), notebook(source)
    assert [(c.cell_type, c.source) for c in text.cells] == [(c.cell_type, c.source) for c in executed.cells]
    assert [c.metadata for c in text.cells] == [c.metadata for c in executed.cells]


@every_chapter
def test_chapter_is_up_to_date(source):
    assert pipeline.stale_reasons(source) == [], "run `make chapters`"


def test_every_chapter_is_in_the_table_of_contents_and_nothing_else_is():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))
    listed = {entry["file"] for part in toc["parts"] for entry in part["chapters"]}
    notebooks = {f"notebooks/{source.stem}" for source in SOURCES}
    assert {name for name in listed if name.startswith("notebooks/")} == notebooks
    assert {path.stem for path in pipeline.NOTEBOOKS.glob("*.ipynb")} == {source.stem for source in SOURCES}


@every_chapter
def test_every_cell_was_executed_in_order_without_error(source):
    cells = [cell for cell in notebook(source).cells if cell.cell_type == "code" and cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [out for cell in cells for out in cell.outputs if out.output_type == "error"]


@every_chapter
def test_the_page_brings_the_players_script_and_style(source):
    assert "data-audio-edu" not in pipeline.notebook_of(source).read_text("utf-8")


@every_chapter
def test_within_budget(source):
    executed = notebook(source)
    assert pipeline.notebook_of(source).stat().st_size <= MAX_NOTEBOOK_BYTES
    assert executed.metadata["audio_edu"]["wall_seconds"] <= MAX_WALL_SECONDS
    assert executed.metadata["audio_edu"]["peak_memory_mb"] > 0


@every_numbered_chapter
def test_a_chapter_has_the_ten_sections_in_order(source):
    headings = re.findall(r"^## (.+?)\s*$", source.read_text("utf-8"), re.M)
    assert headings == ANATOMY


@every_numbered_chapter
def test_no_line_of_code_is_wider_than_its_column(source):
    code = [cell.source for cell in pipeline.read_source(source).cells if cell.cell_type == "code"]
    wide = [line for cell in code for line in cell.splitlines() if len(line) > MAX_CODE_WIDTH]
    assert wide == []


@every_numbered_chapter
def test_a_chapter_is_not_too_long(source):
    prose = [cell.source for cell in pipeline.read_source(source).cells if cell.cell_type == "markdown"]
    assert sum(len(cell.split()) for cell in prose) <= MAX_WORDS


@every_numbered_chapter
def test_every_exercise_is_asked_and_has_a_solution_that_is_right(source):
    asked, solved = [], []
    for cell in (cell for cell in notebook(source).cells if cell.cell_type == "code"):
        names = re.findall(r'check\("([^"]+)"', cell.source)
        is_solution = "solution" in cell.metadata.get("tags", [])
        (solved if is_solution else asked).extend(names)
        said = "".join(out.get("text", "") for out in cell.outputs)
        assert not (names and is_solution) or said.count("Right!") == len(names), cell.source
    chapter = source.stem[:2]
    assert asked == solved == [f"{chapter}-{number}" for number in exercises(chapter)]


# --- What nbval compares ---------------------------------------------------------------------------------

# nbval knows a comment that is nothing but these words, and these tags.
IGNORED = re.compile(r"^\s*# (NBVAL_(IGNORE_OUTPUT|SKIP)|PYTEST_VALIDATE_IGNORE_OUTPUT)\s*$", re.M)
REASONED = re.compile(r"# NBVAL_IGNORE_OUTPUT: \S.{9,}")


def sanitize(text):
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "nbval_sanitize.cfg", "utf-8")
    for name in rules.sections():
        text = re.sub(rules[name]["regex"], rules[name]["replace"], text)
    return text


def is_ignored(cell):
    tags = cell.metadata.get("tags", [])
    return bool(IGNORED.search(cell.source)) or bool({"nbval-ignore-output", "nbval-skip"} & set(tags))


def facts(cell):
    """What of a cell's outputs nbval compares, as one text: nothing of a bare picture or of a bare object."""
    found = []
    for out in cell.outputs:
        if out.output_type == "stream" and out.name == "stdout":
            found.append(out.text)
        for kind in ("text/plain", "text/html"):
            found.append(
                re.sub(r"<(style|script).*?</\1>|<[^>]*>", "", sanitize(out.get("data", {}).get(kind, "")))
            )
    text = "\n".join(part for part in found if not re.fullmatch(r"\s*(<Figure[^>]*>|\w+\(.*\))?\s*", part))
    return text.strip()


def compared_share(source):
    with_output = [c for c in notebook(source).cells if c.cell_type == "code" and c.outputs]
    compared = [cell for cell in with_output if not is_ignored(cell) and facts(cell)]
    return len(compared), len(with_output)


@every_chapter
def test_most_outputs_are_compared(source, record_property):
    compared, with_output = compared_share(source)
    record_property("compared_share", compared / with_output)
    print(f"{source.stem}: {compared} of {with_output} cells with output are compared")
    assert compared / with_output >= LEAST_COMPARED


@every_chapter
def test_what_is_ignored_says_why(source):
    for cell in notebook(source).cells:
        if cell.cell_type == "code" and is_ignored(cell):
            assert REASONED.search(cell.source), f"{cell['id']} ignores its output without a reason"
        elif cell.cell_type == "code":
            assert "NBVAL_IGNORE" not in cell.source, f"{cell['id']} lacks the tag nbval-ignore-output"


# --- Can the check fail? ---------------------------------------------------------------------------------

SOUND = """
import numpy as np
from audio_edu.datasets import load_digits
from audio_edu.widgets import listen
digits = load_digits()
x = np.concatenate([digits.audio[k] for k in range(4)])
print(4)
listen(x, digits.sample_rate, title="Four digits", hint="Listen for the words.")
""".strip()
HIGHER = "import librosa; x = librosa.effects.pitch_shift(x, sr=digits.sample_rate, n_steps=0.5)"
CHANGES = {  # of the source or of the stored outputs, and what nbval has to say
    "the sound is half a semitone higher": (lambda cell: before_last(cell, HIGHER), "mismatch 'text/"),
    "the sound is 3 dB louder": (lambda cell: before_last(cell, "x = x * 10 ** (3 / 20)"), "mismatch 'text/"),
    "the sound lacks its last second": (lambda cell: before_last(cell, "x = x[:-8000]"), "mismatch 'text/"),
    "a number is another": (lambda cell: before_last(cell, "print(5)"), "mismatch 'stdout'"),
    "a stored number is another": (lambda cell: cell.outputs[0].update(text="40\n"), "mismatch 'stdout'"),
    "it was never executed": (lambda cell: cell.update(outputs=[], execution_count=None), "never executed"),
    "nothing": (lambda cell: None, None),
}


def before_last(cell, line):
    *lines, last = cell.source.splitlines()
    cell.source = "\n".join([*lines, line, last])


@pytest.fixture(scope="module")
def complaints(tmp_path_factory):
    """What nbval says of each cell of a notebook, all executed alike and each changed in one way since."""
    from nbclient import NotebookClient

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOUND)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(book, timeout=120).execute()
    executed = json.dumps(book.cells[0])
    book.cells = [nbformat.from_dict(json.loads(executed)) for _ in CHANGES]
    for number, (change, _) in enumerate(CHANGES.values()):
        book.cells[number]["id"] = f"cell-{number}"
        change(book.cells[number])
    folder = tmp_path_factory.mktemp("nbval")
    nbformat.write(book, folder / "sound.ipynb")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-c"]
    command += [str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "--confcutdir", str(ROOT)]
    command += ["--nbval", "--nbval-current-env", "-p", "conftest", str(folder / "sound.ipynb")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    said = re.split(r"^_+ sound\.ipynb::Cell (\d+) _+$", ran.stdout, flags=re.M)
    assert f"{len(CHANGES) - 1} failed, 1 passed" in said[-1], ran.stdout + ran.stderr
    return {list(CHANGES)[int(number)]: text for number, text in zip(said[1::2], said[2::2], strict=True)}


@pytest.mark.parametrize("change", CHANGES)
def test_nbval_sees(change, complaints):
    expected = CHANGES[change][1]
    if expected is None:
        assert change not in complaints
    else:
        assert expected in complaints[change]
