"""Runs grouped by their settings and compared by a metric: as a table, as a figure, and as boundaries."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from src.comparing.reading import BrokenRunError, Record, natural
from src.comparing.settings import Setting, check_numbers, known_keys, known_metric, settings, varying_keys
from src.errors import ConfigError
from src.storage.folders import RunFolder

_MAX_ROWS = 40  # of the table in the terminal; the files have all


@dataclass(frozen=True, repr=False)
class Comparison:
    """Settings and what each came to over its seeds.

    Attributes:
        settings: A row for each setting, the best first.
        keys: What makes a setting.
        metric: A key of `metrics.json`.
    """

    settings: list[Setting]
    keys: list[str]
    metric: str

    def __repr__(self) -> str:
        """The settings as aligned columns, the best first."""
        rows, keys = self.settings, self.keys
        judged = any(row.success_rate is not None for row in rows)
        unfinished = any(len(row.finished) < len(row.runs) for row in rows)
        head = [*keys, "runs", *(["unfinished"] if unfinished else []), f"{self.metric} ± 95 %"]
        head += [*(["solved"] if judged else []), "seconds"]
        lines = [head] + [_cells(row, judged, unfinished) for row in rows[:_MAX_ROWS]]
        widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
        text = "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines
        )
        more = len(rows) - _MAX_ROWS
        return text + (f"\n… and {more} more settings in compare.csv" if more > 0 else "")

    def figure(self) -> Any:
        """The metric over the settings: a line, a heat map, or a row for each."""
        from src.plots.comparison import Point, comparison_figure

        points = [Point(row.values, row.mean, row.half_width, row.numbers) for row in self.settings if row.numbers]
        return comparison_figure(points, self.keys, self.metric)

    def boundaries(self, number: int, trust: Any = None) -> Any:
        """Boundaries: of the best settings their median runs', of a single setting one of each run.

        Their order is the sweep's, so that one can see what a growing value does.

        Args:
            number: How many at most.
            trust: Packages whose classes the runs may name, as for `open_run`.

        Returns:
            A figure, or None where the runs have other than two inputs and classes.
        """
        rows = self.settings
        if len(rows) == 1:
            return self.boundaries_of(rows[0].finished[:number], trust)
        best = [row for row in rows if row.finished][:number]
        in_order = sorted(best, key=lambda row: natural(row.runs[0].folder))
        return self._boundaries([(_median(row), named(row.values, self.keys)) for row in in_order], trust)

    def boundaries_of(self, runs: Sequence[Record], trust: Any = None) -> Any:
        """The boundaries of some runs in their order, each under its setting and its seed; None as for `boundaries`.

        Args:
            runs: Which.
            trust: As for `boundaries`.
        """
        settings = [named([run.value(key) for key in self.keys], self.keys) for run in runs]
        titles = [f"{setting}\nseed {run.value('seed')}".strip() for setting, run in zip(settings, runs, strict=True)]
        return self._boundaries(list(zip(runs, titles, strict=True)), trust)

    def _boundaries(self, titled: list[tuple[Record, str]], trust: Any) -> Any:
        if not self.may_have_boundaries:
            return None
        from src.comparing.boundaries import boundaries_figure

        return boundaries_figure([(run.folder, title) for run, title in titled], trust)

    @property
    def may_have_boundaries(self) -> bool:
        """Whether there is a boundary to draw, as far as configurations tell; opening a run tells the rest."""
        first = next(run for row in self.settings for run in row.finished)
        has_weights = RunFolder(first.folder).best_checkpoint.exists()
        return has_weights and "regression" not in str(first.value("head._target_"))


def compare(runs: list[Record], metric: str | None = None, group_by: str | list[str] = "auto") -> Comparison:
    """Compare some runs. One whose files turn out to be broken is left out, which a line on stderr says.

    Args:
        runs: Of which at least one has finished.
        metric: A key of `metrics.json`; None is the one that decides whether a run is solved.
        group_by: Keys that make a setting; `auto` is what varies apart from seeds.

    Raises:
        ConfigError: No run has the metric or a key, or no whole one is left.
    """
    whole = list(runs)
    while any(run.finished for run in whole):
        try:
            return _compared(whole, metric, group_by)
        except BrokenRunError as error:
            error.leave_out()
            whole = [run for run in whole if run.folder != error.folder]
    raise ConfigError("sweep: none of the runs that have finished can be read; restore their folders")


def _compared(runs: list[Record], metric: str | None, group_by: str | list[str]) -> Comparison:
    known = known_metric(runs, metric)
    check_numbers(runs, known)
    chosen = [group_by] if isinstance(group_by, str) else group_by
    keys = varying_keys(runs) if chosen == ["auto"] else known_keys(runs, chosen)
    comparison = Comparison(settings(runs, keys, known), keys, known)
    _ = comparison.may_have_boundaries  # reads a configuration, here, where a broken one can be left out
    return comparison


def shown(value: Any) -> str:
    """A setting's value as on the command line.

    Example:
        >>> shown((16, 8)), shown(0.1)
        ('[16,8]', '0.1')
    """
    return f"[{','.join(map(str, value))}]" if isinstance(value, tuple) else str(value)


def percent(share: float) -> str:
    """A share as a whole number of percent, 0% and 100% only where it is none and all."""
    rounded = round(100 * share)
    return f"{rounded if share in (0, 1) else min(max(rounded, 1), 99)}%"


def _cells(row: Setting, judged: bool, unfinished: bool) -> list[str]:
    cells = [shown(value) for value in row.values] + [str(len(row.finished))]
    if unfinished:
        cells.append(str(len(row.runs) - len(row.finished)))
    spread = "" if row.half_width is None else f" ± {row.half_width:.4f}"
    cells.append("–" if math.isnan(row.mean) else f"{row.mean:.4f}{spread}")
    if judged:
        rate = row.success_rate
        cells.append("–" if rate is None else f"{percent(rate)} ({row.num_solved}/{len(row.finished)})")
    return [*cells, "–" if math.isnan(row.seconds) else f"{row.seconds:.2f}"]


def _median(row: Setting) -> Record:
    return sorted(row.finished, key=lambda run: float(run.metrics[row.metric]))[len(row.finished) // 2]


def named(values: Sequence[Any], keys: list[str]) -> str:
    """A setting as on the command line, a line for each of its `keys` and `values`."""
    return "\n".join(f"{key}={shown(value)}" for key, value in zip(keys, values, strict=True))
