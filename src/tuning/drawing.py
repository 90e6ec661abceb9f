"""The figures of a search."""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import optuna
from matplotlib.figure import Figure
from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from src.plots.search import Key, Tried, contour_figure, history_figure, pareto_figure, slices_figure
from src.plots.style import to_png
from src.storage.files import aside, make_folders
from src.storage.folders import SweepFolder
from src.tuning.space import Space

_FEWEST = 10  # trials needed to estimate importances


def draw(study: Study, space: Space, objectives: list[str], sweep: Path) -> None:
    """Draw the trials of a search, if any has a value.

    Args:
        study: The study.
        space: The search space.
        objectives: The optimized metrics.
        sweep: The sweep's folder.
    """
    made = list(figures(study, space.searched, objectives))
    folder = SweepFolder(sweep).plots
    if made:
        make_folders(folder)
    for name, figure in made:
        with aside(folder / f"{name}.png") as part:
            part.write_bytes(to_png(figure)[0])


def figures(study: Study, searched: dict[str, BaseDistribution], objectives: list[str]) -> Iterator[tuple[str, Figure]]:
    """The name and the figure of whatever the trials of a study show.

    Args:
        study: The study.
        searched: The distribution of each searched key.
        objectives: The optimized metrics.
    """
    states = TrialState.COMPLETE, TrialState.PRUNED
    found = [trial for trial in study.get_trials(deepcopy=False, states=states) if trial.values is not None]
    if not found:
        return
    trials = [_tried(trial, searched) for trial in found]
    if len(objectives) == 2:
        yield "pareto", pareto_figure(trials, [_tried(trial, searched) for trial in study.best_trials], objectives)
    if len(objectives) > 1:
        return
    smaller, keys = study.direction == StudyDirection.MINIMIZE, _keys(study, searched)
    yield "history", history_figure(trials, objectives[0], smaller)
    yield "slices", slices_figure(trials, keys, objectives[0])
    numbers = [key for key in keys if not key.choices]
    if len(numbers) > 1:
        contour = contour_figure(trials, (numbers[0], numbers[1]), objectives[0], smaller)
        if contour is not None:
            yield "contour", contour


def _tried(trial: FrozenTrial, searched: Iterable[str]) -> Tried:
    params = {key: trial.params[key] for key in searched}
    return Tried(trial.number, trial.values, params, trial.state == TrialState.PRUNED)


def _keys(study: Study, searched: dict[str, BaseDistribution]) -> list[Key]:
    """The searched keys, the most important first."""
    worth = _importances(study)
    keys = [
        Key(
            name,
            bool(getattr(distribution, "log", False)),
            list(map(str, distribution.choices)) if isinstance(distribution, CategoricalDistribution) else (),
            worth.get(name),
        )
        for name, distribution in searched.items()
    ]
    return sorted(keys, key=lambda key: -(key.importance or 0.0))


def _importances(study: Study) -> dict[str, float]:
    complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(complete) < _FEWEST or len({trial.value for trial in complete}) == 1:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return optuna.importance.get_param_importances(study)
