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
"""The folder from which commands are given and paths are meant: the clone, or where an installed lab is used."""


def call(command: str, work: Work, words: list[str], begins_runs: bool = True, after_sweep: AfterSweep = None) -> Any:
    """What the work of a command returns, or the folder of its sweep: the command is given from the project's folder.

    The process's own folder and logging are left as they were.

    Args:
        command: Its name, as in `conf/<command>.yaml`.
        work: What it does.
        words: What follows its name on the command line.
        begins_runs: As for `src.command.cli.execute`, which says what is raised.
        after_sweep: Likewise.
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
    """Hydra sets up the root logger anew for each command; here it gets back its handlers and its level."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []  # else Hydra closes them
    try:
        yield
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers, root.level = handlers, level
