"""A search for good settings as its folder tells: what it tried, and which settings were best."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from src.comparing.naming import named
from src.comparing.reading import plain
from src.errors import ConfigError
from src.settings.rules import direction
from src.storage.folders import SweepFolder
from src.trust.plain import read_yaml

_FIRST, _LAST = ["trial", "state"], ["runs", "same_as"]
_MOST_BYTES = 64 * 2**20  # of a table of trials
_SIZE = "num_parameters"


@dataclass(frozen=True)
class Trial:
    """A setting that a search tried.

    Attributes:
        number: Its number in the study.
        state: How it ended: `complete`, `pruned`, `fail`, or `running` while it has not.
        values: The value of each objective, the mean over seeds and folds; None without one.
        setting: The value of each searched key.
        runs: The numbers of its runs in the sweep; empty if it repeats an earlier setting.
        same_as: The number of that earlier trial, if any.
    """

    number: int
    state: str
    values: tuple[float, ...] | None
    setting: dict[str, Any]
    runs: tuple[int, ...]
    same_as: int | None


@dataclass(frozen=True)
class Searched:
    """A search.

    Attributes:
        folder: The sweep's folder.
        objectives: The scores that it optimizes.
        smaller: Whether a smaller value is better, for each objective.
        trials: Everything that it tried, in order.
    """

    folder: Path
    objectives: list[str]
    smaller: list[bool]
    trials: list[Trial]

    @property
    def best(self) -> list[Trial]:
        """The best of the complete trials, the first of equal ones; for several objectives the Pareto front."""
        complete = [trial for trial in self.trials if trial.state == "complete" and trial.same_as is None]
        front = [trial for trial in complete if not any(self._beats(other, trial) for other in complete)]
        return front[:1] if len(self.objectives) == 1 else front

    def _beats(self, one: Trial, other: Trial) -> bool:
        """Whether a trial is better in an objective and worse in none."""
        pairs = list(zip(self._losses(one), self._losses(other), strict=True))
        return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)

    def _losses(self, trial: Trial) -> list[float]:
        return [value if smaller else -value for value, smaller in zip(trial.values or (), self.smaller, strict=True)]

    @property
    def ranks_by(self) -> str | None:
        """The score that also ranks its settings in a comparison; None for several objectives or none of these."""
        name, natural = self.objectives[0], direction(self.objectives[0])
        if len(self.objectives) > 1 or natural is None or (natural == "min") != self.smaller[0]:
            return None
        return name

    @property
    def figures(self) -> list[Path]:
        """The figures that it has drawn."""
        return sorted(SweepFolder(self.folder).plots.glob("*.png"))

    def __str__(self) -> str:
        """What was searched, how it ended and where its figures are, in one sentence each."""
        states = Counter(trial.state for trial in self.trials)
        told = {"pruned": "ended early", "fail": "failed", "running": "unfinished", "waiting": "unfinished"}
        ended = ", ".join(f"{states[state]} {word}" for state, word in told.items() if states[state])
        best = self.best
        parts = [f"a search for {', '.join(self.objectives)} over {len(self.trials)} settings"]
        parts[0] += f" ({ended})" if ended else ""
        if len(self.objectives) == 1 and best and best[0].values:
            chosen = named(list(best[0].setting.values()), list(best[0].setting), " ")
            value = f"{self.objectives[0]} {best[0].values[0]:.4g}"
            parts.append(f"its best, {chosen} with {value}, looks better than it is on the rows that chose it")
        if figures := self.figures:
            parts.append(f"figures of the search: {figures[0].parent}/: {', '.join(path.name for path in figures)}")
        return "; ".join(parts)


def read_search(folder: Path) -> Searched | None:
    """The search in a sweep's folder; None if the sweep is none.

    Raises:
        ConfigError: Its files cannot be read.
    """
    sweep = SweepFolder(folder)
    if not sweep.trials.is_file():
        return None
    found: Any = read_yaml(sweep.overrides)
    for key in ("hydra", "sweeper"):
        found = found.get(key) if isinstance(found, dict) else None
    objective = found.get("objective") if isinstance(found, dict) else None
    objectives = [objective] if isinstance(objective, str) else objective
    if not isinstance(found, dict) or not objectives or not all(isinstance(name, str) for name in objectives):
        raise ConfigError(f"{sweep.overrides}: names no objective of a search; restore it")
    given = found.get("direction")
    directions = [given] * len(objectives) if given is None or isinstance(given, str) else given
    smaller = [_is_smaller(name, each) for name, each in zip(objectives, directions, strict=True)]
    return Searched(folder, objectives, smaller, list(_trials(sweep.trials, objectives)))


def _is_smaller(objective: str, given: str | None) -> bool:
    return given == "minimize" if given else objective == _SIZE or direction(objective) == "min"


def _trials(path: Path, objectives: list[str]) -> Iterator[Trial]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES // 2**20} MiB")
        with path.open(newline="", encoding="utf-8") as file:
            columns, *rows = list(csv.reader(file))
        if columns[: 2 + len(objectives)] != [*_FIRST, *objectives] or columns[-2:] != _LAST:
            raise ValueError("it has other columns")
        keys = columns[2 + len(objectives) : -2]
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            values = [cells[name] for name in objectives]
            yield Trial(
                int(cells["trial"]),
                cells["state"],
                tuple(map(float, values)) if all(values) else None,
                {key: plain(cells[key].removeprefix("'")) for key in keys},
                tuple(map(int, cells["runs"].split())),
                int(cells["same_as"]) if cells["same_as"] else None,
            )
    except (ValueError, IndexError, csv.Error) as error:
        raise ConfigError(f"{path}: is not a table of trials ({error}); resume the search to write it again") from error
