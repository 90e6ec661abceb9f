"""Runs grouped by their settings and compared by a metric: as a table, as a figure, and as boundaries."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from src.comparing.naming import named
from src.comparing.reading import BrokenRunError, Record, natural
from src.comparing.records import as_dict
from src.comparing.report import heading, notes, table
from src.comparing.searching import Searched
from src.comparing.settings import (
    Setting,
    check_numbers,
    known_keys,
    known_metric,
    ranking_metric,
    settings,
    varying_keys,
)
from src.comparing.verdicts import Verdict, find_reference, verdicts
from src.errors import ConfigError
from src.reporting.columns import aligned, folded
from src.reporting.html import html_table
from src.storage.folders import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MAX_ROWS = 40  # of the table in the terminal; the files have all rows


@dataclass(frozen=True, repr=False)
class Comparison:
    """Settings and their scores over the seeds.

    Attributes:
        settings: A row for each setting, the best first.
        keys: The keys that define a setting.
        metric: A key of `metrics.json`.
        reference: The setting that the others are compared with; None if there is only one.
        rope: The largest difference that does not matter in practice.
        origin: What is to be said about where the runs come from, one sentence each.
    """

    settings: list[Setting]
    keys: list[str]
    metric: str
    reference: Setting | None = None
    rope: float = 0.01
    origin: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The settings as aligned columns, the best first, a heading above and notes below, within 80 columns."""
        more = len(self.settings) - _MAX_ROWS
        parts = [f"{heading(self.metric, self.ranked_by)}\n", aligned(self.table(_MAX_ROWS), fixed=len(self.keys))]
        parts += [f"… and {more} more settings in compare.csv"] if more > 0 else []
        return folded("\n".join([*parts, "", *self.notes]))

    def _repr_html_(self) -> str:
        lines, more = self.table(_MAX_ROWS), len(self.settings) - _MAX_ROWS
        notes = [f"… and {more} more settings", *self.notes] if more > 0 else self.notes
        return html_table(lines, heading(self.metric, self.ranked_by), notes)

    def records(self) -> list[dict[str, Any]]:
        """The settings as dictionaries of plain numbers, the best first; `compare.json` has the same."""
        verdicts = self.verdicts or [Verdict("")] * len(self.settings)
        return [as_dict(row, self.keys, verdict) for row, verdict in zip(self.settings, verdicts, strict=True)]

    @property
    def ranked_by(self) -> str | None:
        """The metric that settings are ranked by; None is the compared metric itself."""
        return self.settings[0].ranked_by

    def table(self, most: int | None = None) -> list[list[str]]:
        """The header and the cells of the first `most` settings, or of all."""
        return table(self.settings, self.keys, self.metric, self.verdicts, most)

    @property
    def notes(self) -> list[str]:
        """The kind of the intervals, what failed, what the differences mean and what the sweep cost, one line each."""
        return [*self.origin, *notes(self.settings, self.keys, self.verdicts, self.reference, self.rope)]

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """How each setting compares with the reference; empty if there is nothing to compare."""
        return [] if self.reference is None else verdicts(self.settings, self.reference, self.rope)

    def figure(self) -> "Figure":
        """The metric over the settings: a line, a heat map, or one row per setting."""
        from src.plots.comparison import Point, comparison_figure

        points = [Point(row.values, row.mean, row.ends, row.numbers) for row in self.settings if row.numbers]
        return comparison_figure(points, self.keys, self.metric)

    def boundaries(self, number: int, trust: Any = None, columns: int | None = None) -> "Figure | None":
        """Boundaries of the median run of each of the best settings, or of each run of a single setting.

        They are in the order of the sweep, which shows the effect of a growing value.

        Args:
            number: Maximum number of boundaries to draw.
            trust: Packages whose classes the runs may name, as for `open_run`.
            columns: Panels per row; None leaves it to the figure.

        Returns:
            A figure, or None unless the runs have two inputs and classes.
        """
        rows = self.settings
        if len(rows) == 1:
            with_folders = [run for run in rows[0].finished if run.has_folder]
            return self.boundaries_of(with_folders[:number], trust, columns)
        best = [row for row in rows if row.finished][:number]
        in_order = sorted(best, key=lambda row: natural(row.runs[0].folder))
        medians = [_median(row) for row in in_order]
        titles = [_titled(row, self.keys, run) for row, run in zip(in_order, medians, strict=True)]
        titled = [each for each in zip(medians, titles, strict=True) if each[0].has_folder]
        return self._boundaries(titled, trust, columns)

    def boundaries_of(self, runs: Sequence[Record], trust: Any = None, columns: int | None = None) -> "Figure | None":
        """The boundaries of `runs` in order, each titled by its setting and seed; None as for `boundaries`.

        Args:
            runs: The runs to draw.
            trust: As for `boundaries`.
            columns: Panels per row; None leaves it to the figure.
        """
        settings = [named([run.value(key) for key in self.keys], self.keys) for run in runs]
        titles = [f"{setting}\n{_repetition(run)}".strip() for setting, run in zip(settings, runs, strict=True)]
        return self._boundaries(list(zip(runs, titles, strict=True)), trust, columns)

    def boundaries_by(self, key: str, number: int, trust: Any = None) -> "Figure | None":
        """The boundaries of all finished runs, one row per value of a setting; None as for `boundaries`.

        Args:
            key: The setting, such as `seed` or `network.hidden_dims`.
            number: Maximum number of panels.
            trust: As for `boundaries`.

        Raises:
            ConfigError: No run has this setting.
        """
        runs = sorted((run for row in self.settings for run in row.finished), key=lambda run: natural(run.folder))
        known_keys(runs, [key])
        lines: dict[Any, list[Record]] = {}
        for run in runs:
            lines.setdefault(run.value(key), []).append(run)
        lengths = {len(line) for line in lines.values()}
        columns = lengths.pop() if len(lengths) == 1 else None
        return self.boundaries_of([run for line in lines.values() for run in line][:number], trust, columns)

    def _boundaries(self, titled: list[tuple[Record, str]], trust: Any, columns: int | None = None) -> "Figure | None":
        if not self.may_have_boundaries:
            return None
        from src.comparing.boundaries import boundaries_figure

        return boundaries_figure([(run.folder, title) for run, title in titled], trust, columns)

    @property
    def may_have_boundaries(self) -> bool:
        """Whether the configurations allow a boundary to be drawn; opening a run decides."""
        first = next((run for row in self.settings for run in row.finished if run.has_folder), None)
        if first is None:
            return False
        has_weights = RunFolder(first.folder).best_checkpoint.exists()
        return has_weights and "regression" not in str(first.value("head._target_"))


def compare(
    runs: list[Record],
    metric: str | None = None,
    group_by: str | list[str] = "auto",
    rank_by: Literal["val", "test"] = "val",
    reference: str | list[str] | None = None,
    rope: float = 0.01,
    searches: Sequence[Searched] = (),
) -> Comparison:
    """Compare runs. A run with broken files is left out, with a line on stderr.

    Args:
        runs: The runs, at least one of them finished.
        metric: A key of `metrics.json`; None is the one that decides whether a run is solved.
        group_by: Keys that define a setting; `auto` takes those that vary, except seeds.
        rank_by: The rows whose scores rank the settings: validation rows for a metric of test rows, or the metric's
            own.
        reference: The setting to compare with, such as `optimizer.lr=0.1`; None is the sweep's first.
        rope: The largest difference of the metric that does not matter in practice.
        searches: The searches that the runs come from. The objective of a single one ranks the settings instead, unless
            a metric is named.

    Raises:
        ConfigError: No run has the metric, a key or the reference, or no intact run is left.
    """
    whole = list(runs)
    ranking = searches[0].ranks_by if metric is None and rank_by == "val" and len(searches) == 1 else None
    ranking = ranking or rank_by
    while any(run.finished for run in whole):
        try:
            return replace(
                _compared(whole, metric, group_by, ranking, reference, rope), origin=tuple(map(str, searches))
            )
        except BrokenRunError as error:
            error.leave_out()
            whole = [run for run in whole if run.folder != error.folder]
    raise ConfigError("sweep: none of the runs that have finished can be read; restore their folders")


def _compared(
    runs: list[Record],
    metric: str | None,
    group_by: str | list[str],
    rank_by: str,
    reference: str | list[str] | None,
    rope: float,
) -> Comparison:
    known = known_metric(runs, metric)
    check_numbers(runs, known)
    chosen = [group_by] if isinstance(group_by, str) else group_by
    keys = varying_keys(runs) if chosen == ["auto"] else known_keys(runs, chosen)
    rows = settings(runs, keys, known, ranking_metric(runs, known, rank_by))
    words = reference.split() if isinstance(reference, str) else reference
    beside = find_reference(rows, keys, words) if len(rows) > 1 or words else None
    comparison = Comparison(rows, keys, known, beside if len(rows) > 1 else None, rope)
    _ = comparison.may_have_boundaries  # reads a configuration now, while a broken one can still be left out
    return comparison


def _repetition(run: Record) -> str:
    fold = run.value("data.fold")
    return f"seed {run.value('seed')}" + ("" if fold is None else f", fold {fold}")


def _titled(row: Setting, keys: list[str], median: Record) -> str:
    """A setting, and which of its runs is shown if it has several."""
    which = f"\nmedian of {len(row.finished)}: {_repetition(median)}" if len(row.finished) > 1 else ""
    return f"{named(row.values, keys)}{which}"


def _median(row: Setting) -> Record:
    return sorted(row.finished, key=lambda run: float(run.metrics[row.metric]))[len(row.finished) // 2]
