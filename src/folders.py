"""Run folders: claiming a new one, finding an old one, removing one that never came to anything."""

import logging
import shutil
from pathlib import Path

from src.errors import ConfigError

CONFIG = Path(".hydra", "config.yaml")
"""Where a run's folder holds its configuration."""


def claim(folder: str) -> str:
    """Make a new folder, `folder` itself or the first free of `folder_2`, `folder_3`, …; its name.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     [Path(claim(f"{root}/run")).name for _ in range(3)]
        ['run', 'run_2', 'run_3']
    """
    Path(folder).parent.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        name = folder if number == 1 else f"{folder}_{number}"
        try:
            Path(name).mkdir()
        except FileExistsError:
            number += 1
        else:
            return name


def discard(folder: Path, root: Path) -> None:
    """Remove the folder of a run that never began, and the folders above it, below `root`, that this leaves empty."""
    logging.shutdown()
    shutil.rmtree(folder, ignore_errors=True)
    for parent in folder.resolve().parents:
        if root.resolve() not in (parent, *parent.parents) or any(parent.iterdir()):
            return
        parent.rmdir()


def find_run(name: str, runs_dir: str, key: str) -> Path:
    """The folder of a run.

    Args:
        name: `latest`, or a path.
        runs_dir: Where the latest is looked for.
        key: What the user set, for messages.

    Raises:
        ConfigError: There is none.
    """
    if name == "latest":
        newest = max(Path(runs_dir).glob(f"**/{CONFIG}"), key=lambda path: path.stat().st_mtime_ns, default=None)
        if newest is None:
            raise ConfigError(f"{key}: there is no run under {runs_dir}/ yet; train one, or set runs_dir")
        return newest.parent.parent
    folder = Path(name)
    if not (folder / CONFIG).exists():
        raise ConfigError(f"{key}: {name} is not a run folder (it has no {CONFIG}); try {key}=latest")
    return folder
