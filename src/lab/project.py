"""Commands called from Python as if typed in the project's folder."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from src.command import cli
from src.command.cli import AfterSweep
from src.command.tasks import Work
from src.places import CLONE

PROJECT = CLONE or Path.cwd()
"""The folder in which commands run and paths start: the clone, or the current folder for an installed lab."""


def call(command: str, work: Work, words: list[str], begins_runs: bool = True, after_sweep: AfterSweep = None) -> Any:
    """Run a command in the project's folder; returns what its work returns, or the folder of its sweep.

    The current folder and the logging of the process stay as they are.

    Args:
        command: The command's name, as in `conf/<command>.yaml`.
        work: What the command does.
        words: What follows the name on the command line.
        begins_runs: As for `src.command.cli.execute`, which also documents the errors.
        after_sweep: As for `src.command.cli.execute`.
    """
    results = [None]

    def kept(cfg: DictConfig, folder: Path) -> Any:
        results[0] = work(cfg, folder)
        return results[0]

    with contextlib.chdir(PROJECT), _logging_kept():
        sweep = cli.execute(command, kept, words, begins_runs, after_sweep).sweep
    return results[0] if sweep is None else sweep


@contextlib.contextmanager
def _logging_kept() -> Iterator[None]:
    """Restore the root logger's handlers and level afterwards, since Hydra reconfigures it for each command."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # otherwise Hydra would close them
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers, root.level = handlers, level
