"""A sweep that has been trained, to be compared and looked at."""

import contextlib
from pathlib import Path
from typing import Any

from src.lab.project import PROJECT
from src.lab.trained_run import TrainedRun
from src.sweep.comparison import Comparison, compare
from src.sweep.reading import Record, read_runs


class TrainedSweep:
    """The folder of a sweep.

    Args:
        folder: Where its runs are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def runs(self) -> list[Record]:
        """Its runs by their numbers; each has a `folder`, `overrides`, `metrics` and the `value(key)` of a setting."""
        return read_runs([self.folder])

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, number: int) -> TrainedRun:
        return TrainedRun.read(self.runs[number].folder)

    def __repr__(self) -> str:
        return repr(self.compare())

    def compare(self, metric: str | None = None, group_by: str | list[str] = "auto") -> Comparison:
        """A row for each setting, over its seeds: `sweep.compare("val/loss")` shows it as a table.

        Args:
            metric: A key of `metrics.json`; None is the one that decides whether a run is solved.
            group_by: Keys that make a setting; `auto` is what varies apart from seeds.
        """
        return compare([self.folder], metric, group_by)

    def plot(self, metric: str | None = None, group_by: str | list[str] = "auto") -> Any:
        """A metric over the settings: a line, a heat map, or a row for each."""
        return self.compare(metric, group_by).figure()

    def plot_boundaries(self, number: int = 12) -> Any:
        """The boundary of each setting's median run, or of each run of a single setting; of two-input problems."""
        with contextlib.chdir(PROJECT):
            return self.compare().boundaries(number)
