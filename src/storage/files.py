"""Files that are whole or not there: written aside, then renamed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from src.storage.removal import part_of, put, remove_empty, remove_part

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.ESTALE)
"""Errors by which a disk says that it takes nothing now, whatever the file."""


@contextmanager
def aside(path: Path, replace: bool = True, durable: bool = False) -> Iterator[Path]:
    """A path to write a file to, which takes the place of `path` when the block ends well.

    Its name is this call's own, so that two processes never write to the same part. The folder must be there: a run
    whose folder has vanished does not get a new one.

    Args:
        path: The file that is to be.
        replace: A file that is there already is replaced.
        durable: The file outlasts a power failure; takes some milliseconds, for disks are slow to say so.

    Raises:
        FileExistsError: Without `replace`, where something is there when the block ends.
        OSError: Nothing can be written there. It names `path`.
    """
    part = part_of(path)
    try:
        with suppress(FileNotFoundError):
            path.lstat()  # so that a name which no file can have is known before the block
        part.touch(exist_ok=False)
        yield part
        if durable:
            _flush(part)
        put(part, path, replace)
        if durable:
            _flush(path.parent)
    except OSError as error:
        if error.filename is None or str(error.filename) == str(part):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        remove_part(part)


def make_folders(folder: Path) -> tuple[Path, ...]:
    """Make a folder and those above it; the ones that were not there, the innermost first.

    Raises:
        OSError: One of them cannot be made; then none is left.
    """
    if folder.is_dir():
        return ()
    above = make_folders(folder.parent)
    try:
        folder.mkdir()
    except FileExistsError:
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
        return above
    except OSError:
        remove_empty(above)
        raise
    return (folder, *above)


@contextmanager
def placed(path: Path) -> Iterator[None]:
    """An error of the disk in the block that names no file names `path`."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:  # libraries raise OSErrors that are not the disk's
            error.filename = str(path)
        raise


def flush_all() -> None:
    """Wait until all that has been written is on the disk, where the system can say so."""
    if hasattr(os, "sync"):
        os.sync()


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
