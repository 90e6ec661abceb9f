"""Saving what was trained on the page: a run's folder, made by repeating the training."""

import contextlib
import io
import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import torch
from omegaconf import DictConfig

from src.building.build import build
from src.command.cli import execute
from src.command.quoting import literal
from src.errors import ConfigError
from src.heads.base import Head
from src.play.composing import composed
from src.play.controls import checked
from src.play.hand import Hand
from src.play.making import stretch_on
from src.play.repeating import Reached, Repeating, Until
from src.play.training import Gate, State, Stretch
from src.runs.training import Run, carried_out
from src.stacking import starting
from src.storage.files import aside
from src.storage.folders import RunFolder
from src.trust.checkpoints import read_checkpoint

JOURNAL = "play.jsonl"
_POINTS = "points"  # the folder of tables of rows edited by hand, in the folder of runs
_MOST_LINES, _MOST_BYTES = 1000, 2**20


class Entry(NamedTuple):
    """A part of a training with constant settings.

    Attributes:
        settings: Values by the controls' keys; all others are those of the experiment.
        epochs: Total number of complete epochs at its end.
        steps: Total number of optimiser steps at its end.
        table: The path of the table of its rows, if they were edited by hand.
        weights: Changes of weights by hand, as `Edit.as_json` writes them.
    """

    settings: dict[str, Any]
    epochs: int
    steps: int
    table: str = ""
    weights: Sequence[dict[str, Any]] = ()


@dataclass
class _Continued(Run):
    """A run that continues from weights that were trained with other settings, or changes some of them by hand."""

    start: State | None = None
    weights: Sequence[dict[str, Any]] = ()

    def _train(self, checkpoint: Path | None) -> None:
        hand = Hand(self.parts.head.network)
        if self.start is not None:
            self.parts.head.load_state_dict(self.start.weights)
        gate = Gate(Repeating(hand, self.weights, self.start), self.start, hand)
        self.parts.trainer.callbacks.append(gate)  # type: ignore[attr-defined]
        super()._train(checkpoint)


def save(journal: list[Entry], runs_dir: str, scratch: Path, tests_shown: int = 0) -> Path:
    """Repeat the training of a `journal` and return the folder of the run.

    If the settings were never changed, this runs the command that the page shows. Otherwise all parts are trained one
    after another, and the folder's configuration is that of the last part.

    Args:
        journal: The parts of the training, in order.
        runs_dir: The folder for the run's folder.
        scratch: A folder for temporary files.
        tests_shown: How often the scores of the test rows were looked at.

    Raises:
        ConfigError: The last part does not have a complete epoch, or a setting is refused.
    """
    *before, last = [entry._replace(table=_kept(entry.table, runs_dir)) for entry in journal]
    if last.epochs <= max([*(entry.epochs for entry in before[-1:]), *(edit["epochs"] for edit in last.weights), 0]):
        raise ConfigError("save: needs a complete epoch with the current settings and weights; train one, then save")
    start = None
    for entry in before:
        start = _trained(entry, start, scratch)
    words = [*command_words(last, scratch), f"runs_dir={literal(runs_dir)}"]
    made: list[Path] = []

    def work(cfg: DictConfig, folder: Path) -> None:
        made.append(folder)
        if start is None and not last.weights:
            starting.train(cfg, folder)
        else:
            carried_out(_Continued(cfg, folder, build(cfg, folder), start=start, weights=last.weights))

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        execute("train", work, words)
    _write(made[0] / JOURNAL, [*before, last], tests_shown)
    return made[0]


def is_saved(head: Head, folder: Path) -> bool:
    """Whether the last weights in a run's `folder` equal those of a `head`, bit for bit."""
    kept = read_checkpoint(RunFolder(folder).last_checkpoint)["state_dict"]
    own = head.state_dict()
    return kept.keys() == own.keys() and all(torch.equal(kept[name], own[name]) for name in own)


def command_words(entry: Entry, folder: Path) -> list[str]:
    """The words after `python -m src.train` that train from the start for as long as an `entry` says.

    Args:
        entry: The settings, the epochs and the rows.
        folder: The run's folder.
    """
    found = _stretch(entry, folder).composed
    if found.cfg.scheduler._target_ is not None:
        return found.words  # a schedule is planned for the epochs that are set
    words = [word for word in found.words if not word.startswith("trainer.max_epochs=")]
    usual = not entry.table and entry.epochs == found.usual_epochs
    return words if usual else [*words, f"trainer.max_epochs={entry.epochs}"]


def _stretch(entry: Entry, folder: Path) -> Stretch:
    if entry.table:
        return stretch_on(Path(entry.table), entry.settings, folder)
    return Stretch(composed(entry.settings, folder), folder)


def _kept(table: str, runs_dir: str) -> str:
    """The permanent path of a `table`; one written by the page is copied, under a name derived from its content."""
    path = Path(runs_dir) / _POINTS / Path(table).name
    if table and not path.exists() and Path(table) != path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with aside(path) as part:
            part.write_bytes(Path(table).read_bytes())
    return str(path) if table else ""


def _trained(entry: Entry, start: State | None, scratch: Path) -> State:
    stretch = _stretch(entry, scratch)
    end = entry.epochs, entry.steps
    try:
        stretch.fit(Until(end, stretch.hand, entry.weights, start), start)
    except Reached:
        return stretch.state(entry.epochs, entry.steps)
    raise ConfigError(f"journal: training ended before {entry.steps} steps; the journal was changed")


def _write(path: Path, journal: list[Entry], tests_shown: int) -> None:
    lines: list[dict[str, Any]] = [
        {key: value for key, value in entry._asdict().items() if key != "weights" or value} for entry in journal
    ]
    with aside(path) as part:
        text = "".join(f"{json.dumps(line)}\n" for line in [*lines, {"test_scores_shown": tests_shown}])
        part.write_text(text, encoding="utf-8")


def replay(path: Path, runs_dir: str) -> Path:
    """Repeat the training of the journal at `path` and return the folder of the run, in `runs_dir`.

    Raises:
        ConfigError: As for `read_journal` and `save`.
    """
    with tempfile.TemporaryDirectory(prefix="play-") as scratch:
        return save(read_journal(path), runs_dir, Path(scratch))


def read_journal(path: Path) -> list[Entry]:
    """The parts of a training in the file at `path`; its content is treated as data and checked like a page's settings.

    Raises:
        ConfigError: The file is not a journal, or holds an impossible value.
    """
    if not path.is_file():
        raise ConfigError(f"journal: there is no file {path}; give a run folder's {JOURNAL}")
    if path.stat().st_size > _MOST_BYTES:
        raise ConfigError(f"journal: {path} is too large for a journal; give a run folder's {JOURNAL}")
    try:
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        entries = [line for line in lines if "settings" in line]
        if not entries or len(lines) > _MOST_LINES:
            raise ValueError(f"{len(lines)} lines")
        found = [_entry(line, path) for line in entries]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ConfigError(f"journal: {path} is not a journal ({error}); give a run folder's {JOURNAL}") from error
    for entry in found:
        if "experiment" not in entry.settings:
            raise ConfigError(f"journal: {path} names no experiment; give a run folder's {JOURNAL}")
    return found


def _entry(line: dict[str, Any], journal: Path) -> Entry:
    table = line.get("table", "")
    if not isinstance(table, str) or Path(table).suffix not in ("", ".csv"):
        raise ValueError(f"{table!r:.40} is not a table")
    edits = [each | {key: _count(each[key]) for key in ("epochs", "steps")} for each in line.get("weights", [])]
    return Entry(
        checked(line["settings"]), _count(line["epochs"]), _count(line["steps"]), _found(table, journal), edits
    )


def _found(table: str, journal: Path) -> str:
    """The path of a journal's `table`: as written or, if the folder of runs was moved, in that folder's `points/`."""
    if not table or Path(table).is_file():
        return table
    places = (folder / _POINTS / Path(table).name for folder in journal.absolute().parents)
    return str(next((place for place in places if place.is_file()), table))


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r:.20} is not a count")
    return value
