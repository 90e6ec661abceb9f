"""Another path to a folder whose name Hydra would read as an interpolation."""

import os
from pathlib import Path

from src.errors import ConfigError

_OPENED = "/proc/self/fd/"


def alias(folder: Path, key: str) -> Path:
    """A path to a folder without `${` in it: the folder's own, or the file descriptor of this process for it.

    Args:
        folder: The folder.
        key: What the user set, for messages.

    Raises:
        ConfigError: The name contains `${`, and this system has no other path to the folder.

    Example:
        >>> alias(Path("runs/xor"), "resume")
        PosixPath('runs/xor')
    """
    if "${" not in str(folder.resolve()):
        return folder
    place = Path(f"{_OPENED}{os.open(folder, os.O_RDONLY)}")  # stays open until the process ends
    if not place.is_dir():
        raise ConfigError(f"{key}: cannot work in a folder with ${{ in its name (got {folder}); rename it")
    return place


def meant(folder: str) -> str:
    """The folder that a path from `alias` stands for; any other path is returned unchanged."""
    return os.path.realpath(folder) if folder.startswith(_OPENED) else folder
