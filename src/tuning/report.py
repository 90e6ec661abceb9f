"""Results of a search: a progress line, a table of all trials, and the best setting as a command."""

import csv
import logging
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from src.storage.files import aside
from src.storage.folders import SweepFolder
from src.storage.formulas import inert
from src.storage.shell import quoted
from src.tuning.search import JOBS, SAME_AS
from src.tuning.space import Space

log = logging.getLogger(__name__)


@dataclass
class Report:
    """Reports what a search has found.

    Attributes:
        study: The study.
        space: The search space.
        objectives: The optimized metrics.
        sweep: The sweep's folder.
        total: Number of trials of the whole search.
    """

    study: Study
    space: Space
    objectives: list[str]
    sweep: Path
    total: int

    def progress(self, seconds: float, ended: int) -> None:
        """Print the best setting so far and how long the rest may take, and write the table of trials.

        Args:
            seconds: Duration of the search so far.
            ended: Number of trials that have ended in that time.
        """
        done = sum(trial.state.is_finished() for trial in self.study.get_trials(deepcopy=False))
        left = max(0, self.total - done) * seconds / max(1, ended)
        rest = f", about {_duration(left)} left" if left > 0 else ""
        log.info("trial %d of %d: %s%s", done, self.total, self._best_so_far(), rest)
        self.write()

    def _best_so_far(self) -> str:
        best = self.study.best_trials
        if not best:
            return "no run has finished yet"
        if len(self.objectives) > 1:
            return f"{len(best)} settings on the Pareto front"
        return f"best {self._values(best[0])} with {' '.join(self._words(best[0]))}"

    def conclude(self) -> None:
        """Print the best setting, and the command that trains it."""
        best = self.study.best_trials
        if not best:
            log.info("\nNo run has finished; see %s", SweepFolder(self.sweep).failures)
            return
        if len(self.objectives) == 1:
            log.info("\nBest of %s: %s", self._counted(), self._values(best[0]))
        else:
            log.info("\n%d settings on the Pareto front:", len(best))
            for trial in sorted(best, key=lambda trial: trial.values):
                log.info("  %s  %s", self._values(trial), " ".join(self._words(trial)))
        log.info("Train it again:\n  %s", self._command(best[0]))
        from src.tuning.drawing import draw  # Matplotlib only now, when there is something to draw

        draw(self.study, self.space, self.objectives, self.sweep)
        files = SweepFolder(self.sweep)
        log.info("All trials: %s", files.trials)
        log.info("Figures: %s", files.plots)

    def _counted(self) -> str:
        """How many settings were tried, and how they ended."""
        states = Counter(trial.state for trial in self.study.get_trials(deepcopy=False))
        notes = {TrialState.PRUNED: "ended early", TrialState.FAIL: "failed"}
        ended = [f"{states[state]} {note}" for state, note in notes.items() if states[state]]
        return f"{sum(states.values())} settings" + (f" ({', '.join(ended)})" if ended else "")

    def write(self) -> None:
        """Write `study.csv`, with one row per trial."""
        trials = self.study.get_trials(deepcopy=False)
        with aside(SweepFolder(self.sweep).trials) as part, part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["trial", "state", *self.objectives, *self.space.searched, "runs", "same_as"])
            for trial in trials:
                values = trial.values if trial.values is not None else [""] * len(self.objectives)
                params = [inert(word.partition("=")[2]) for word in self._words(trial)]
                runs = " ".join(map(str, trial.user_attrs.get(JOBS, ())))
                same = trial.user_attrs.get(SAME_AS, "")
                writer.writerow([trial.number, trial.state.name.lower(), *values, *params, runs, same])

    def _values(self, trial: FrozenTrial) -> str:
        return ", ".join(f"{name} {value:.4g}" for name, value in zip(self.objectives, trial.values, strict=True))

    def _words(self, trial: FrozenTrial) -> list[str]:
        searched = len(self.space.searched)
        return self.space.words(trial.params)[-searched:]

    def _command(self, trial: FrozenTrial) -> str:
        return f"python -m src.train {quoted(self.space.words(trial.params))}"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
