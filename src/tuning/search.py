"""The search itself: ask for settings, train them, and tell the study their results."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from src.callbacks.pruning import judged_by
from src.compat.optuna import running_trial, tell
from src.errors import ConfigError
from src.storage.folders import SweepFolder
from src.storage.jobs import folders_of
from src.storage.marks import read_mark
from src.trust.plain import read_json
from src.tuning.options import Options
from src.tuning.pruning import PRUNED, TrialJudge
from src.tuning.space import Space
from src.tuning.study import Opened

log = logging.getLogger(__name__)

Launch = Callable[[Sequence[Sequence[str]], int], Any]
"""Runs jobs with these overrides; their numbers in the sweep start at a first number."""

SWEEP, JOBS, SAME_AS = "sweep", "jobs", "same_as"
"""Attributes of a trial: the id of its sweep, the numbers of its runs, and the earlier trial that it repeats."""

_ENDED = TrialState.COMPLETE, TrialState.FAIL, TrialState.PRUNED


@dataclass
class Search:
    """One command's part in a study.

    Attributes:
        opened: The study.
        space: The search space.
        options: The sweeper's keys.
        launch: Runs jobs.
        sweep: The sweep's folder.
        total: Number of settings to try, over the whole study.
        batch: Number of settings to try at a time.
        max_epochs: Epochs of a run.
        progress: Called after each batch with the seconds since the search began and the number of trials that ended.
    """

    opened: Opened
    space: Space
    options: Options
    launch: Launch
    sweep: Path
    total: int
    batch: int
    max_epochs: int
    progress: Callable[[float, int], None]

    @property
    def study(self) -> Study:
        """Optuna's study."""
        return self.opened.study

    def run(self) -> None:
        """Try settings until the total is reached or the time is up."""
        start, ended, timeout = time.monotonic(), 0, self.options.timeout
        if begun := self._begun():
            log.info("Finishing %d trials that had begun", len(begun))
            self._try(begun)
            self._sync()
        while (number := min(self.total - self._num_ended(), self.batch)) > 0:
            if timeout is not None and time.monotonic() - start >= timeout:
                log.info("Stopping after hydra.sweeper.timeout=%g s", timeout)
                break
            asked, again = self._ask(number)
            self._try(asked)
            self._repeat(again)
            self._sync()
            ended += number
            self.progress(time.monotonic() - start, ended)

    def _num_ended(self) -> int:
        trials = self.study.get_trials(deepcopy=False, states=_ENDED)
        return sum(bool(trial.user_attrs.keys() & {JOBS, SAME_AS}) for trial in trials)

    def _mine(self) -> list[FrozenTrial]:
        """The trials of this sweep that have runs; other processes may share the study."""
        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if trial.user_attrs.get(SWEEP) == self._id and JOBS in trial.user_attrs]

    def _begun(self) -> list[FrozenTrial]:
        return [trial for trial in self._mine() if not trial.state.is_finished()]

    @property
    def _id(self) -> Any:
        return read_mark(SweepFolder(self.sweep).mark).get("id")

    # Ask

    def _ask(self, number: int) -> tuple[list[FrozenTrial], dict[int, int]]:
        """New trials, and the number of the earlier trial for each one whose setting was tried before."""
        known = {_key(trial): trial.number for trial in self.study.get_trials(deepcopy=False, states=_ENDED[:1])}
        new: list[Trial] = []
        again: dict[int, int] = {}
        for _ in range(number):
            trial = self.study.ask(self.space.searched)
            key = _key(trial)
            if key in known:
                again[trial.number] = known[key]
                trial.set_user_attr(SAME_AS, known[key])
            else:
                known[key] = trial.number
                new.append(trial)
        first = max((max(trial.user_attrs[JOBS]) + 1 for trial in self._mine()), default=0)
        for trial, jobs in zip(new, self._numbered(first, len(new)), strict=True):
            trial.set_user_attr(SWEEP, self._id)
            trial.set_user_attr(JOBS, jobs)
        trials = self.study.get_trials(deepcopy=False)
        return [trials[trial.number] for trial in new], again

    def _numbered(self, first: int, trials: int) -> list[list[int]]:
        """The run numbers of some trials; runs that train together have consecutive numbers."""
        runs = len(self.space.repeated)
        if self.options.prunes_repetitions:
            return [[first + run * trials + trial for run in range(runs)] for trial in range(trials)]
        return [list(range(first + trial * runs, first + (trial + 1) * runs)) for trial in range(trials)]

    # Train and tell

    def _try(self, trials: list[FrozenTrial]) -> None:
        """Train the runs of some trials, and tell the study the result of each trial."""
        self._sync()
        if self.options.prunes_repetitions:
            for run in range(len(self.space.repeated)):
                self._launch(trials, [run])
                trials = self._kept(trials, run)
        else:
            with judged_by(self._judge(trials)):
                self._launch(trials, range(len(self.space.repeated)))
        for trial in trials:
            self._tell(trial.number, self._values(trial.user_attrs[JOBS]))

    def _judge(self, trials: list[FrozenTrial]) -> TrialJudge | None:
        if not self.options.prunes:
            return None
        runs = {job: trial.number for trial in trials for job in trial.user_attrs[JOBS]}
        return TrialJudge(self.study, self.options.objectives[0], runs, self.max_epochs)

    def _launch(self, trials: list[FrozenTrial], runs: Iterable[int]) -> None:
        """Train some of the runs of each trial."""
        jobs: dict[int, list[str]] = {}
        chosen = list(runs)
        for trial in trials:
            overrides, numbers = self.space.jobs(trial.params), trial.user_attrs[JOBS]
            jobs |= {numbers[run]: overrides[run] for run in chosen}
        for first, group in _consecutive(jobs):
            for returned in self.launch(group, first):
                _ = returned.return_value  # raises the job's error, if any

    def _kept(self, trials: list[FrozenTrial], run: int) -> list[FrozenTrial]:
        """The trials that neither failed nor were pruned after one more of their runs."""
        kept = []
        for trial in trials:
            values = self._values(trial.user_attrs[JOBS][run : run + 1])
            if values is None:
                self._tell(trial.number, None)
                continue
            running = running_trial(self.study, trial.number)
            running.report(values[0], run)
            if run + 1 < len(self.space.repeated) and running.should_prune():
                running.set_user_attr(PRUNED, run)
                self._tell(trial.number, self._values(trial.user_attrs[JOBS][: run + 1]))
            else:
                kept.append(trial)
        return kept

    def _tell(self, number: int, values: list[float] | None) -> None:
        pruned = PRUNED in self.study.get_trials(deepcopy=False)[number].user_attrs
        state = TrialState.FAIL if values is None else TrialState.PRUNED if pruned else TrialState.COMPLETE
        tell(self.study, number, values if state == TrialState.COMPLETE else None, state)  # or its last report

    def _repeat(self, again: dict[int, int]) -> None:
        """Tell the study the results of trials that repeat an earlier setting."""
        trials = self.study.get_trials(deepcopy=False)
        for number, twin in again.items():
            tell(self.study, number, trials[twin].values, trials[twin].state)

    def _sync(self) -> None:
        if self.opened.journal is not None:
            self.opened.journal.sync()

    # Results of runs

    def _values(self, numbers: Iterable[int]) -> list[float] | None:
        """The mean of each objective over the runs with these numbers; None if a run has failed."""
        found = []
        for number in numbers:
            metrics = self._metrics(number) or {}
            values = [metrics.get(name) for name in self.options.objectives]
            if not all(isinstance(value, int | float) and math.isfinite(value) for value in values):
                return None
            found.append(values)
        return [fmean(each) for each in zip(*found, strict=True)]

    def _metrics(self, number: int) -> dict[str, Any] | None:
        for run in folders_of(self.sweep, number):
            if run.finished:
                try:
                    found = read_json(run.metrics)
                except ConfigError:
                    return None
                return found if isinstance(found, dict) else None
        return None


def _key(trial: FrozenTrial | Trial) -> tuple[tuple[str, Any], ...]:
    return tuple(sorted(trial.params.items()))


def _consecutive(jobs: dict[int, list[str]]) -> Iterator[tuple[int, list[list[str]]]]:
    """Jobs in groups of consecutive numbers, with the first number of each group."""
    numbers = sorted(jobs)
    start = 0
    for place in range(1, len(numbers) + 1):
        if place == len(numbers) or numbers[place] != numbers[place - 1] + 1:
            yield numbers[start], [jobs[number] for number in numbers[start:place]]
            start = place
