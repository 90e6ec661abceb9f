"""Atomic files: written under another name, then renamed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from src.storage.removal import part_of, put, remove_empty, remove_part

OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EFBIG, errno.ESTALE)
"""Errors of a disk that cannot be written to at the moment, whatever the file."""


@contextmanager
def aside(path: Path, replace: bool = True, durable: bool = False) -> Iterator[Path]:
    """A temporary path for a file that replaces `path` when the block succeeds.

    Its name is unique, so that two processes never write to the same file. The folder must exist: a run whose folder
    has vanished does not get a new one.

    Args:
        path: The final path.
        replace: Whether to replace an existing file.
        durable: Whether the file must survive a power failure, which takes some milliseconds.

    Raises:
        FileExistsError: Something is at `path` when the block ends, and `replace` is False.
        OSError: Nothing can be written there. The error names `path`.
    """
    part = part_of(path)
    try:
        with suppress(FileNotFoundError):
            path.lstat()  # finds an impossible name before the block runs
        part.touch(exist_ok=False)
        yield part
        if durable:
            flush(part)
        put(part, path, replace)
        if durable:
            flush(path.parent)
    except OSError as error:
        if error.filename is None or str(error.filename) == str(part):
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        remove_part(part)


def make_folders(folder: Path) -> tuple[Path, ...]:
    """Create a folder and its parents; returns those that did not exist, innermost first.

    Raises:
        OSError: One of them cannot be created; then none is left behind.
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
    """Add `path` to a disk error from the block that does not name a file."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:  # libraries raise OSErrors that are not the disk's
            error.filename = str(path)
        raise


def flush_all() -> None:
    """Wait until everything written is on the disk, if the system supports it."""
    if hasattr(os, "sync"):
        os.sync()


def flush(path: Path) -> None:
    """Wait until the file at `path`, or the names in the folder there, are on the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
