"""Where a command's runs go: a folder claimed for it alone, and given up again if nothing comes of it."""

import errno
import logging
import os
import shlex
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, OmegaConf, open_dict

from src.command.quoting import literal
from src.command.sweeps import check_sweep
from src.errors import ConfigError
from src.storage import runs_table
from src.storage.contents import SWEEP_FILES, SWEEP_PARTS, UNBEGUN_FILES
from src.storage.files import make_folders
from src.storage.folders import RUN, SWEEP, RunFolder, SweepFolder
from src.storage.jobs import kept_inside
from src.storage.locking import lock
from src.storage.marks import write_mark
from src.storage.removal import is_part, remove_empty, remove_listed

_OF_THE_PLACE = (errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)


@dataclass(frozen=True)
class Claim:
    """A folder that this process has created for its own use.

    Attributes:
        path: The folder.
        above: The parent folders that had to be created, innermost first.
        identity: Device and inode of the folder, which identify it even if another folder has its name by now.
    """

    path: Path
    above: tuple[Path, ...]
    identity: tuple[int, int]

    def give_up(self, names: Iterable[str]) -> None:
        """Remove the folder with its files of these `names`, and its parents; folders that hold anything else stay."""
        logging.shutdown()  # closes its log
        logging.getLogger().handlers.clear()  # or the next record would reopen it
        if self.path.is_dir() and _identity(self.path) == self.identity:
            remove_listed(self.path, names)
            remove_empty([self.path, *self.above])


def claim(folder: str) -> Claim:
    """Create a new folder: `folder` itself, or the first of `folder_2`, `folder_3`, … that does not exist.

    Raises:
        OSError: No folder can be created there.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     [claim(f"{root}/run").path.name for _ in range(3)]
        ['run', 'run_2', 'run_3']
    """
    number = 1
    above: tuple[Path, ...] = ()
    while True:
        path = Path(folder if number == 1 else f"{folder}_{number}")
        above = make_folders(path.parent) or above
        try:
            path.mkdir()
        except FileExistsError:
            number += 1
        except FileNotFoundError:  # another process has just given up the parent folder
            continue
        except OSError:
            remove_empty(above)
            raise
        else:
            return Claim(path, above, _identity(path))


@dataclass
class Claims:
    """What one command has claimed, and gives up again if nothing comes of it.

    Attributes:
        sweep: The command's sweep; known beforehand if it is resumed.
        made: The folder that the command created for its run or its sweep.
    """

    sweep: Path | None = None
    made: Claim | None = None

    def give_up(self) -> None:
        """Remove the created folder, unless training has left something in it."""
        if self.made is None:
            return
        if self.sweep is None and not RunFolder(self.made.path).begun:
            self.made.give_up(UNBEGUN_FILES)
        elif self.sweep is not None and not SweepFolder(self.made.path).begun:
            self.made.give_up(SWEEP_FILES)

    def last_words(self) -> str:
        """The message for an interrupted command; removes the folder of a run that has not begun."""
        self.give_up()
        if self.sweep is not None and self.sweep.exists():
            return f"interrupted; resume with: python -m src.train sweep_resume={shlex.quote(str(self.sweep))}"
        return "interrupted"


_claims: ContextVar[Claims] = ContextVar("claims")


@contextmanager
def claims() -> Iterator[Claims]:
    """The claims of the command in the block. Hydra creates `ClaimFolder` itself, so it finds them in the context."""
    token = _claims.set(Claims())
    try:
        yield _claims.get()
    finally:
        _claims.reset(token)


def last_words() -> str:
    """The message when a signal ends the process, whatever it is doing."""
    return _claims.get(Claims()).last_words()


class ClaimFolder(Callback):
    """Gives each run and each sweep its own folder, even if two start at the same instant."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the run's folder; processes that train together share the folder of the first one."""
        if "LOCAL_RANK" in os.environ:
            return
        with _refusing():
            _check_names(config)
            claimed = _new_folder(config, "run")
            with open_dict(config):
                config.hydra.run.dir = str(claimed.path)
            lock(claimed.path, "hydra.run.dir")
            write_mark(RunFolder(claimed.path).mark)

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Claim the sweep's folder, if there is anything to run; its runs are numbered inside it."""
        with _refusing():
            check_sweep(config.hydra)
            _check_names(config)
            claims = _claims.get()
            sweep = claims.sweep or _new_folder(config, "sweep").path
            claims.sweep = Path(os.path.relpath(sweep))
            lock(sweep, "hydra.sweep.dir")
            if claims.made is not None:
                write_mark(SweepFolder(sweep).mark)
            subdir = OmegaConf.to_container(config.hydra.sweep, resolve=False)["subdir"]  # type: ignore[index,call-overload]
            with open_dict(config):
                config.hydra.sweep.dir = str(sweep)
                config.hydra.overrides.hydra.append(f"hydra.sweep.dir={literal(str(sweep))}")
                if (inside := kept_inside(subdir)) != subdir:
                    config.hydra.overrides.hydra.append(f"hydra.sweep.subdir='{inside}'")
            remove_listed(sweep, [str(SWEEP.failures), *SWEEP_PARTS])
            stacks, launcher = SweepFolder(sweep).stack_checkpoints, str(config.hydra.launcher._target_)
            others = not launcher.endswith(".VectorizedLauncher")
            listed = [row for row in runs_table.without_folder(sweep) if row.failure is None] if others else []
            if listed:
                what = "1 run without a folder is" if len(listed) == 1 else f"{len(listed)} runs without a folder are"
                table = SweepFolder(sweep).table
                print(f"{table}: only hydra/launcher=vectorized reads it; {what} trained again", file=sys.stderr)
            for stack in stacks if others else []:
                print(
                    f"{stack}: only hydra/launcher=vectorized resumes a stack; each of its runs now "
                    "resumes from its own checkpoint or, if there is none, trains from scratch",
                    file=sys.stderr,
                )


class ForgetConfigs(Callback):
    """Drops the configurations of a run that has ended; Hydra keeps half a megabyte of each until the sweep ends."""

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        """Keep only what the run returned, which sweepers read."""
        job_return.cfg = job_return.hydra_cfg = None


class NoFolder(Callback):
    """Keeps Hydra from creating folders and files for a command that reads runs."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Refuse settings that would give the command its own folder."""
        with _refusing():
            if str(config.hydra.run.dir) != "." or config.hydra.output_subdir is not None:
                key = "hydra.run.dir" if str(config.hydra.run.dir) != "." else "hydra.output_subdir"
                raise ConfigError(f"{key}: this command creates no folder; leave it out")


class Refused(BaseException):
    """Ends a command from inside a Hydra callback; Hydra turns an `Exception` there into a warning and continues.

    Attributes:
        error: The reason.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _new_folder(config: DictConfig, kind: str) -> Claim:
    """Claim the folder that `hydra.run.dir` or `hydra.sweep.dir` names.

    Raises:
        ConfigError: It already exists and is not the folder of a run or a sweep, or it can never exist.
        OSError: The disk refuses it now.
    """
    name = str(Path(str(config.hydra[kind].dir)).expanduser())
    written = any(str(override).startswith(f"hydra.{kind}.dir=") for override in config.hydra.overrides.hydra)
    key = f"hydra.{kind}.dir" if written else "runs_dir"
    path = Path(name)
    if path.name in ("", "..") or (os.path.lexists(path) and not _is_ours(path)):
        raise ConfigError(f"{key}: {name} already exists and is not a run of this project; name a new folder")
    try:
        made = claim(name)
    except OSError as error:
        if error.errno not in _OF_THE_PLACE:
            raise
        raise ConfigError(f"{key}: {error.filename} is not a folder ({error.strerror}); name another place") from error
    _claims.get().made = made
    return made


def _is_ours(folder: Path) -> bool:
    """Whether a folder was claimed for a run or a sweep; one that another process is just claiming has no mark yet."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    if all(is_part(each.name) for each in folder.iterdir()):  # listed before marks are looked for, which may come now
        return True
    marks = RunFolder(folder).mark, RunFolder(folder).config, SweepFolder(folder).mark, SweepFolder(folder).overrides
    return any(mark.is_file() for mark in marks)


def _check_names(config: DictConfig) -> None:
    """Refuse names that would make Hydra write outside the folder."""
    if (found := config.hydra.output_subdir) != str(RUN.hydra):
        where = f"a run keeps its configuration in {RUN.hydra}"
        raise ConfigError(f"hydra.output_subdir: {where} (got {found}); leave it out")
    if Path(config.hydra.job.name).name != config.hydra.job.name:
        raise ConfigError(f"hydra.job.name: needs a plain name (got {config.hydra.job.name!r})")


@contextmanager
def _refusing() -> Iterator[None]:
    """Let errors in the block end the command, even though Hydra calls it."""
    try:
        yield
    except Exception as error:
        raise Refused(error) from error


def _identity(folder: Path) -> tuple[int, int]:
    found = folder.lstat()
    return found.st_dev, found.st_ino
