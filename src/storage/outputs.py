"""Output files at paths that users choose: written atomically, and never over somebody else's files."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from src.errors import ConfigError
from src.storage.contents import OWN_FILES, OWN_FOLDERS
from src.storage.files import OF_THE_DISK, aside, make_folders
from src.storage.folders import RUN, RunFolder
from src.storage.removal import remove_empty


def check_output(path: Path, force: bool, source: Path | None = None) -> None:
    """Refuse an output that would overwrite something else.

    Args:
        path: The output file.
        force: Whether it may replace a regular file.
        source: A file, or a folder of files, that the command reads.

    Raises:
        ConfigError: The path is a folder, a link or a device, an existing file without `force`, a run's own file, or
            the input.
    """
    kind = _kind(path)
    if kind in ("folder", "link", "special file"):
        raise ConfigError(f"output: {path} is a {kind} and is never replaced; give a file")
    if (run := _owner_of(path)) is not None:
        raise ConfigError(f"output: {path} belongs to the run in {run.path}; choose another place")
    if source is not None and source.exists():
        place, read = path.parent.resolve() / path.name, source.resolve()
        if place == read or (kind and path.samefile(source)):
            raise ConfigError(f"output: {path} is the input itself; choose another file")
        if source.is_dir() and read in place.parents:
            raise ConfigError(f"output: {path} is in the folder that is read; choose another place")
    if kind and not force:
        raise ConfigError(f"output: {path} already exists; choose another, or set force=true to replace it")


@contextmanager
def output(path: Path, replace: bool = False) -> Iterator[Path]:
    """A temporary path for one output, as from `outputs`; `replace` allows an existing file to be replaced."""
    with outputs({path: replace}) as (part,):
        yield part


@contextmanager
def outputs(paths: dict[Path, bool], key: str = "output") -> Iterator[list[Path]]:
    """Temporary paths for files, as from `aside`, that are all moved into place when the block succeeds.

    Their folders are created, and removed again if the block fails.

    Args:
        paths: The output files, and whether an existing one may be replaced.
        key: The setting, for messages.

    Raises:
        ConfigError: Nothing can ever be written there, or something has appeared there since.
        OSError: The disk is full, read-only or similar.
    """
    above: list[Path] = []
    try:
        with ExitStack() as asides:
            try:
                for path in paths:
                    above = [*make_folders(path.parent), *above]
                parts = [asides.enter_context(aside(path, replace)) for path, replace in paths.items()]
            except OSError as error:
                if error.errno in OF_THE_DISK:
                    raise
                reason = error.strerror or str(error)
                raise ConfigError(
                    f"{key}: {error.filename} cannot be written ({reason}); choose another place"
                ) from error
            yield parts
            if come := [path for path, replace in paths.items() if not replace and os.path.lexists(path)]:
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(come[0]))
    except BaseException as error:
        remove_empty(above)
        if isinstance(error, FileExistsError):
            reason = "has appeared in the meantime and is not replaced"
            raise ConfigError(f"{key}: {error.filename} {reason}; choose another") from error
        raise


def _kind(path: Path) -> str | None:
    """The kind of what is at `path`, without following links; None if there is nothing."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return None
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
    return kinds.get(stat.S_IFMT(mode), "special file")


def _owner_of(path: Path) -> RunFolder | None:
    """The run that the file at `path` belongs to or would belong to, if any; other new files belong to nobody."""
    place = path.parent.resolve() / path.name
    for folder in place.parents:
        run, inside = RunFolder(folder), place.relative_to(folder)
        top = Path(inside.parts[0])
        own = top in OWN_FOLDERS or top.name.startswith(RUN.evaluation().name) or inside in OWN_FILES
        if own and run.config.is_file():
            return run
    return None
