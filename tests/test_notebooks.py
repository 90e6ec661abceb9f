"""Every lesson runs from its first cell to its last, and is stored without outputs."""

import importlib
import re
from itertools import pairwise

import pytest

from src.lab.exercises.checking import exercises
from tests.commands import run
from tests.lesson_claims import CLAIMS
from tests.lessons import is_exercise
from tests.pages import cells_of
from tests.sandbox import ROOT, environment, make_sandbox
from tests.wrong_answers import WRONG

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
EXECUTED = ROOT / ".lessons"
"""Lessons with what their cells showed, for `make docs`."""

LENGTH = {
    "05_xor": "few seeds",
    "07_fashion_mnist": "two epochs",
    "08_improving_a_model": "two epochs",
    "09_your_own_data": "two epochs",
}
"""The lessons that train less here than their reader does (`tests.lessons.LENGTHS`); the others train in full."""


def names(path):
    return path.stem


def test_lessons_are_numbered_one_to_nine():
    assert [path.name[:3] for path in NOTEBOOKS] == [f"{number:02}_" for number in range(1, 10)]


def try_lesson(path, length, sandbox):
    """Run a lesson from its first cell to its last, its exercises with their solutions and with wrong answers."""
    (sandbox / "notebooks").mkdir()
    EXECUTED.mkdir(exist_ok=True)
    words = ["tests.lessons", str(path), length, str(EXECUTED / path.name)]
    done = run(words, sandbox, own_code=True, **environment(sandbox))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert not list((sandbox / "notebooks").iterdir())  # a lesson leaves its files under runs/


@pytest.mark.docs
@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_runs(path, tmp_path):
    try_lesson(path, LENGTH.get(path.stem, "whole"), make_sandbox(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_runs_as_its_reader_runs_it(path, tmp_path):
    try_lesson(path, "as written", make_sandbox(tmp_path, real_data=True))


def test_a_lesson_in_two_epochs_claims_nothing_that_training_has_to_reach():
    assert not [stem for stem, length in LENGTH.items() if length == "two epochs" and stem in CLAIMS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_has_no_tests_of_ours(path):
    code = "\n".join(cell["source"] for cell in cells_of(path) if cell["cell_type"] == "code")
    assert "assert" not in code
    assert {*CLAIMS.get(path.stem, {})} <= {cell["id"] for cell in cells_of(path)}


def outputs_in_a_kernel(code, sandbox, monkeypatch):
    """The outputs of a cell in a Jupyter kernel of its own, where libraries behave as in no other process."""
    import nbformat
    from nbclient import NotebookClient

    for key, value in environment(sandbox).items():
        monkeypatch.setenv(key, value)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(sandbox)}}).execute()
    return notebook.cells[0].outputs


def printed(outputs):
    return "".join(output.text for output in outputs if output.output_type == "stream")


@pytest.mark.docs
def test_a_saved_notebook_keeps_the_summary_of_a_run_and_no_state_of_its_progress_bar(tmp_path, monkeypatch):
    code = "from src import lab\n\nrun = lab.train('xor', 'trainer.max_epochs=3', 'callbacks.figures=null')"
    outputs = outputs_in_a_kernel(code, make_sandbox(tmp_path), monkeypatch)
    assert "3 epochs, 120 steps" in printed(outputs)
    assert "\r" not in printed(outputs)
    assert [output.data for output in outputs if output.output_type == "display_data"] == [{"text/plain": ""}]


@pytest.mark.docs
def test_a_notebook_without_ipywidgets_reads_tables(tmp_path, monkeypatch):
    (tmp_path / "rows.csv").write_text("a;b\n1;2\n")
    code = (
        "import sys\nfrom pathlib import Path\n\nsys.modules['ipywidgets'] = None\n"
        "from src.data.reading.engine import sniffed\n\nprint(sniffed(Path('rows.csv')).separator)"
    )
    assert printed(outputs_in_a_kernel(code, make_sandbox(tmp_path), monkeypatch)) == ";\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_is_kept_without_outputs(path):
    for cell in cells_of(path):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_defines_nothing_that_is_to_be_kept(path):
    """A function or two to draw with are fine; classes, networks and training loops have their place in `src/`."""
    source = "\n".join(cell["source"] for cell in cells_of(path) if cell["cell_type"] == "code")
    assert not re.search(r"^class ", source, re.MULTILINE)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_has_exercises_that_are_checked_and_solved_where_one_reads_them(path):
    cells = cells_of(path)
    found = [(cell["source"], below["source"]) for cell, below in pairwise(cells) if is_exercise(cell)]
    names = [re.search(r'^lab\.check\("([^"]+)"', source.splitlines()[-1])[1] for source, _ in found]
    number = int(path.stem[:2])
    assert names == [*importlib.import_module(f"src.lab.exercises.lesson_{number}").EXERCISES]
    assert all(below.startswith("<details><summary>Solution</summary>\n\n```python\n") for _, below in found)
    assert sum("def " in source for source, _ in found) >= 1  # some write code


def test_every_exercise_has_three_wrong_answers():
    assert {name: len(answers) >= 3 for name, answers in WRONG.items()} == dict.fromkeys(exercises(), True)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_speaks_as_the_others_do(path):
    text = [cell["source"] for cell in cells_of(path) if cell["cell_type"] == "markdown"]
    assert "At the end of this lesson you " in text[0]
    assert any("**What do you expect?**" in source for source in text)
    assert not re.search(r"\*\*(Question|What do you expect(?!\?\*\*))", "\n".join(text))
    unlinked = re.compile(r"(?<!\[)\b[Ll]esson [1-9]\b(?!\])")
    assert not [source for source in text[1:] if unlinked.search(source)]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_every_cell_says_what_it_is_on_slides(path):
    kinds = {cell["id"]: cell["metadata"]["slideshow"]["slide_type"] for cell in cells_of(path)}
    assert {*kinds.values()} <= {"slide", "subslide", "-", "skip"}
    assert next(iter(kinds.values())) == "slide"


@pytest.mark.docs
@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_slides_show_the_lesson_without_its_exercises(path):
    from nbconvert import SlidesExporter

    page, _ = SlidesExporter().from_filename(str(path))
    assert "lab.check(" not in page
    assert page.count("<section") > sum(cell["source"].startswith("#") for cell in cells_of(path)) - 1
