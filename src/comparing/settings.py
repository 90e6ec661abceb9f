"""Runs grouped by their settings: what varies, and what each setting came to over its seeds."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from src.comparing.reading import BrokenRunError, Record
from src.errors import ConfigError
from src.settings.rules import direction
from src.storage.folders import RUN

_CONFIDENCE = 0.95
_COSTS = ("seconds", "epochs", "steps", "epoch")


@dataclass(frozen=True)
class Setting:
    """One row of a comparison.

    Attributes:
        values: The value of each key that runs are grouped by.
        runs: Its runs, the unfinished ones too.
        metric: What is compared.
    """

    values: tuple[Any, ...]
    runs: list[Record]
    metric: str

    @property
    def finished(self) -> list[Record]:
        """Runs that have been measured."""
        return [run for run in self.runs if run.finished]

    @property
    def numbers(self) -> list[float]:
        """The metric of each finished run."""
        return [float(run.metrics[self.metric]) for run in self.finished]

    @property
    def mean(self) -> float:
        """The metric's mean; NaN without a finished run."""
        return statistics.fmean(self.numbers) if self.numbers else math.nan

    @property
    def half_width(self) -> float | None:
        """Half the 95 % interval of the mean by Student's t; None for fewer than two runs."""
        return interval(self.numbers)

    @property
    def num_solved(self) -> int:
        """Runs that solved their problem."""
        return sum(run.metrics.get("solved") is True for run in self.runs)

    @property
    def success_rate(self) -> float | None:
        """The share of finished runs that solved their problem; None where there is no verdict."""
        judged = [run for run in self.finished if run.metrics.get("solved") is not None]
        return self.num_solved / len(judged) if judged else None

    @property
    def seconds(self) -> float:
        """The mean time inside `Trainer.fit`."""
        return statistics.fmean(run.metrics["fit_seconds"] for run in self.finished) if self.finished else math.nan


def interval(numbers: list[float]) -> float | None:
    """Half the width of the 95 % interval of the mean of `numbers`, by Student's t; None for fewer than two.

    Example:
        >>> round(interval([1.0, 2.0, 3.0]), 3)  # 4.303 times 1 over the square root of 3
        2.484
    """
    if len(numbers) < 2:
        return None
    from scipy.special import stdtrit

    t = float(stdtrit(len(numbers) - 1, (1 + _CONFIDENCE) / 2))
    return t * statistics.stdev(numbers) / math.sqrt(len(numbers))


def is_seed(key: str) -> bool:
    """Whether a key only chooses random numbers.

    Example:
        >>> is_seed("data.shuffle_seed"), is_seed("optimizer.lr")
        (True, False)
    """
    return key.rpartition(".")[2].rpartition("_")[2] == "seed"


def varying_keys(runs: list[Record]) -> list[str]:
    """The keys, seeds left aside, that some command line set and that differ between runs."""
    keys = dict.fromkeys(key for run in runs for key in run.overrides if not is_seed(key))
    return [key for key in keys if key not in ("runs_dir", "data_dir") and _differs(runs, key)]


def _differs(runs: list[Record], key: str) -> bool:
    first = runs[0].value(key)
    return any(run.value(key) != first for run in runs)


def known_metric(runs: list[Record], wanted: str | None) -> str:
    """The metric to compare runs by: the one wanted, or for None the one by which they count as solved.

    Raises:
        ConfigError: No finished run has it.
    """
    finished = next(run for run in runs if run.finished)
    names = list(dict.fromkeys(name for run in runs for name in run.metrics if _has_number(run, name)))
    if wanted is None:
        wanted = str((finished.config.get("solved") or {}).get("metric", "test/accuracy"))
        wanted = wanted if wanted in names else "test/loss"
    if wanted not in names:
        raise ConfigError(f"metric: these runs have no {wanted!r}; choose from {', '.join(names)}")
    return wanted


def check_numbers(runs: list[Record], metric: str) -> None:
    """Raise `BrokenRunError` for the first finished one of `runs` without a number for a `metric` or for its time."""
    for run in runs:
        for name in (metric, "fit_seconds") if run.finished else ():
            if not _has_number(run, name):
                raise BrokenRunError(run.folder, f"{RUN.metrics} has no number for {name}")


def _has_number(run: Record, name: str) -> bool:
    value = run.metrics.get(name)
    return isinstance(value, int | float) and not isinstance(value, bool)


def known_keys(runs: list[Record], wanted: Iterable[str]) -> list[str]:
    """The keys wanted, all of which some of the runs have.

    Raises:
        ConfigError: A key that no run has.
    """
    for key in wanted:
        if all(run.value(key) is None for run in runs):
            near = get_close_matches(key, [known for run in runs[:1] for known in run.overrides], n=1)
            remedy = f"did you mean {near[0]}?" if near else "name keys as on the command line of src.train"
            raise ConfigError(f"group_by: no run has {key}; {remedy}")
    return list(wanted)


def smaller_is_better(metric: str) -> bool:
    """Whether a metric is an error or a cost."""
    return direction(metric) == "min" or metric.rpartition("/")[2].rpartition("_")[2] in _COSTS


def settings(runs: list[Record], keys: list[str], metric: str) -> list[Setting]:
    """Runs grouped by their values of the keys: best mean of the metric first, those without a finished run last."""
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run.value(key) for key in keys), []).append(run)
    found = [Setting(values, members, metric) for values, members in groups.items()]
    sign = 1 if smaller_is_better(metric) else -1
    return sorted(found, key=lambda setting: (math.isnan(setting.mean), sign * setting.mean))
