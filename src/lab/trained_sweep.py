"""A trained sweep: its runs, comparisons and figures."""

import contextlib
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.comparing.comparison import Comparison, compare
from src.comparing.curves import curves_figure
from src.comparing.reading import Record, read_runs
from src.comparing.settings import swept_keys
from src.errors import ConfigError
from src.lab.project import PROJECT
from src.lab.records import Records
from src.lab.trained_run import TrainedRun

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class TrainedSweep:
    """The folder of a finished sweep.

    Args:
        folder: The folder that holds its runs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def runs(self) -> list[Record]:
        """The runs by number; each has a `folder`, `overrides`, `metrics`, and the `value(key)` of a setting."""
        return read_runs([self.folder])

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, number: int) -> TrainedRun:
        return TrainedRun.read(self.runs[number].folder)

    def __repr__(self) -> str:
        return repr(self.compare())

    def _repr_html_(self) -> str:
        return self.compare()._repr_html_()

    def records(self) -> Records:
        """One record per finished run: its number, what the sweep set, and the numbers of its `metrics.json`."""
        keys = swept_keys(self.runs)
        return Records(
            {"run": number, **{key: run.value(key) for key in keys}, **_numbers(run.metrics)}
            for number, run in enumerate(self.runs)
            if run.finished
        )

    def compare(
        self, metric: str | None = None, group_by: str | list[str] = "auto", reference: str | list[str] | None = None
    ) -> Comparison:
        """One row per setting, over its seeds: `sweep.compare("val/loss")` is shown as a table.

        Args:
            metric: A key of `metrics.json`; None is the metric that decides whether a run is solved.
            group_by: The keys that define a setting; `auto` takes whatever varies apart from seeds.
            reference: The setting to compare the others with, such as `optimizer.lr=0.1`; None is the first one.
        """
        return compare(self.runs, metric, group_by, reference=reference)

    def plot(self, metric: str | None = None, group_by: str | list[str] = "auto") -> "Figure":
        """A metric over the settings that `group_by` defines: a line, a heat map, or one row per setting."""
        return self.compare(metric, group_by).figure()

    def plot_curves(self, metric: str = "val/loss", logarithmic: bool = False) -> "Figure":
        """A `metric` of `metrics.csv` over the epochs, one line per run; its axis may be `logarithmic`."""
        return curves_figure(self.runs, self.compare().keys, metric, logarithmic)

    def plot_boundaries(
        self, number: int = 12, runs: Sequence[int] | None = None, by: str | None = None
    ) -> "Figure | None":
        """The boundary of each setting's median run, or of each run if there is one setting; for two-input problems.

        Args:
            number: Maximum number of panels.
            runs: Numbers of the runs to show instead, in this order.
            by: A key of the sweep, such as `seed`; each of its values gets its own line of panels.

        Returns:
            The figure; None for problems that do not have two inputs.

        Raises:
            ConfigError: `runs` names no run, no run has the key, or both are given.
        """
        if runs is not None and by is not None:
            raise ConfigError(f"by: runs already names the panels and their order (got {by!r}); leave one of them out")
        if runs is not None and len(runs) == 0:
            raise ConfigError(f"runs: should name a run to show (got {list(runs)}); it has 0 to {len(self) - 1}")
        comparison = self.compare()
        with contextlib.chdir(PROJECT):
            if by is not None:
                return comparison.boundaries_by(by, number)
            if runs is None:
                return comparison.boundaries(number)
            return comparison.boundaries_of([self.runs[run] for run in runs])


def _numbers(metrics: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if isinstance(value, int | float)}
