"""What a search for good settings has tried: how it went, and how much each key matters."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

from src.plots.lines import short
from src.plots.palette import GREY, INK, color
from src.plots.style import new_figure

_PANELS = 3  # per row
_FEWEST = 8  # points needed to draw a surface through them


class Tried(NamedTuple):
    """A setting that has been tried.

    Attributes:
        number: Number of the trial.
        values: Value of each objective.
        params: Value of each searched key.
        ended_early: Whether the trial was pruned, so that its values are those of its last report.
    """

    number: int
    values: Sequence[float]
    params: dict[str, Any]
    ended_early: bool = False


class Key(NamedTuple):
    """A searched key.

    Attributes:
        name: The key.
        logarithmic: Whether it is searched on a logarithmic scale.
        choices: The values to choose from if it is searched in a list; empty for numbers.
        importance: Its share of the objective's variation; None if unknown.
    """

    name: str
    logarithmic: bool
    choices: Sequence[str]
    importance: float | None = None


def history_figure(trials: Sequence[Tried], objective: str, smaller: bool) -> Figure:
    """The objective of each trial, in the order of their numbers, and the best so far.

    Args:
        trials: The trials that have a value.
        objective: The objective's name.
        smaller: Whether smaller is better.
    """
    figure, (axis,) = new_figure(6.4, 3.6)
    _dots(axis, [trial.number for trial in trials], trials)
    whole = [trial for trial in trials if not trial.ended_early]
    if whole:
        best = (np.minimum if smaller else np.maximum).accumulate([trial.values[0] for trial in whole])
        axis.step([trial.number for trial in whole], best, where="post", color=INK, linewidth=1.5, label="best so far")
    axis.set(xlabel="trial", ylabel=objective, title=f"{objective} of {len(trials)} settings")
    _scaled(axis, "y", [trial.values[0] for trial in trials])
    _legend(figure, axis)
    return figure


def slices_figure(trials: Sequence[Tried], keys: Sequence[Key], objective: str) -> Figure:
    """The objective over each key, one panel per key.

    Args:
        trials: The trials that have a value.
        keys: The keys, in the order of the panels.
        objective: The objective's name.
    """
    columns = min(_PANELS, len(keys))
    rows = -(-len(keys) // columns)
    figure, panels = new_figure(0.6 + 3.1 * columns, 0.4 + 2.7 * rows, columns, rows, sharey=True)
    for place, (axis, key) in enumerate(zip(panels, keys, strict=False)):
        _dots(axis, _positions(key, trials), trials)
        _along(axis, "x", key)
        _scaled(axis, "y", [trial.values[0] for trial in trials])
        worth = "" if key.importance is None else f"\nimportance {key.importance:.2f}"
        axis.set(title=f"{short(key.name)}{worth}", ylabel=objective if place % columns == 0 else "")
    for axis in panels[len(keys) :]:
        axis.remove()
    _legend(figure, panels[0])
    return figure


def contour_figure(trials: Sequence[Tried], keys: tuple[Key, Key], objective: str, smaller: bool) -> Figure | None:
    """The objective over two keys: a surface through the trials, and a dot for each; None if there are too few.

    Args:
        trials: The trials that have a value.
        keys: Two numeric keys.
        objective: The objective's name.
        smaller: Whether smaller is better.
    """
    places = [np.asarray(_positions(key, trials), dtype=float) for key in keys]
    x, y = (np.log10(each) if key.logarithmic else each for each, key in zip(places, keys, strict=True))
    values = np.asarray([trial.values[0] for trial in trials])
    if len({*zip(x, y, strict=True)}) < _FEWEST or 0 in (np.ptp(x), np.ptp(y), np.ptp(values)):
        return None
    mesh = Triangulation((x - x.min()) / np.ptp(x), (y - y.min()) / np.ptp(y))  # triangles that are not slivers
    figure, (axis,) = new_figure(5.4, 4.2)
    wide = _is_wide(values.tolist())
    levels = np.geomspace(values.min(), values.max(), 12) if wide else np.linspace(values.min(), values.max(), 12)
    shade = "viridis_r" if smaller else "viridis"  # lighter is better
    surface = axis.tricontourf(
        Triangulation(x, y, mesh.triangles), values, levels=levels, cmap=shade, norm=LogNorm() if wide else None
    )
    figure.colorbar(surface, ax=axis, label=objective, format="%.2g")
    axis.plot(x, y, "o", color="white", markeredgecolor=INK, markersize=4)
    for name, key, along in zip("xy", keys, (x, y), strict=True):
        if key.logarithmic:
            powers = range(math.ceil(along.min()), math.floor(along.max()) + 1)
            getattr(axis, f"set_{name}ticks")(powers, [f"{10.0**power:g}" for power in powers])
    axis.set(xlabel=keys[0].name, ylabel=keys[1].name, title=f"{objective} over the two most important numbers")
    return figure


def pareto_figure(trials: Sequence[Tried], best: Sequence[Tried], objectives: Sequence[str]) -> Figure:
    """Two objectives of each trial; the Pareto front, which no other trial beats in both, is joined by a line.

    Args:
        trials: The trials that have values.
        best: The Pareto front.
        objectives: The names of the objectives.
    """
    figure, (axis,) = new_figure(5.4, 4.0)
    axis.plot(*_both(trials), "o", color=GREY, markersize=4, label="settings")
    front = sorted(best, key=lambda trial: tuple(trial.values))
    axis.plot(*_both(front), "o-", color=color(0), markersize=5, linewidth=1.2, label="Pareto front")
    for name, place in (("x", 0), ("y", 1)):
        _scaled(axis, name, [trial.values[place] for trial in trials])
    title = f"Pareto front: {len(front)} of {len(trials)} settings"
    axis.set(xlabel=objectives[0], ylabel=objectives[1], title=title)
    _legend(figure, axis)
    return figure


def _dots(axis: Any, positions: Sequence[float], trials: Sequence[Tried]) -> None:
    """A dot for each trial, hollow for those that ended early."""
    for early, name in ((False, "trained to the end"), (True, "ended early")):
        placed = zip(positions, trials, strict=True)
        chosen = [(x, trial.values[0]) for x, trial in placed if trial.ended_early == early]
        if chosen:
            fill = "none" if early else color(0)
            axis.plot(*zip(*chosen, strict=True), "o", color=color(0), markerfacecolor=fill, markersize=4.5, label=name)


def _positions(key: Key, trials: Sequence[Tried]) -> list[float]:
    values = [trial.params[key.name] for trial in trials]
    return [key.choices.index(value) for value in values] if key.choices else values


def _along(axis: Any, name: str, key: Key) -> None:
    if key.logarithmic:
        getattr(axis, f"set_{name}scale")("log")
    if key.choices:
        getattr(axis, f"set_{name}ticks")(range(len(key.choices)), [short(choice) for choice in key.choices])


def _scaled(axis: Any, name: str, values: Sequence[float]) -> None:
    """A logarithmic axis where positive values differ by more than a factor of 20."""
    if _is_wide(values):
        getattr(axis, f"set_{name}scale")("log")


def _is_wide(values: Sequence[float]) -> bool:
    return min(values) > 0 and max(values) > 20 * min(values)


def _both(trials: Sequence[Tried]) -> tuple[list[float], list[float]]:
    return [trial.values[0] for trial in trials], [trial.values[1] for trial in trials]


def _legend(figure: Figure, axis: Any) -> None:
    if len(axis.get_legend_handles_labels()[1]) > 1:
        figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
