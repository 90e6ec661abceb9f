"""Every lesson runs from its first cell to its last, and is stored without outputs."""

import re

import pytest

from tests.commands import run
from tests.pages import cells_of, commands_in, sooner, undrawn
from tests.sandbox import ROOT, environment, make_sandbox

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
    """Run a lesson from its first cell to its last, and then the commands that solve its exercises."""
    (sandbox / "notebooks").mkdir()
    EXECUTED.mkdir(exist_ok=True)
    words = ["tests.lessons", str(path), length, str(EXECUTED / path.name)]
    done = run(words, sandbox, own_code=True, **environment(sandbox))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert not list((sandbox / "notebooks").iterdir())  # a lesson leaves its files under runs/
    for command in commands_in(cells_of(path)[-1]["source"]):
        done = run(undrawn(sooner(command.words)), sandbox)
        assert done.returncode == 0 or done.stderr.startswith("training diverged: "), f"{command}\n{done.stderr}"


def each_lesson():
    """All lessons; `make test` runs one of them, `make test-docs` the others."""
    return [
        pytest.param(path, marks=[] if path.stem == "02_line" else pytest.mark.docs, id=path.stem) for path in NOTEBOOKS
    ]


@pytest.mark.parametrize("path", each_lesson())
def test_lesson_runs(path, tmp_path):
    try_lesson(path, LENGTH.get(path.stem, "whole"), make_sandbox(tmp_path))


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=names)
def test_lesson_runs_as_its_reader_runs_it(path, tmp_path):
    try_lesson(path, "as written", make_sandbox(tmp_path, real_data=True))


@pytest.mark.parametrize("path", [path for path in NOTEBOOKS if LENGTH.get(path.stem) == "two epochs"], ids=names)
def test_a_lesson_in_two_epochs_claims_nothing_that_training_has_to_reach(path):
    cells = cells_of(path)
    assert not [cell["source"] for cell in cells if cell["cell_type"] == "code" and "assert" in cell["source"]]


@pytest.mark.docs
def test_a_saved_notebook_keeps_the_summary_of_a_run_and_no_state_of_its_progress_bar(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    sandbox = make_sandbox(tmp_path)
    for key, value in environment(sandbox).items():
        monkeypatch.setenv(key, value)
    code = "from src import lab\n\nrun = lab.train('xor', 'trainer.max_epochs=3', 'callbacks.figures=null')"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(sandbox)}}).execute()
    outputs = notebook.cells[0].outputs
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    assert "3 epochs, 120 steps" in printed
    assert "\r" not in printed
    assert [output.data for output in outputs if output.output_type == "display_data"] == [{"text/plain": ""}]


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
def test_lesson_ends_with_exercises_and_commands_that_solve_them(path):
    text = cells_of(path)[-1]["source"]
    assert text.startswith("## Exercises")
    assert "python -m src." in text
