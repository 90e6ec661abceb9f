"""Links in a run's folder: they stay within it."""

import os
from pathlib import Path

from src.errors import ConfigError


def check_links(folder: Path, levels: int = 2) -> None:
    """Refuse a folder with links that lead out of it, or with pipes and devices, which one waits for.

    Whoever opens a folder reads and writes the files in it by their names; a link among them would make that reading
    and writing elsewhere.

    Args:
        folder: A run's, or a sweep's.
        levels: How deep to look; a run's own files are two levels down, those of a sweep's runs three.

    Raises:
        ConfigError: There is one; it is named.
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
                    raise ConfigError(
                        f"{path}: is a link that leads out of {folder}; put what it leads to in its place"
                    )
            elif entry.is_dir():
                pending += [(path, depth - 1)] if depth > 1 else []
            elif not entry.is_file():
                raise ConfigError(f"{path}: is neither a file nor a folder; remove it")


def leads_into(path: Path, folder: Path) -> bool:
    """Whether a path, its links followed, is a `folder` or something in it; a link that goes in circles is not."""
    try:
        return path.resolve(strict=False).is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False
