"""A finished search for good settings: its best setting, its trials and its figures."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from src.comparing.comparison import Comparison, compare
from src.comparing.searching import Searched, Trial, read_search
from src.errors import ConfigError
from src.lab.records import Records
from src.lab.trained_run import TrainedRun
from src.lab.trained_sweep import TrainedSweep
from src.storage.folders import SweepFolder
from src.storage.jobs import folders_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class TrainedSearch(TrainedSweep):
    """The folder of a search, which is a sweep with a table of trials: `lab.TrainedSearch(folder)` opens it again.

    Args:
        folder: The folder that holds its runs.

    Raises:
        ConfigError: The folder is not that of a search.
    """

    def __init__(self, folder: str | Path) -> None:
        super().__init__(Path(folder))
        _ = self.searched

    @cached_property
    def searched(self) -> Searched:
        """Its objectives and its trials."""
        found = read_search(self.folder)
        if found is None:
            raise ConfigError(f"folder: {self.folder} is not the folder of a search; lab.tune begins one")
        return found

    @property
    def best(self) -> dict[str, Any]:
        """The best setting, key by key; of several objectives the first on the Pareto front.

        Raises:
            ConfigError: No trial is complete.
        """
        return dict(self._best.setting)

    @property
    def best_values(self) -> dict[str, float]:
        """The value of each objective for the best setting, the mean over its seeds and folds."""
        return dict(zip(self.searched.objectives, self._best.values or (), strict=True))

    def best_run(self) -> TrainedRun:
        """The run of the best setting; of several seeds or folds the one with the median objective.

        Raises:
            ConfigError: None of its runs is there any more.
        """
        objective, best = self.searched.objectives[0], self._best
        finished = {run.folder: run for run in self.runs if run.finished}
        places = [each.path for number in best.runs for each in folders_of(self.folder, number)]
        runs = sorted((finished[path] for path in places if path in finished), key=lambda run: run.metrics[objective])
        if not runs:
            raise ConfigError(
                f"best_run: {self.folder} has no run of its best setting, trial {best.number}; restore it"
            )
        return TrainedRun.read(runs[len(runs) // 2].folder)

    def trials(self) -> Records:
        """One record per trial: its number, how it ended, its objectives, and the values of the searched keys."""
        names = self.searched.objectives
        return Records(
            {
                **{"trial": trial.number, "state": trial.state},
                **dict(zip(names, trial.values or [None] * len(names), strict=True)),
                **trial.setting,
            }
            for trial in self.searched.trials
        )

    def front(self) -> Records:
        """The records of the best trials: one, or the Pareto front of several objectives."""
        best = {trial.number for trial in self.searched.best}
        return Records(record for record in self.trials() if record["trial"] in best)

    def compare(
        self, metric: str | None = None, group_by: str | list[str] = "auto", reference: str | list[str] | None = None
    ) -> Comparison:
        """One row per setting, as for a sweep; without a `metric`, the search's objective ranks them."""
        return compare(self.runs, metric, group_by, reference=reference, searches=[self.searched])

    def plot_history(self) -> "Figure":
        """The objective of each trial in order, and the best so far."""
        return self._figure("history")

    def plot_slices(self) -> "Figure":
        """The objective over each searched key, the most important key first."""
        return self._figure("slices")

    def plot_contour(self) -> "Figure":
        """The objective over the two most important numbers."""
        return self._figure("contour")

    def plot_pareto(self) -> "Figure":
        """Two objectives of each trial, and the Pareto front."""
        return self._figure("pareto")

    @property
    def _best(self) -> Trial:
        if not self.searched.best:
            raise ConfigError(f"best: no trial of {self.folder} is complete; see {SweepFolder(self.folder).failures}")
        return self.searched.best[0]

    def _figure(self, name: str) -> "Figure":
        """A figure of the search.

        Raises:
            ConfigError: Its trials do not allow this figure, or Optuna is not installed.
        """
        try:
            from src.tuning.finished import figures_of
        except ImportError as error:
            raise ConfigError(f"plot_{name}: needs optuna; pip install optuna") from error
        figures = figures_of(self.folder)
        if name not in figures:
            raise ConfigError(f"plot_{name}: this search has no such figure; it has {', '.join(figures)}")
        return figures[name]
