"""Run a lesson as Jupyter does, but in this process: `python -m tests.lessons PATH LENGTH OUTPUT`.

It runs in a folder's notebooks/; a kernel of its own would import everything anew. The length is one of `LENGTHS`. The
lesson with the outputs of its cells is written to the output, from which `make docs` takes it.
"""

import base64
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

from src import lab
from src.lab import commands, live_page
from tests.lesson_claims import CLAIMS
from tests.pages import cells_of, fewer, sooner, undrawn
from tests.wrong_answers import WRONG

LENGTHS = {
    "as written": lambda words: words,
    "whole": undrawn,
    "few seeds": lambda words: undrawn(fewer(few_frames(words), 64)),
    "two epochs": lambda words: undrawn(sooner(words)),
}
"""What becomes of the words of each command that a lesson gives. It draws for itself what it shows."""

_WORDS = commands._words
_SOLUTION = re.compile(r"```python\n(.*?)```", re.DOTALL)


def few_frames(words: list[str]) -> list[str]:
    """The same command, with six frames of a movie instead of hundreds."""
    return [*words, "callbacks.boundary_movie.frames=6"] if "callbacks=boundary_movie" in words else words


def shorten(length: str) -> None:
    """Let the lab train for this length."""
    commands._words = lambda *call: LENGTHS[length](["src.train", *_WORDS(*call)])[1:]


def run_cells(path: Path, length: str) -> list[dict[str, Any]]:
    """Run the cells of a notebook and display the value of each one's last line, so that figures are drawn.

    After each cell its claims are checked, and after each exercise its solution and some wrong answers.

    Returns:
        The cells with their outputs.

    Raises:
        Exception: Whatever a cell raised, or a claim that does not hold.
    """
    live_page._kernel = lambda: "this process"  # no browser shows a page, so none trains
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    lab.welcome()
    cells = cells_of(path)
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            shorten(length)
            with shell.display_trap, capture_output() as shown:
                result = shell.run_cell(cell["source"])
            print(shown.stdout)
            result.raise_error()
            cell |= {"outputs": [*_outputs(shown)], "execution_count": number}
            shell.run_cell("\n".join(CLAIMS.get(path.stem, {}).get(cell["id"], []))).raise_error()
            if is_exercise(cell):
                shorten(length if length == "as written" else "two epochs")
                try_exercise(shell, cell["source"], cells[number]["source"])
    return cells


def is_exercise(cell: dict[str, Any]) -> bool:
    """Whether a cell waits for a learner's answer."""
    return cell["cell_type"] == "code" and "exercise" in cell["metadata"].get("tags", [])


def try_exercise(shell: InteractiveShell, source: str, solution: str) -> None:
    """Check that an exercise without an answer and wrong ones are not right, and that its solution is."""
    check = source.splitlines()[-1]
    name = re.search(r'lab\.check\("([^"]+)"', check)[1]  # type: ignore[index]
    for answer, hint in [(_SOLUTION.search(solution)[1], None), *WRONG[name]]:  # type: ignore[index]
        with shell.display_trap, capture_output():
            shell.run_cell(answer).raise_error()
        verdict = eval(check, shell.user_ns)
        print(f"{verdict}, for {answer}")
        assert bool(verdict) is (hint is None), f"{verdict}, for {answer}"
        assert hint is None or re.search(hint, verdict.hint), f"{verdict}, for {answer}"


def _outputs(shown: CapturedIO) -> Iterator[dict[str, Any]]:
    """The outputs of a cell in a notebook's format: its text, then everything else."""
    if shown.stdout:
        yield {"output_type": "stream", "name": "stdout", "text": shown.stdout}
    for output in shown.outputs:
        data = {kind: base64.b64encode(v).decode() if isinstance(v, bytes) else v for kind, v in output.data.items()}
        yield {"output_type": "display_data", "data": data, "metadata": {}}


if __name__ == "__main__":
    os.chdir("notebooks")
    lesson = json.loads(Path(sys.argv[1]).read_text()) | {"cells": run_cells(Path(sys.argv[1]), sys.argv[2])}
    lesson["metadata"]["length"] = sys.argv[2]
    Path(sys.argv[3]).write_text(json.dumps(lesson))
