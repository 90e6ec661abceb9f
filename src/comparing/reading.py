"""Reads the runs of a sweep, from their folders or from its table: without PyTorch and with little YAML."""

import copy
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any

from src.command.quoting import unquoted
from src.errors import ConfigError
from src.reporting.terminal import printable
from src.storage import runs_table
from src.storage.failures import noted
from src.storage.folders import RUN, SWEEP, RunFolder, SweepFolder
from src.trust.plain import parse_yaml, read_json, read_yaml


class BrokenRunError(ConfigError):
    """A run whose files cannot be read or lack what is compared.

    Args:
        folder: The run's folder.
        reason: What is wrong, in one line.
    """

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(reason)
        self.folder = folder

    def leave_out(self) -> None:
        """Print on stderr that the run is left out."""
        print(printable(f"left out {self.folder}: {self}"), file=sys.stderr)


@dataclass(frozen=True)
class Record:
    """A run as read from its folder.

    Attributes:
        folder: The run's folder.
        overrides: Keys and values that the command line set.
        metrics: The contents of `metrics.json`; empty if the run has not finished.
        failure: Why it failed, in one line; None if it has finished or may still do so.
    """

    folder: Path
    overrides: dict[str, Any]
    metrics: dict[str, Any]
    failure: str | None = None

    @property
    def has_folder(self) -> bool:
        """Whether the run has a folder."""
        return True

    @property
    def finished(self) -> bool:
        """Whether the run has been evaluated."""
        return bool(self.metrics)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration; read only for a key that the command line did not set."""
        loaded = _plain_data(self.folder, RunFolder(self.folder).config)
        if not isinstance(loaded, dict):
            raise BrokenRunError(self.folder, f"{RUN.config.name} is not a run's configuration; restore it")
        return loaded

    @cached_property
    def choices(self) -> dict[str, Any]:
        """The option chosen in each config group."""
        return _choices(_plain_data(self.folder, RunFolder(self.folder).hydra_config), self.folder)

    def value(self, key: str) -> Any:
        """The value of a setting, or None if the run has no such key."""
        if key in self.overrides:
            return self.overrides[key]
        if key in self.choices:
            return self.choices[key]
        node: Any = self.config
        for part in key.split("."):
            node = node.get(part) if isinstance(node, dict) else None
        if isinstance(node, str) and node.startswith("${") and node.endswith("}"):
            return self.value(node[2:-1])
        if isinstance(node, dict):  # a group of a run that was resumed by an earlier version, which kept no choices
            return None
        return tuple(node) if isinstance(node, list) else node


@dataclass(frozen=True)
class Listed(Record):
    """A run without a folder, as read from a row of its sweep's table.

    Attributes:
        saved: Returns a file of `.hydra/`, by its name, of a run that differs only in the overrides.
    """

    saved: Callable[[str], Any] | None = None

    @property
    def has_folder(self) -> bool:
        """Whether the run has a folder."""
        return False

    @cached_property
    def config(self) -> dict[str, Any]:
        """The configuration: that of a run with the same keys, with this run's values."""
        found = copy.deepcopy(self._saved(RUN.config.name))
        for key, value in self.overrides.items():
            *above, last = key.split(".")
            node: Any = found
            for part in above:
                node = node.get(part) if isinstance(node, dict) else None
            if isinstance(node, dict) and last in node and not isinstance(node[last], dict):
                node[last] = list(value) if isinstance(value, tuple) else value
        return found

    @cached_property
    def choices(self) -> dict[str, Any]:
        """The option chosen in each config group."""
        return _choices(self._saved(RUN.hydra_config.name), self.folder)

    def _saved(self, name: str) -> dict[str, Any]:
        assert self.saved is not None
        try:
            found = self.saved(name)
        except ConfigError as error:
            raise BrokenRunError(self.folder, str(error)) from error
        if not isinstance(found, dict):
            raise BrokenRunError(self.folder, f"{name} is not a run's configuration; restore {SWEEP.configs}")
        return found


def _saved_file(sweep: Path, place: int | None, name: str) -> Any:
    return parse_yaml(runs_table.saved_files(sweep, place).get(name, ""), f"{SweepFolder(sweep).configs}: {name}")


def read_runs(folders: list[Path]) -> list[Record]:
    """The runs in the folders of sweeps or of single runs, in the order of their numbers; broken ones are left out.

    Raises:
        ConfigError: A folder that is neither, or no finished run.
    """
    records: list[Record] = []
    for folder in folders:
        is_run = RunFolder(folder).overrides.exists()
        found = [folder] if is_run else [run.path for run in SweepFolder(folder).runs]
        listed = {} if is_run else _listed(folder)
        if not found and not listed:
            raise ConfigError(f"sweep: {folder} holds no runs; give the folder of a sweep or of a run, or sweep=latest")
        failed = _failures(found[0].parent) if found else {}
        for path in sorted({*found, *listed}, key=natural):
            try:
                records.append(listed.get(path) or _read(path, failed.get(path)))
            except BrokenRunError as error:
                error.leave_out()
    names = ", ".join(str(folder) for folder in folders)
    if not records:
        raise ConfigError(f"sweep: none of the runs in {names} can be read; restore their folders")
    if not any(record.finished for record in records):
        key, noun = ("resume", "run") if records[0].folder == folders[0] else ("sweep_resume", "runs")
        raise ConfigError(
            f"sweep: none of the {len(records)} {noun} in {names} has finished; "
            f"resume with: python -m src.train {key}={shlex.quote(str(folders[0]))}"
        )
    return records


def _listed(sweep: Path) -> dict[Path, Record]:
    """The runs of a sweep that have no folder, by the one that they would have."""
    found: dict[Path, Record] = {}
    saved = cache(partial(_saved_file, sweep))  # most runs share one file
    for row in runs_table.without_folder(sweep):
        overrides = dict(_split(word) for word in row.words)
        path = sweep / str(row.number)
        found[path] = Listed(path, overrides, row.metrics, row.failure, partial(saved, row.config))
    return found


def _failures(sweep: Path) -> dict[Path, str]:
    """Why runs in a sweep's folder failed, by folder; a full disk is not the run's fault and is left out."""
    found = {}
    for line in noted(sweep):
        number, _, reason = line.partition(": ")
        if number.removeprefix("#").isdigit() and not reason.startswith("disk error"):
            found[sweep / number.removeprefix("#")] = reason
    return found


def _read(folder: Path, failure: str | None = None) -> Record:
    run = RunFolder(folder)
    try:
        lines = run.overrides.read_text().splitlines()
        if not all(line in ("", "[]") or line.startswith(("- ", " ")) for line in lines):
            raise ValueError("holds something else")
        overrides = dict(_override(line) for line in lines if line.startswith("- "))
    except (ValueError, OSError, ConfigError) as error:
        raise BrokenRunError(folder, f"{RUN.overrides.name} is not a list of overrides; restore it") from error
    metrics = _plain_data(folder, run.metrics) if run.finished else {}
    if not isinstance(metrics, dict):
        raise BrokenRunError(folder, f"{RUN.metrics} holds no metrics; restore it or delete it")
    return Record(folder, overrides, metrics, None if metrics else failure)


def _choices(node: Any, folder: Path) -> dict[str, Any]:
    """The option chosen in each config group, from Hydra's own configuration of a run."""
    for key in ("hydra", "runtime", "choices"):
        node = node.get(key) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise BrokenRunError(folder, f"{RUN.hydra_config.name} names no choices; restore it")
    return node


def _plain_data(folder: Path, path: Path) -> Any:
    """The contents of a file of a run."""
    try:
        return read_json(path) if path.suffix == ".json" else read_yaml(path)
    except ConfigError as error:
        raise BrokenRunError(folder, str(error).removeprefix(f"{folder}/")) from error


def _override(line: str) -> tuple[str, Any]:
    """Key and value of a line like `- optimizer.lr=0.1`."""
    text = line[2:]
    if text[:1] in "'\"":
        text = parse_yaml(text, RUN.overrides.name)
    return _split(text)


def _split(word: str) -> tuple[str, Any]:
    """Key and value of an override."""
    key, _, value = word.partition("=")
    return key.lstrip("+"), plain(value)


def plain(text: str) -> Any:
    """The value that `text` stands for: a number, a boolean, None, a tuple of these, or `text` itself.

    Example:
        >>> plain("1e-3"), plain("[16,8]"), plain("null"), plain("relu"), plain("'1'")
        (0.001, (16, 8), None, 'relu', '1')
    """
    if (text_inside := unquoted(text)) != text:
        return text_inside
    if text.startswith("[") and text.endswith("]"):
        return tuple(plain(part.strip()) for part in text[1:-1].split(",") if part.strip())
    known = {"true": True, "false": False, "null": None}
    if text.lower() in known:
        return known[text.lower()]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def natural(path: Path) -> tuple[int, str]:
    """A sort key for the folders of a sweep by `path`: numbers first, then other names."""
    return (int(path.name), "") if path.name.isdigit() else (2**31, path.name)
