"""A lesson run as Jupyter runs it, in this process: `python -m tests.lessons PATH LENGTH`, in a folder's notebooks/.

A kernel of its own would import everything anew. The length is one of `LENGTHS`.
"""

import os
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell
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
    """Let the lab train as long as this."""
    words_of = commands._words
    commands._words = lambda *call: LENGTHS[length](["src.train", *words_of(*call)])[1:]


def run_cells(path: Path) -> None:
    """Run the cells of a notebook; what the last line of each comes to is shown, so that figures are drawn.

    Raises:
        Exception: What a cell raised.
    """
    shell = InteractiveShell.instance(config=Config(HistoryManager={"enabled": False}))
    lab.welcome()
    for cell in cells_of(path):
        if cell["cell_type"] == "code":
            shell.run_cell(cell["source"]).raise_error()


if __name__ == "__main__":
    os.chdir("notebooks")
    shorten(sys.argv[2])
    run_cells(Path(sys.argv[1]))
