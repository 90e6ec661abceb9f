"""Checks that links in a run's folder stay within it."""

import os
from pathlib import Path

from src.errors import ConfigError


def check_links(folder: Path, levels: int = 2) -> None:
    """Refuse a folder with links that lead out of it, or with pipes and devices, which would block a reader.

    Opening a folder reads and writes the files in it by name; a link among them would redirect that to other places.

    Args:
        folder: A run's or a sweep's folder.
        levels: How deep to look; a run's own files are two levels down, those of a sweep's runs three.

    Raises:
        ConfigError: There is such a link, pipe or device; the message names it.
    """
    home, pending = folder.resolve(), [(folder, levels)]
    while pending:
        place, depth = pending.pop()
        try:
            entries = list(os.scandir(place))
        except OSError as error:
            raise ConfigError(f"{place}: cannot be read ({error.strerror})") from error
        for entry in entries:
            path = Path(entry.path)
            if entry.is_symlink():
                if not leads_into(path, home):
                    raise ConfigError(f"{path}: is a link that leads out of {folder}; replace it by its target")
            elif entry.is_dir():
                pending += [(path, depth - 1)] if depth > 1 else []
            elif not entry.is_file():
                raise ConfigError(f"{path}: is neither a file nor a folder; remove it")


def leads_into(path: Path, folder: Path) -> bool:
    """Whether a path, with links followed, is a `folder` or inside it; a circular link is not."""
    try:
        return path.resolve(strict=False).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False
