"""Internals of Optuna: a grid that ends outside `Study.optimize`, and a trial that another process began."""

from collections.abc import Sequence
from contextlib import suppress

from optuna.study import Study
from optuna.trial import Trial, TrialState


def tell(study: Study, number: int, values: Sequence[float] | None, state: TrialState) -> None:
    """`Study.tell`, even if the sampler then stops the study.

    After a grid's last trial its sampler calls `Study.stop`, which raises a `RuntimeError` outside `Study.optimize`;
    the trial has its values by then. Seen with optuna 5.0.0.

    Args:
        study: The study.
        number: The trial's number.
        values: The values of the objectives; None if the trial failed or was pruned.
        state: How the trial ended.
    """
    with suppress(RuntimeError):
        study.tell(number, None if values is None else list(values), state=state, skip_if_finished=True)


def running_trial(study: Study, number: int) -> Trial:
    """The trial of a `study` with this `number`, which may have been begun by another process.

    `Study.ask`, the public way to a `Trial`, always begins a new one. Seen with optuna 5.0.0.
    """
    return Trial(study, study.get_trials(deepcopy=False)[number]._trial_id)
