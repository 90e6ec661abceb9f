"""`runs.csv` in a sweep's folder: one row per run that has ended, whether or not it has a folder of its own.

Rows are appended a stack at a time. A killed process may leave part of a row at the end, which readers leave out and
the next process removes. Columns of overrides stand between `folder` and `failure`, columns of metrics after `config`.
"""

import csv
import io
import json
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from src.errors import ConfigError
from src.storage.files import aside, placed
from src.storage.folders import RunFolder, SweepFolder
from src.storage.shell import quoted
from src.storage.values import as_json, known_json, write_json

FINISHED, FAILED = "finished", "failed"
_FIRST, _MIDDLE = ["number", "status", "folder"], ["failure", "config"]
_MOST_BYTES, _LONGEST_CELL = 2**30, 2**26


class Row(NamedTuple):
    """A run that has ended.

    Attributes:
        number: Its number in the sweep.
        words: Its overrides.
        metrics: The contents of its `metrics.json`; empty if it failed.
        failure: Why it failed, in one line; None if it finished.
        folder: The name of its folder in the sweep's; empty if it has none.
        config: The place in `configs.json` of the configuration of a run that differs only in its overrides.
    """

    number: int
    words: list[str]
    metrics: dict[str, Any]
    failure: str | None = None
    folder: str = ""
    config: int | None = None


def read(sweep: Path) -> list[Row]:
    """The rows of the table of a `sweep`, the last one of each number; none if there is no table.

    Raises:
        ConfigError: The file is not such a table.
    """
    return list({row.number: row for row in _rows(SweepFolder(sweep).table)}.values())


def without_folder(sweep: Path) -> list[Row]:
    """The rows of runs of a `sweep` that have no folder, also after another launcher may have trained them again."""
    return [row for row in read(sweep) if not row.folder and not RunFolder(sweep / str(row.number)).finished]


def only_row(folder: Path) -> str | None:
    """What to say of a run that has only a row in its sweep's table; None unless `folder` would be that run's."""
    sweep = folder.parent
    if not folder.name.isdigit() or folder.exists() or not SweepFolder(sweep).table.is_file():
        return None
    row = next((row for row in without_folder(sweep) if row.number == int(folder.name)), None)
    if row is None:
        return None
    return f"{folder} was not kept (hydra.launcher.folders), only its row in {sweep.name}/runs.csv; {again(row)}"


def again(row: Row) -> str:
    """The command that trains the run of a `row` again, and keeps its folder."""
    return f"repeat it with: python -m src.train -m {quoted(row.words)} hydra/launcher=vectorized"


class RunsTable:
    """The table of a sweep that this process trains.

    Args:
        sweep: The sweep's folder. Rows of failed runs, and of runs whose folder is gone, are removed from its table:
            such runs are trained again.

    Attributes:
        known: Numbers of all rows.
        finished: Numbers of runs that have finished and have no folder.

    Raises:
        ConfigError: There is another file where the table belongs.
    """

    def __init__(self, sweep: Path) -> None:
        self.sweep, self.path = sweep, SweepFolder(sweep).table
        rows = [row for row in read(sweep) if _stands(row, sweep)]
        self._overrides, self._metrics = _columns(rows, [], [])
        self.known = {row.number for row in rows}
        self.finished = {row.number for row in rows if not row.folder}
        self._configs: list[dict[str, str]] = _saved_configs(sweep)
        self._places: dict[Hashable, int] = {}
        if self.path.exists():
            self._rewrite(rows)

    def values(self, metric: str) -> list[float]:
        """A `metric` of all runs so far that have it."""
        found = [row.metrics.get(metric) for row in read(self.sweep)]
        return [value for value in found if isinstance(value, int | float)]

    def config_of(self, shape: Hashable, files: Callable[[], Mapping[str, str]]) -> int:
        """The place in `configs.json` for runs of a `shape`; the `files` of the first one are written there."""
        if shape not in self._places:
            self._places[shape] = len(self._configs)
            self._configs.append({name: files()[name] for name in _KEPT})
            write_json(SweepFolder(self.sweep).configs, {"configs": self._configs})
        return self._places[shape]

    def append(self, rows: list[Row]) -> None:
        """Add the `rows` of runs that have just ended, in one piece."""
        if not rows:
            return
        overrides, metrics = _columns(rows, self._overrides, self._metrics)
        if (overrides, metrics) != (self._overrides, self._metrics) or not self.path.exists():
            self._overrides, self._metrics = overrides, metrics
            self._rewrite([*_rows(self.path), *rows])
        else:
            with placed(self.path), self.path.open("a", newline="", encoding="utf-8") as file:
                file.write(self._text(rows))
        self.known |= {row.number for row in rows}
        self.finished |= {row.number for row in rows if row.failure is None and not row.folder}

    def _rewrite(self, rows: Iterable[Row]) -> None:
        header = io.StringIO()
        csv.writer(header).writerow([*_FIRST, *self._overrides, *_MIDDLE, *self._metrics])
        with aside(self.path) as part:
            part.write_text(header.getvalue() + self._text(rows), encoding="utf-8", newline="")

    def _text(self, rows: Iterable[Row]) -> str:
        text = io.StringIO()
        writer = csv.writer(text)
        for row in rows:
            words = {key: value for key, _, value in (word.partition("=") for word in row.words)}
            status = FINISHED if row.failure is None else FAILED
            config = "" if row.config is None else row.config
            cells = [row.number, status, row.folder, *(_shown(words.get(key)) for key in self._overrides)]
            cells += [" ".join((row.failure or "").split()), config]
            cells += [_json(row.metrics[name]) if name in row.metrics else "" for name in self._metrics]
            writer.writerow(cells)
        return text.getvalue()


_KEPT = RunFolder(Path()).config.name, RunFolder(Path()).hydra_config.name


def saved_files(sweep: Path, place: int | None) -> dict[str, str]:
    """The files of `.hydra/` at a `place` in `configs.json` of a `sweep`, by name.

    Raises:
        ConfigError: There is none.
    """
    configs = _saved_configs(sweep)
    if place is None or not 0 <= place < len(configs):
        raise ConfigError(f"{SweepFolder(sweep).configs}: holds no configuration number {place}; restore it")
    return configs[place]


def _saved_configs(sweep: Path) -> list[dict[str, str]]:
    found = known_json(SweepFolder(sweep).configs).get("configs")
    if not isinstance(found, list):
        return []
    return [
        {name: text for name, text in each.items() if isinstance(text, str)} if isinstance(each, dict) else {}
        for each in found
    ]


def _stands(row: Row, sweep: Path) -> bool:
    """Whether the run of a `row` need not be trained again."""
    return row.failure is None and (not row.folder or RunFolder(sweep / row.folder).finished)


def _columns(rows: Iterable[Row], overrides: list[str], metrics: list[str]) -> tuple[list[str], list[str]]:
    """The names of the columns of some `rows`, after those that there are."""
    keys, names = dict.fromkeys(overrides), dict.fromkeys(metrics)
    for row in rows:
        keys |= dict.fromkeys(word.partition("=")[0] for word in row.words)
        names |= dict.fromkeys(row.metrics)
    return list(keys), list(names)


def _shown(value: str | None) -> str:
    """The value of an override in a cell, where an empty cell means that there is none."""
    if value is None:
        return ""
    return " ".join(value.splitlines()) or "''"


def _json(value: Any) -> str:
    return as_json({"": value}, indent=None)[4:-2]


def _rows(path: Path) -> Iterator[Row]:
    """The complete rows of the table at `path`."""
    if path.is_symlink() or not path.is_file():
        return
    known = csv.field_size_limit(_LONGEST_CELL)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES // 2**30} GiB")
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.reader(line for line in file if line.endswith("\n"))
            header = next(lines, [])
            middle = header.index(_MIDDLE[0])
            if header[: len(_FIRST)] != _FIRST or header[middle : middle + 2] != _MIDDLE:
                raise ValueError("its columns are not those of runs")
            keys, names = header[len(_FIRST) : middle], header[middle + 2 :]
            for cells in lines:
                yield _row(cells, keys, names)
    except (ValueError, IndexError, RecursionError, csv.Error) as error:
        raise ConfigError(f"{path}: is not a table of runs ({error}); restore it, or move it away") from error
    finally:
        csv.field_size_limit(known)


def _row(cells: list[str], keys: list[str], names: list[str]) -> Row:
    (number, status, folder), rest = cells[: len(_FIRST)], cells[len(_FIRST) :]
    values, (failure, config), metrics = rest[: len(keys)], rest[len(keys) : len(keys) + 2], rest[len(keys) + 2 :]
    if Path(folder).is_absolute() or ".." in Path(folder).parts:
        raise ValueError(f"{folder} leads out of the sweep")
    words = [f"{key}={value}" for key, value in zip(keys, values, strict=True) if value]
    found = {name: _parsed(cell) for name, cell in zip(names, metrics, strict=True) if cell}
    reason = None if status == FINISHED else failure
    return Row(int(number), words, found, reason, folder, int(config) if config else None)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is not a number")
    return number


_parsed = json.JSONDecoder(parse_float=_finite, parse_constant=_finite).decode
