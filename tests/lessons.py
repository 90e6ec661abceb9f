"""Run a lesson as Jupyter does, but in this process: `python -m tests.lessons PATH LENGTH OUTPUT`.

It runs in a folder's notebooks/; a kernel of its own would import everything anew. The length is one of `LENGTHS`. The
lesson with the outputs of its cells is written to the output, from which `make docs` takes it.
"""

import base64
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output
from traitlets.config import Config

from src import lab
from src.lab import commands
from tests.pages import cells_of, fewer, sooner, undrawn

LENGTHS = {
    "as written": lambda words: words,
    "whole": undrawn,
    "few seeds": lambda words: undrawn(fewer(few_frames(words), 64)),
    "two epochs": lambda words: undrawn(sooner(words)),
}
"""What becomes of the words of each command that a lesson gives. It draws for itself what it shows."""


def few_frames(words: list[str]) -> list[str]:
    """The same command, with six frames of a movie instead of hundreds."""
    return [*words, "callbacks.boundary_movie.frames=6"] if "callbacks=boundary_movie" in words else words


def shorten(length: str) -> None:
    """Let the lab train for this length."""
    words_of = commands._words
    commands._words = lambda *call: LENGTHS[length](["src.train", *words_of(*call)])[1:]


def run_cells(path: Path) -> list[dict[str, Any]]:
    """Run the cells of a notebook and display the value of each one's last line, so that figures are drawn.

    Returns:
        The cells with their outputs.

    Raises:
        Exception: Whatever a cell raised.
    """
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    lab.welcome()
    cells = cells_of(path)
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            with shell.display_trap, capture_output() as shown:
                result = shell.run_cell(cell["source"])
            print(shown.stdout)
            result.raise_error()
            cell |= {"outputs": [*_outputs(shown)], "execution_count": number}
    return cells


def _outputs(shown: CapturedIO) -> Iterator[dict[str, Any]]:
    """The outputs of a cell in a notebook's format: its text, then everything else."""
    if shown.stdout:
        yield {"output_type": "stream", "name": "stdout", "text": shown.stdout}
    for output in shown.outputs:
        data = {kind: base64.b64encode(v).decode() if isinstance(v, bytes) else v for kind, v in output.data.items()}
        yield {"output_type": "display_data", "data": data, "metadata": {}}


if __name__ == "__main__":
    os.chdir("notebooks")
    shorten(sys.argv[2])
    lesson = json.loads(Path(sys.argv[1]).read_text()) | {"cells": run_cells(Path(sys.argv[1]))}
    lesson["metadata"]["length"] = sys.argv[2]
    Path(sys.argv[3]).write_text(json.dumps(lesson))
