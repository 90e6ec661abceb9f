"""Pruning trials while they train: reports to a study, and successive halving of trials that train together."""

import math
from collections.abc import Mapping

from optuna.pruners import BasePruner
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from src.compat.optuna import running_trial

_REPORTS = 32  # per run at most, since each is an entry in the study and a comparison with all trials

PRUNED = "pruned_after"
"""Attribute of a pruned trial: the epoch, or the repetition."""


class TrialJudge:
    """Reports to a study how its trials are doing, and finds the runs of trials that its pruner ends.

    The value of a trial is the mean over its runs that are training.

    Args:
        study: The study.
        objective: The metric to report.
        trials: The number of each run's trial, by the run's number.
        max_epochs: Epochs of a run.
    """

    def __init__(self, study: Study, objective: str, trials: Mapping[int, int], max_epochs: int) -> None:
        self._study, self._objective, self._trials = study, objective, trials
        self._every = max(1, math.ceil(max_epochs / _REPORTS))
        self._last = max_epochs

    def __call__(self, epoch: int, metrics: Mapping[int, Mapping[str, float]]) -> set[int]:
        """The numbers of runs to end after an epoch, given their metrics."""
        if epoch % self._every or epoch >= self._last:
            return set()
        found: dict[int, list[float]] = {}
        for run, values in metrics.items():
            if (value := values.get(self._objective)) is not None and math.isfinite(value):
                found.setdefault(self._trials[run], []).append(value)
        trials = {number: running_trial(self._study, number) for number in found}
        for number, trial in trials.items():
            trial.report(sum(found[number]) / len(found[number]), epoch)
        ended = {number for number, trial in trials.items() if trial.should_prune()}
        for number in ended:
            trials[number].set_user_attr(PRUNED, epoch)
        return {run for run in metrics if self._trials[run] in ended}


class HalvingPruner(BasePruner):
    """Successive halving: of the trials that reach a rung, only the best fraction continue.

    Rungs are at `min_resource`, `min_resource * reduction_factor`, … epochs. A trial is compared with all trials that
    have reached the rung, including those that reach it at the same time. Optuna's own pruner decides one by one, and
    so lets the first to arrive continue, however bad they are. Asynchronous if trials come singly (Li et al., 2020).

    Args:
        min_resource: Epochs before the first comparison.
        reduction_factor: One in this many trials continues.
    """

    def __init__(self, min_resource: int = 5, reduction_factor: int = 3) -> None:
        if min_resource < 1 or reduction_factor < 2:
            raise ValueError("min_resource should be at least 1 and reduction_factor at least 2")
        self._first, self._factor = min_resource, reduction_factor

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        """Optuna's hook: whether to prune a trial at the step that it last reported."""
        steps = sorted(trial.intermediate_values)
        if not steps or self._rung(steps[-1]) == self._rung(steps[-2] if len(steps) > 1 else 0):
            return False
        there = [
            each.intermediate_values[steps[-1]]
            for each in study.get_trials(deepcopy=False)
            if steps[-1] in each.intermediate_values and each.state != TrialState.FAIL
        ]
        there.sort(reverse=study.direction == StudyDirection.MAXIMIZE)
        return trial.intermediate_values[steps[-1]] not in there[: math.ceil(len(there) / self._factor)]

    def _rung(self, step: int) -> int:
        """The number of rungs at or below a step."""
        return 0 if step < self._first else 1 + int(math.log(step / self._first, self._factor) + 1e-9)
