"""The overrides that the command line set for a run, as recorded in its folder."""

from functools import lru_cache
from pathlib import Path

from src.errors import ConfigError
from src.storage.boards import sweep_of
from src.storage.folders import RunFolder, SweepFolder
from src.trust.plain import read_yaml


def command_words(run: Path) -> list[str]:
    """The overrides of the run in a folder, such as `optimizer.lr=0.1`; none if the folder does not record any."""
    path = RunFolder(run).overrides
    found = read_yaml(path) if path.is_file() else []
    return [str(word) for word in found] if isinstance(found, list) else []


def swept_words(run: Path) -> list[str]:
    """The overrides that a sweep did not give to all of its runs; none for a single run."""
    sweep = sweep_of(run)
    if sweep is None:
        return []
    path = SweepFolder(sweep).overrides
    shared = _shared(path, path.stat().st_mtime_ns) if path.is_file() else ()
    return [word for word in command_words(run) if word not in shared]


@lru_cache(maxsize=8)
def _shared(path: Path, _: int) -> tuple[str, ...]:
    """The words of a sweep's command line; the file is only read again if it has changed."""
    try:
        words = read_yaml(path)["hydra"]["overrides"]["task"]
    except (ConfigError, KeyError, TypeError):
        return ()
    return tuple(map(str, words))
