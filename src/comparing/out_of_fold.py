"""Out-of-fold predictions: each row's prediction by the run that had it in its test fold."""

import csv
from collections.abc import Hashable
from pathlib import Path
from typing import Any

from src.comparing.reading import Record, natural, read_runs
from src.comparing.repetitions import FOLD, FOLDS
from src.comparing.settings import swept_keys
from src.errors import ConfigError
from src.reporting.terminal import printable
from src.storage.folders import RunFolder, SweepFolder
from src.storage.products import product
from src.storage.values import write_csv

_MOST_BYTES = 2**28  # of one run's predictions
_KIND = "out_of_fold"

Lines = list[dict[str, Any]]


def tell(sweep: Path) -> None:
    """Call `gather` for the folder of a `sweep` and print its message."""
    if said := gather(sweep):
        print(printable(said))


def gather(sweep: Path) -> str | None:
    """Write the out-of-fold predictions of the runs in a sweep's folder; returns a message, or None without folds.

    Nothing is written if the file is newer than the runs' predictions.
    """
    if next(sweep.glob(f"*/{RunFolder(Path()).fold_predictions}"), None) is None:
        return None
    path = SweepFolder(sweep).out_of_fold
    try:
        runs = [run for run in read_runs([sweep]) if run.finished and run.value(FOLDS) is not None]
        if path.is_file() and all(path.stat().st_mtime_ns > _written(run) for run in runs):
            return None
        lines, left_out = _whole(runs)
        if not lines:
            return f"{path.name} was not written: {left_out}"
        with product(sweep, _KIND, "sweep", ours=lambda _: False) as folder:
            _write(SweepFolder(folder).out_of_fold, lines)
    except ConfigError as error:
        return f"{path.name} was not written: {error}"
    return f"out-of-fold predictions: {path}{f' ({left_out})' if left_out else ''}"


def _written(run: Record) -> int:
    path = RunFolder(run.folder).fold_predictions
    return path.stat().st_mtime_ns if path.is_file() else 0


def _whole(runs: list[Record]) -> tuple[Lines, str]:
    """The rows of every setting and seed with all folds tested, and a message about the others."""
    keys = [key for key in swept_keys(runs) if key != FOLD]
    groups: dict[tuple[Hashable, ...], list[Record]] = {}
    for run in sorted(runs, key=lambda run: natural(run.folder)):
        groups.setdefault(tuple(run.value(key) for key in keys), []).append(run)
    lines: Lines = []
    missing = 0
    for values, members in groups.items():
        if sorted(run.value(FOLD) for run in members) != list(range(members[0].value(FOLDS))):
            missing += 1
            continue
        found = [line for run in members for line in _read(run)]
        name = next(iter(found[0]))
        if len({line[name] for line in found}) < len(found):
            raise ConfigError(f"{members[0].folder.parent}: its runs test the same row twice; restore their folders")
        found.sort(key=lambda line: (int(line[name]), "") if line[name].isdigit() else (0, line[name]))
        lines += [{**dict(zip(keys, values, strict=True)), **line} for line in found]
    lack = "lacks" if missing == 1 else "lack"
    return lines, f"of {len(groups)} repetitions, {missing} {lack} a fold" if missing else ""


def _read(run: Record) -> Lines:
    path = RunFolder(run.folder).fold_predictions
    if path.is_symlink() or not path.is_file() or path.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"{run.folder} has no {path.name}; restore it, or train the run again")
    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    if not found or any(None in line or None in line.values() for line in found):
        raise ConfigError(f"{path} is not a table of predictions; restore it, or train the run again")
    return found


def _write(path: Path, lines: Lines) -> None:
    columns = dict.fromkeys(name for line in lines for name in line)
    write_csv(path, {name: [line.get(name, "") for line in lines] for name in columns})
