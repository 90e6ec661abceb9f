"""Runs grouped by their settings: what varies, and the score of each setting over its splits and seeds."""

import math
import statistics
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from src.comparing.reading import BrokenRunError, Record
from src.comparing.repetitions import Repetitions, repeats, repetitions
from src.errors import ConfigError, suggestion
from src.settings.rules import direction
from src.statistics.differences import two_modes
from src.statistics.intervals import Ends, around, resplit, score_range, wilson
from src.storage.folders import RUN

_COSTS = ("seconds", "epochs", "steps", "epoch")
_FEWEST = 3  # repetitions needed for the interval of a mean
_LEAST_GAP = 0.1  # in a score from 0 to 1, between solved and stuck runs


@dataclass(frozen=True)
class Setting:
    """One row of a comparison.

    Attributes:
        values: The value of each key that runs are grouped by.
        runs: Its runs, including failed and unfinished ones.
        metric: The compared metric.
        ranked_by: The metric that settings are ranked by; None is `metric`.
        repetitions: The split and the seed of each run.
        judged: Whether runs of the comparison count as solved or not.
        place: Its position in the sweep.
    """

    values: tuple[Any, ...]
    runs: list[Record]
    metric: str
    ranked_by: str | None = None
    repetitions: Repetitions = field(default_factory=Repetitions)
    judged: bool = False
    place: int = 0

    @property
    def finished(self) -> list[Record]:
        """Runs that have been evaluated."""
        return [run for run in self.runs if run.finished]

    @property
    def failed(self) -> list[Record]:
        """Runs that failed, which is a result too."""
        return [run for run in self.runs if run.failure is not None]

    @property
    def num_unfinished(self) -> int:
        """Runs that have neither finished nor failed."""
        return len(self.runs) - len(self.finished) - len(self.failed)

    @property
    def share_failed(self) -> float:
        """The share of failed runs among those that have ended; 0 if none has."""
        return len(self.failed) / max(1, len(self.finished) + len(self.failed))

    @property
    def numbers(self) -> list[float]:
        """The metric of each finished run."""
        return [float(run.metrics[self.metric]) for run in self.finished]

    @cached_property
    def units(self) -> dict[Hashable, float]:
        """The values to average: the metric of each split, averaged over seeds, or of each seed of a single split."""
        return self._averaged(self.metric)

    def _averaged(self, metric: str) -> dict[Hashable, float]:
        groups: dict[Hashable, list[float]] = {}
        for run in self.finished:
            groups.setdefault(self.repetitions.unit(run), []).append(float(run.metrics[metric]))
        return {unit: statistics.fmean(numbers) for unit, numbers in groups.items()}

    @property
    def mean(self) -> float:
        """The metric's mean over `units`; NaN without a finished run."""
        return statistics.fmean(self.units.values()) if self.units else math.nan

    @property
    def rank(self) -> float:
        """The mean of the metric that settings are ranked by; NaN without a finished run."""
        if self.ranked_by is None or not self.finished:
            return self.mean
        return statistics.fmean(self._averaged(self.ranked_by).values())

    @property
    def half_width(self) -> float | None:
        """Half the mean's 95 % interval; None for fewer than three repetitions, two modes, or equal values."""
        numbers = list(self.units.values())
        if len(numbers) < _FEWEST or self.two_modes or max(numbers) == min(numbers):
            return None
        return resplit(numbers, self.repetitions.ratio)

    @property
    def ends(self) -> Ends | None:
        """The 95 % interval of the mean within the range of the metric; None as for `half_width`."""
        half = self.half_width
        return None if half is None else around(self.mean, half, score_range(self.metric))

    @cached_property
    def two_modes(self) -> bool:
        """Whether runs are either solved or stuck, far from each other, so that their mean says little."""
        if len(self.numbers) < _FEWEST:
            return False
        least = _LEAST_GAP if score_range(self.metric) == (0, 1) else 0.0
        groups: dict[bool, list[float]] = {True: [], False: []}
        for run, number in zip(self.finished, self.numbers, strict=True):
            groups[run.metrics.get("solved") is True].append(number)
        if self.judged and all(groups.values()):
            good, bad = groups[True], groups[False]
            gap = max(min(good) - max(bad), min(bad) - max(good))
            if gap >= max(least, max(good) - min(good)) and gap > 0:
                return True
        return two_modes(self.numbers, least) is not None

    @property
    def num_solved(self) -> int:
        """Runs that solved their problem."""
        return sum(run.metrics.get("solved") is True for run in self.runs)

    @property
    def num_judged(self) -> int:
        """Runs that solved their problem or did not, including failed ones; 0 if there is no verdict."""
        if not self.judged:
            return 0
        return sum(run.metrics.get("solved") is not None for run in self.finished) + len(self.failed)

    @property
    def success_rate(self) -> float | None:
        """The share of all runs, including failed ones, that solved their problem; None if there is no verdict."""
        return self.num_solved / self.num_judged if self.num_judged else None

    @property
    def success_ends(self) -> Ends | None:
        """Wilson's 95 % interval of `success_rate`."""
        return wilson(self.num_solved, self.num_judged) if self.num_judged else None

    @property
    def seconds(self) -> float:
        """The mean time inside `Trainer.fit`."""
        return statistics.fmean(run.metrics["fit_seconds"] for run in self.finished) if self.finished else math.nan


def varying_keys(runs: list[Record]) -> list[str]:
    """The keys, except seeds and folds, that a command line set and that differ between runs."""
    return [key for key in swept_keys(runs) if not repeats(key)]


def swept_keys(runs: list[Record]) -> list[str]:
    """The keys that a command line set and that differ between runs."""
    keys = dict.fromkeys(key for run in runs for key in run.overrides)
    return [key for key in keys if key not in ("runs_dir", "data_dir") and _differs(runs, key)]


def _differs(runs: list[Record], key: str) -> bool:
    first = runs[0].value(key)
    return any(run.value(key) != first for run in runs)


def known_metric(runs: list[Record], wanted: str | None) -> str:
    """The metric to compare runs by: `wanted`, or if None the one that decides whether they are solved.

    Raises:
        ConfigError: No finished run has it.
    """
    finished = next(run for run in runs if run.finished)
    names = list(dict.fromkeys(name for run in runs for name in run.metrics if _has_number(run, name)))
    if wanted is None:
        wanted = str((finished.config.get("solved") or {}).get("metric", "test/accuracy"))
        wanted = wanted if wanted in names else "test/loss"
    if wanted not in names:
        near = [f"test/{wanted}", *get_close_matches(wanted, names, n=1)]
        meant = next((name for name in near if name in names), None)
        remedy = f"did you mean {meant}?" if meant else f"choose from {', '.join(names)}"
        raise ConfigError(f"metric: these runs have no {wanted!r}; {remedy}")
    return wanted


def check_numbers(runs: list[Record], metric: str) -> None:
    """Raise `BrokenRunError` for the first finished run of `runs` without a number for `metric` or for its time."""
    for run in runs:
        for name in (metric, "fit_seconds") if run.finished else ():
            if not _has_number(run, name):
                raise BrokenRunError(run.folder, f"{RUN.metrics} has no number for {name}")


def _has_number(run: Record, name: str) -> bool:
    value = run.metrics.get(name)
    return isinstance(value, int | float) and not isinstance(value, bool)


def known_keys(runs: list[Record], wanted: Iterable[str]) -> list[str]:
    """The `wanted` keys, each of which at least one of the `runs` has.

    Raises:
        ConfigError: A key that no run has.
    """
    for key in wanted:
        if all(run.value(key) is None for run in runs):
            groups = {name: node for name, node in runs[0].config.items() if isinstance(node, dict)}
            known = {*runs[0].overrides, *(f"{group}.{name}" for group, node in groups.items() for name in node)}
            remedy = suggestion(key, known)
            remedy = remedy if "did you mean" in remedy else "name keys as on the command line of src.train"
            raise ConfigError(f"group_by: no run has {key}; {remedy}")
    return list(wanted)


def smaller_is_better(metric: str) -> bool:
    """Whether a metric is an error or a cost."""
    return direction(metric) == "min" or metric.rpartition("/")[2].rpartition("_")[2] in _COSTS


def ranking_metric(runs: list[Record], metric: str, rank_by: str) -> str | None:
    """The score that ranks settings for a `metric`, if it is another one that all finished `runs` have.

    Args:
        runs: The runs.
        metric: The compared metric.
        rank_by: `val` for the same score on validation rows, `test` for the metric itself, or a score.
    """
    if rank_by == "test":
        return None
    twin = metric.replace("test/", "val/", 1) if rank_by == "val" else rank_by
    known = all(_has_number(run, twin) for run in runs if run.finished)
    return twin if twin != metric and known else None


def settings(runs: list[Record], keys: list[str], metric: str, ranked_by: str | None = None) -> list[Setting]:
    """Runs grouped by their values of the keys, the best first; settings with failed runs come below the others.

    Args:
        runs: The runs, at least one of them finished.
        keys: The keys that define a setting.
        metric: The compared metric.
        ranked_by: The metric to rank by; None is `metric`.
    """
    groups: dict[tuple[Any, ...], list[Record]] = {}
    for run in runs:
        groups.setdefault(tuple(run.value(key) for key in keys), []).append(run)
    repeated = repetitions(runs, metric)
    judged = any(run.metrics.get("solved") is not None for run in runs)
    found = [
        Setting(values, members, metric, ranked_by, repeated, judged, place)
        for place, (values, members) in enumerate(groups.items())
    ]
    sign = 1 if smaller_is_better(ranked_by or metric) else -1
    return sorted(found, key=lambda row: (not row.finished, row.share_failed, sign * row.rank))
