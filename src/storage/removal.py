"""The only module that removes files and folders, or puts a file where another may be.

It removes only what this process made under a unique name, or what is listed by name in a folder that the caller knows
to be this project's. What is not listed stays, and so does its folder. Links are never followed.
"""

import errno
import fnmatch
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PART = re.compile(r"\..*\.(?P<pid>\d+)-[0-9a-f]{8}\.part", re.DOTALL)  # a name may contain a newline
_LONGEST = 40  # characters of a name that its temporary name repeats: names may have 255 bytes
_NO_LINK = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV, errno.EACCES)


def part_of(path: Path) -> Path:
    """A unique temporary name next to `path`."""
    return path.with_name(f".{path.name[:_LONGEST]}.{os.getpid()}-{secrets.token_hex(4)}.part")


def is_part(name: str) -> bool:
    """Whether a file of this `name` is a temporary one, of any process."""
    return _PART.fullmatch(name) is not None


def remove_part(part: Path) -> None:
    """Remove a temporary file or folder `part` that this process created; if the disk refuses, it stays.

    Raises:
        ValueError: The path did not come from `part_of` in this process.
    """
    known = _PART.fullmatch(part.name)
    if known is None or int(known["pid"]) != os.getpid():
        raise ValueError(f"{part}: not a temporary file of this process")
    with suppress(OSError):
        if part.is_dir() and not part.is_symlink():
            shutil.rmtree(part)
        else:
            part.unlink()


def put(part: Path, path: Path, replace: bool) -> None:
    """Give a finished temporary file its final name.

    Args:
        part: The temporary file from `part_of`.
        path: The final name. A link is replaced itself, never what it points to.
        replace: Whether another file may be replaced.

    Raises:
        FileExistsError: Something is there that must not be replaced.
        OSError: A folder is there, or the disk refuses.
    """
    if replace:
        part.replace(path)
        return
    try:
        os.link(part, path)  # unlike a rename, it never replaces a file that has appeared in the meantime
    except OSError as error:
        if isinstance(error, FileExistsError) or error.errno not in _NO_LINK:
            raise
        if os.path.lexists(path):  # a file system without hard links
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        part.rename(path)
    else:
        part.unlink()


def remove_listed(folder: Path, names: Iterable[str]) -> None:
    """Remove files of a folder by name, and their sub-folders if they are then empty; `folder` itself stays.

    Args:
        folder: A folder with this project's mark, or that this process made.
        names: Relative paths; the last part may be a pattern, as in `tensorboard/events.out.tfevents.*`. Only regular
            files are removed, never through a link.

    Raises:
        ValueError: A name that leads out of the folder.
        OSError: The disk refuses.
    """
    subfolders = set()
    for name in names:
        *above, last = Path(name).parts
        if Path(name).is_absolute() or ".." in above:
            raise ValueError(f"{name}: leads out of the folder")
        with _descended(folder, above) as place:
            for found in os.listdir(place) if place is not None else ():  # noqa: PTH208 - an open folder has no path
                if fnmatch.fnmatchcase(found, last) and _is_file(found, place):
                    os.unlink(found, dir_fd=place)
        subfolders |= {Path(*above[:depth]) for depth in range(1, len(above) + 1)}
    for subfolder in sorted(subfolders, key=lambda path: -len(path.parts)):
        with _descended(folder, list(subfolder.parts[:-1])) as place, suppress(OSError):
            if place is not None:
                os.rmdir(subfolder.name, dir_fd=place)


def remove_empty(folders: Iterable[Path]) -> None:
    """Remove folders, in this order, until one is not empty, does not exist, or is a link."""
    with suppress(OSError):
        for folder in folders:
            folder.rmdir()


@contextmanager
def _descended(folder: Path, names: list[str]) -> Iterator[int | None]:
    """The open folder `folder/names…`, reached without following a link below `folder`; None if there is none."""
    opened: list[int] = []
    try:
        try:
            opened.append(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
            for name in names:
                opened.append(os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=opened[-1]))
            place = opened[-1]
        except OSError:
            place = None
        yield place
    finally:
        for each in opened:
            os.close(each)


def _is_file(name: str, place: int | None) -> bool:
    return stat.S_ISREG(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode)
