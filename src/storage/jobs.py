"""A job's folder inside its sweep's: not another job's, and cleared of the remains of an earlier attempt."""

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.errors import ConfigError
from src.storage.boards import clear_board
from src.storage.contents import PARTS, RUN_FILES, UNFINISHED_FILES
from src.storage.folders import RunFolder, SweepFolder
from src.storage.marks import read_mark, write_mark
from src.storage.removal import remove_empty, remove_listed


def begin_job(folder: Path, sweep: Path, number: int) -> None:
    """Mark a folder as that of a sweep's job, unless it is marked or somebody has trained in it.

    Args:
        folder: The job's folder.
        sweep: The sweep's folder.
        number: The job's number.

    Raises:
        ConfigError: The folder is another job's.
    """
    check_free(folder, sweep, number)
    run = RunFolder(folder)
    if not read_mark(run.mark):
        owner = None if run.begun else read_mark(SweepFolder(sweep).mark).get("id")
        write_mark(run.mark, sweep=owner, number=number)


def clear_job(folder: Path, sweep: Path) -> None:
    """Remove what an unfinished job has left in its folder, if the folder is marked as the sweep's.

    Args:
        folder: The job's folder.
        sweep: The sweep's folder.
    """
    owner = read_mark(RunFolder(folder).mark).get("sweep")
    if owner is not None and owner == read_mark(SweepFolder(sweep).mark).get("id"):
        clear_board(folder)
        remove_listed(folder, (*UNFINISHED_FILES, *PARTS))


def discard_job(folder: Path, sweep: Path, number: int) -> None:
    """Remove the folder of a job that never began, unless it contains more than `begin_job` and Hydra left.

    Args:
        folder: The job's folder.
        sweep: The sweep's folder.
        number: The job's number.
    """
    run = RunFolder(folder)
    if read_mark(run.mark).get("number") == number and not run.begun:
        logging.shutdown()  # closes its log
        remove_listed(folder, RUN_FILES)
        remove_empty([folder, *(above for above in folder.parents if sweep in above.parents)])


def folders_of(sweep: Path, number: int) -> Iterator[RunFolder]:
    """Possible folders of the run with this `number` in the `sweep`, which may have a custom name."""
    usual = RunFolder(sweep / str(number))
    if usual.path.is_dir():
        yield usual
    else:
        yield from (run for run in SweepFolder(sweep).runs if read_mark(run.mark).get("number") == number)


def kept_inside(subdir: str) -> str:
    """A template of job folders that checks that each stays inside the sweep's folder before it is created.

    Args:
        subdir: The template as the user wrote it, such as `s${seed}`.

    Raises:
        ConfigError: All jobs would share one folder, or the template contains quotes.
    """
    if not re.search(r"(?<!\\)\$\{", subdir):
        raise ConfigError(
            f"hydra.sweep.subdir: needs a part that differs from job to job, like ${{hydra.job.num}} (got {subdir!r})"
        )
    if subdir == "${hydra.job.num}" or subdir.startswith("${inside:"):
        return subdir
    if found := set(subdir) & set("'\"\\"):
        raise ConfigError(f"hydra.sweep.subdir: holds {' '.join(sorted(found))} (got {subdir!r}); leave that out")
    return f'${{inside:"{subdir}"}}'


def _inside(subdir: Any, *, _root_: DictConfig) -> str:
    """The resolver `inside`: the folder of a job, after checking that it is its own."""
    hydra = _root_.hydra
    number = None if OmegaConf.is_missing(hydra.job, "num") else hydra.job.num
    sweep = Path(str(hydra.sweep.dir))
    check_free(sweep / str(subdir), sweep, number)
    return str(subdir)


OmegaConf.register_new_resolver("inside", _inside, replace=True)


def check_free(folder: Path, sweep: Path, number: int | None) -> None:
    """Refuse a job's folder that is not inside the sweep's, or that belongs to another job.

    Args:
        folder: The job's folder.
        sweep: The sweep's folder.
        number: The job's number; None if it is not known yet.

    Raises:
        ConfigError: The folder is one of these.
    """
    inner = Path(os.path.relpath(folder, sweep))
    steps = [sweep / Path(*inner.parts[:depth]) for depth in range(1, len(inner.parts) + 1)]
    if (
        ".." in folder.parts[len(sweep.parts) :]
        or ".." in inner.parts
        or not inner.parts
        or any(map(Path.is_symlink, steps))
    ):
        raise ConfigError(f"hydra.sweep.subdir: {folder} is not inside {sweep}, where a sweep's runs go; leave it out")
    known, mine = read_mark(RunFolder(folder).mark), read_mark(SweepFolder(sweep).mark).get("id")
    if known and number is not None and (known.get("number") != number or known.get("sweep") not in (None, mine)):
        raise ConfigError(
            f"hydra.sweep.subdir: #{number} would write over #{known.get('number')} in {folder}; "
            "add ${hydra.job.num} to it"
        )
