"""Folders that a command fills with its own files, again and again: an evaluation, a comparison.

A manifest in the folder lists these files. A later command replaces and removes only those.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from src.errors import ConfigError
from src.storage.files import make_folders
from src.storage.marks import FORMAT
from src.storage.removal import part_of, put, remove_empty, remove_listed, remove_part
from src.storage.values import known_json, write_json


@contextmanager
def product(folder: Path, kind: str, key: str, ours: Callable[[Path], bool], force: bool = False) -> Iterator[Path]:
    """A temporary folder for files that are moved to `folder` when the block succeeds, replacing earlier ones.

    Args:
        folder: The final folder; created if necessary.
        kind: The kind of files, such as `evaluation`; their manifest is then `.evaluation.json`.
        key: The setting, for messages.
        ours: Whether files without a manifest were written by an earlier version of this project that made none.
        force: Whether files of the same names may be replaced, whoever they belong to.

    Raises:
        ConfigError: The path is a link or a file, or the folder has unlisted files of the same names.
        OSError: Nothing can be written there.
    """
    check_folder(folder, key)
    above = make_folders(folder.parent)
    scratch = part_of(folder.absolute())  # `.` has no name to derive a temporary one from
    try:
        scratch.mkdir()
        yield scratch
        _move(scratch, folder, kind, key, ours, force)
    except BaseException:
        remove_part(scratch)
        remove_empty(above)
        raise
    remove_part(scratch)


def check_folder(folder: Path, key: str) -> None:
    """Refuse a path for a folder if something else is there.

    Raises:
        ConfigError: A file or a link is there; `key` is the setting for the message.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        kind = "link" if folder.is_symlink() else "file"
        raise ConfigError(f"{key}: {folder} is a {kind}, but a folder is needed there; move it away")


def _move(scratch: Path, folder: Path, kind: str, key: str, ours: Callable[[Path], bool], force: bool) -> None:
    """Move all files of a `scratch` folder to `folder`, and remove the earlier ones there."""
    names = sorted(path.name for path in scratch.iterdir())
    check_folder(folder, key)
    new = not folder.exists()
    folder.mkdir(exist_ok=True)
    listed = _listed(folder / manifest_name(kind))
    if listed is None:
        listed = set(names) if ours(folder) else set()
    for name in names:
        there = folder / name
        if os.path.lexists(there) and (there.is_symlink() or not there.is_file() or not (force or name in listed)):
            raise ConfigError(
                f"{key}: {there} is not from an earlier {kind} and is not replaced; move it, or choose another place"
            )
    try:
        _list(folder, kind, {*listed, *names})  # first, so that nothing is ever unlisted, whatever interrupts this
        for name in names:
            put(scratch / name, folder / name, replace=True)
        if earlier := listed - set(names):
            remove_listed(folder, earlier)
            _list(folder, kind, set(names))
    except OSError:
        if new:
            remove_listed(folder, [*names, manifest_name(kind)])
            remove_empty([folder])
        raise


def manifest_name(kind: str) -> str:
    """The name of the manifest for files of a `kind`.

    Example:
        >>> manifest_name("evaluation")
        '.evaluation.json'
    """
    return f".{kind}.json"


def _list(folder: Path, kind: str, names: set[str]) -> None:
    write_json(folder / manifest_name(kind), {"format": FORMAT, "files": sorted(names)})


def _listed(manifest: Path) -> set[str] | None:
    """The files listed in a manifest, which anybody may have written: only plain names; None without a manifest."""
    files = known_json(manifest, most=2**20).get("files")
    if not isinstance(files, list):
        return None
    return {name for name in files if isinstance(name, str) and Path(name).name == name}
