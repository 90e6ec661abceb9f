"""A metric over the settings of a sweep."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

from src.plots.palette import COLORS, INK
from src.plots.style import new_figure
from src.statistics.intervals import score_range

_MAX_BARS = 30
_MOST_NAMED = 8
_FACTOR = 30  # ratio of the largest to the smallest value beyond which the axis is logarithmic
_RATES = ("lr", "weight_decay", "eta_min")  # keys whose axis is always logarithmic
_MARGIN = 0.04  # of a score's axis, beyond its best and worst values


class Point(NamedTuple):
    """A setting and its scores.

    Attributes:
        values: The values of the compared keys.
        mean: The mean of the metric over runs.
        ends: Lower and upper end of the interval of the mean; None without an interval.
        numbers: The metric of each run.
    """

    values: tuple[Any, ...]
    mean: float
    ends: tuple[float, float] | None
    numbers: list[float]


def comparison_figure(points: Sequence[Point], keys: Sequence[str], metric: str) -> Figure:
    """A line over one key of numbers, a heat map over two keys, otherwise one row per setting.

    Args:
        points: The settings, best first.
        keys: The compared keys.
        metric: The compared metric.

    Example:
        >>> points = [Point((0.1,), 0.9, None, [0.9]), Point((0.2,), 0.8, None, [0.8])]
        >>> comparison_figure(points, ["data.noise"], "test/accuracy").axes[0].get_xlabel()
        'data.noise'
    """
    if len(keys) == 1 and len(points) > 1 and all(_is_number(point.values[0]) for point in points):
        return _line(points, keys[0], metric, score_range(metric))
    if len(keys) == 2 and all(len({point.values[i] for point in points}) > 1 for i in (0, 1)):
        return _heat_map(points, keys, metric)
    return _bars(points, keys, metric, score_range(metric))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _line(points: Sequence[Point], key: str, metric: str, limits: tuple[float, float]) -> Figure:
    figure, (axis,) = new_figure(6.4, 4.0)
    ordered = sorted(points, key=lambda point: float(point.values[0]))
    across = [float(point.values[0]) for point in ordered]
    means = [point.mean for point in ordered]
    for x, point in zip(across, ordered, strict=True):
        axis.plot([x] * len(point.numbers), point.numbers, ".", **_faint(point))
    axis.plot(across, means, "o-", color=COLORS[0], linewidth=1.5, markersize=4)
    low, high = zip(*(point.ends or (point.mean, point.mean) for point in ordered), strict=True)
    axis.fill_between(across, low, high, color=COLORS[0], alpha=0.18, linewidth=0)
    if min(across) > 0 and (key.rpartition(".")[2] in _RATES or max(across) > _FACTOR * min(across)):
        _name_powers(axis, across)
    axis.set(title=_title(points, metric), xlabel=key, ylabel=metric)
    axis.set_ylim(_within(axis.get_ylim(), limits))
    return figure


def _name_powers(axis: Any, across: Sequence[float]) -> None:
    """Make the horizontal axis logarithmic; if there are few values, use these as its ticks."""
    axis.set_xscale("log")
    if len(across) <= _MOST_NAMED:
        axis.set_xticks(across, [f"{x:g}" for x in across])
        axis.set_xticks([], minor=True)


def _title(points: Sequence[Point], metric: str) -> str:
    """What is drawn; intervals are only mentioned if some setting has one."""
    drawn = "mean, 95 % interval and runs" if any(point.ends for point in points) else "mean and runs"
    return f"{metric}: {drawn}"


def _faint(point: Point) -> dict[str, Any]:
    """The look of the runs next to their mean: the more runs, the fainter each."""
    return {"color": COLORS[0], "alpha": max(0.25, 0.8 * len(point.numbers) ** -0.5), "markersize": 6}


def _within(seen: tuple[float, float], limits: tuple[float, float]) -> tuple[float, float]:
    """The ends of an axis: not beyond the metric's range, apart from a margin that points need."""
    low, high = seen
    room = _MARGIN * (high - low)
    return max(low, limits[0] - room), min(high, limits[1] + room)


def _heat_map(points: Sequence[Point], keys: Sequence[str], metric: str) -> Figure:
    down, across = (_in_order({point.values[i] for point in points}) for i in (0, 1))
    means = {point.values: point.mean for point in points}
    grid = [[means.get((row, column), math.nan) for column in across] for row in down]
    figure, (axis,) = new_figure(1.1 * len(across) + 2.6, 0.55 * len(down) + 1.6)
    image = axis.imshow(grid, cmap="viridis", aspect="auto")
    middle = (image.norm.vmin + image.norm.vmax) / 2
    for i, line in enumerate(grid):
        for j, mean in enumerate(line):
            if not math.isnan(mean):
                ink = "white" if mean < middle else INK
                axis.text(j, i, f"{mean:.3g}", ha="center", va="center", color=ink, fontsize=8)
    axis.set(title=f"{metric}: mean", xlabel=keys[1], ylabel=keys[0])
    axis.set_xticks(range(len(across)), [_shown(value) for value in across])
    axis.set_yticks(range(len(down)), [_shown(value) for value in down])
    figure.colorbar(image, ax=axis)
    return figure


def _bars(points: Sequence[Point], keys: Sequence[str], metric: str, limits: tuple[float, float]) -> Figure:
    shown = list(points)[:_MAX_BARS]
    figure, (axis,) = new_figure(7.2, 0.34 * len(shown) + 1.4)
    for row, point in enumerate(shown):
        axis.plot(point.numbers, [row] * len(point.numbers), ".", **_faint(point))
        low, high = point.ends or (point.mean, point.mean)
        around = [[point.mean - low], [high - point.mean]]
        axis.errorbar(point.mean, row, xerr=around, fmt="o", color=INK, capsize=3, markersize=4)
    names = ["  ".join(f"{key}={_shown(value)}" for key, value in zip(keys, p.values, strict=True)) for p in shown]
    axis.set_yticks(range(len(shown)), [name or "all runs" for name in names])
    axis.invert_yaxis()
    axis.set(title=_title(shown, metric), xlabel=metric)
    axis.set_xlim(_within(axis.get_xlim(), limits))
    return figure


def _in_order(values: set[Any]) -> list[Any]:
    """Numbers by size, lists of numbers by their lengths and then their numbers, anything else by its text."""

    def place(value: Any) -> tuple[int, float, Any]:
        if _is_number(value):
            return 0, value, ()
        if isinstance(value, tuple) and all(map(_is_number, value)):
            return 1, len(value), value
        return 2, 0, _shown(value)

    return sorted(values, key=place)


def _shown(value: Any) -> str:
    return f"[{','.join(map(str, value))}]" if isinstance(value, tuple) else str(value)
