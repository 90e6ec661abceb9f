"""Finds runs and sweeps by a path or `latest`."""

from pathlib import Path

from src.errors import ConfigError
from src.storage import runs_table
from src.storage.folders import RUN, SWEEP, RunFolder, SweepFolder


def find_run(name: str, runs_dir: str, key: str) -> Path:
    """The folder of a run.

    Args:
        name: `latest`, or a path.
        runs_dir: The folder to search for the latest run.
        key: The setting, for messages.

    Raises:
        ConfigError: There is no such folder.
    """
    if name == "latest":
        newest = _newest(Path(runs_dir), RUN.config)
        table = _newest(Path(runs_dir), SWEEP.table)
        if table is not None and (newest is None or table.stat().st_mtime_ns > newest.stat().st_mtime_ns):
            _check_has_folders(table.parent, newest, key)
        if newest is None:
            raise ConfigError(f"{key}: there is no run under {runs_dir}/ yet; train one, or set runs_dir")
        return newest.parent.parent
    folder = Path(name)
    if (only := runs_table.only_row(folder)) is not None:
        raise ConfigError(f"{key}: {only}")
    if not RunFolder(folder).config.exists():
        meant = _meant(folder)
        remedy = f"try {key}=latest" if meant is None else f"did you mean {key}={meant}?"
        raise ConfigError(f"{key}: {name} is not a run folder (it has no {RUN.config}); {remedy}")
    return folder


def _check_has_folders(sweep: Path, newest: Path | None, key: str) -> None:
    """Raise `ConfigError` if the latest run is one of a `sweep` that has no folder; `newest` is the newest file."""
    if newest is None or sweep not in newest.parents:
        rows = runs_table.without_folder(sweep)
        if rows and (only := runs_table.only_row(sweep / str(rows[-1].number))) is not None:
            raise ConfigError(f"{key}: {only}")


def _meant(path: Path) -> Path | None:
    """The run that a file belongs to, or the first run of a sweep."""
    if path.is_file() and (above := [each for each in path.parents if RunFolder(each).config.exists()]):
        return above[0]
    return next((run.path for run in SweepFolder(path).runs), None) if SweepFolder(path).overrides.exists() else None


def latest_sweep(runs_dir: Path) -> Path:
    """The newest sweep below `runs_dir`.

    Raises:
        ConfigError: There is no such folder.
    """
    newest = _newest(runs_dir, SWEEP.overrides)
    if newest is None:
        raise ConfigError(f"sweep: there is no sweep under {runs_dir}/ yet; run one with -m, or set runs_dir")
    return newest.parent


def _newest(runs_dir: Path, name: Path) -> Path | None:
    """The newest file with a `name` in any folder below `runs_dir`."""
    return max(runs_dir.glob(f"**/{name}"), key=lambda path: path.stat().st_mtime_ns, default=None)
