"""The distributions of a table's columns, by target."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure

from src.plots.lines import short
from src.plots.palette import COLORS, GREY, INK, color
from src.plots.style import new_figure

Numbers = np.ndarray[Any, np.dtype[Any]]

_ACROSS = 4
_MOST_PANELS = 20
_MOST_GROUPS = 6
_MOST_KINDS = 8
_MOST_POINTS = 1500
_BINS = 24


class Shown(NamedTuple):
    """A column.

    Attributes:
        name: Name of the column.
        numbers: Its cells [N], NaN for missing ones; None for a column of categories.
        kinds: Which rows [N] are of each category; empty for a column of numbers.
    """

    name: str
    numbers: Numbers | None
    kinds: Mapping[str, Numbers]


class Target(NamedTuple):
    """The target.

    Attributes:
        name: Name of the target.
        numbers: Its values [N]; None for classes or labels.
        groups: Which rows [N] are of each class, or have each label; empty for numbers and without a target.
    """

    name: str
    numbers: Numbers | None
    groups: Mapping[str, Numbers]


def distributions_figure(columns: Sequence[Shown], target: Target, title: str = "") -> Figure:
    """A panel for the target and one per column, or for the columns most related to the target.

    Numbers are drawn as a line of their frequency in each class, categories as the share of each class among their
    rows; for a numeric target, as points and as median and quartiles.

    Args:
        columns: The columns of the table.
        target: The target.
        title: Title of the whole figure.
    """
    has_target = target.numbers is not None or len(target.groups) > 0
    room = _MOST_PANELS - has_target
    told = sorted(columns, key=lambda each: -_telling(each, target))[:room]
    shown = [each for each in columns if any(each is one for one in told)]
    across = min(_ACROSS, len(shown) + has_target)
    down = -(-(len(shown) + has_target) // across)
    figure, axes = new_figure(2.9 * across + 0.4, 2.5 * down + 0.8, across, num_rows=down)
    groups = dict(sorted(target.groups.items(), key=lambda item: -item[1].sum())[:_MOST_GROUPS])
    inks = {name: color(list(target.groups).index(name)) for name in groups}
    if has_target:
        _draw_target(axes[0], target)
    for axis, column in zip(axes[has_target:], shown, strict=False):
        axis.set_title(short(column.name), fontsize=9)
        if column.numbers is None:
            _draw_kinds(axis, column, target, inks)
        elif target.numbers is not None:
            _draw_points(axis, column.numbers, target.numbers)
        else:
            _draw_lines(axis, column.numbers, {name: groups[name] for name in inks}, inks)
        axis.tick_params(labelsize=7.5)
    for axis in axes[len(shown) + has_target :]:
        axis.axis("off")
    _add_legend(figure, inks, len(target.groups))
    more = f"\nthe {len(shown)} of {len(columns):,} columns most related to it" if len(shown) < len(columns) else ""
    figure.suptitle(f"{title}{more}", fontsize=11, color=INK)
    return figure


def _telling(column: Shown, target: Target) -> float:
    """The largest squared correlation of a column's inputs with those of the target."""
    inputs = [column.numbers] if column.numbers is not None else list(column.kinds.values())
    answers = [target.numbers] if target.numbers is not None else list(target.groups.values())
    return max((_squared_correlation(x, y) for x in inputs for y in answers), default=0.0)


def _squared_correlation(x: Numbers, y: Numbers) -> float:
    known = np.isfinite(x)
    x, y = x[known].astype(float), y[known].astype(float)
    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.mean((x - x.mean()) * (y - y.mean())) ** 2 / (x.var() * y.var()))


def _draw_target(axis: Any, target: Target) -> None:
    axis.set_title(f"{short(target.name)} (predicted)", fontsize=9, fontweight="bold")
    axis.tick_params(labelsize=7.5)
    if target.numbers is not None:
        axis.hist(target.numbers, bins=_BINS, color=GREY)
        axis.set_ylabel("rows", fontsize=8)
        return
    counts = {name: int(rows.sum()) for name, rows in target.groups.items()}
    most = sorted(counts, key=lambda name: -counts[name])[: 2 * _MOST_KINDS]
    inks = [color(list(counts).index(name)) for name in most]
    axis.barh(range(len(most)), [counts[name] for name in most], color=inks)
    axis.set_yticks(range(len(most)), [short(name) for name in most])
    axis.invert_yaxis()
    axis.set_xlabel("rows", fontsize=8)


def _draw_lines(axis: Any, numbers: Numbers, groups: Mapping[str, Numbers], inks: Mapping[str, str]) -> None:
    known = numbers[np.isfinite(numbers)]
    if len(known) == 0:
        return
    low, high = np.percentile(known, [0.5, 99.5])
    values = np.unique(known)
    bins = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    if len(values) <= _BINS // 2 and high > low:  # few numbers: a step around each
        middles = (values[1:] + values[:-1]) / 2
        bins = np.array([1.5 * values[0] - values[1] / 2, *middles, 1.5 * values[-1] - values[-2] / 2])
    for name, rows in (groups or {"": np.ones(len(numbers), dtype=bool)}).items():
        cells = numbers[rows & np.isfinite(numbers)]
        if len(cells):
            shares = np.histogram(np.clip(cells, bins[0], bins[-1]), bins=bins)[0] / len(cells)
            axis.stairs(shares, bins, color=inks.get(name, COLORS[0]), linewidth=1.4)
    axis.set_ylabel("share of rows", fontsize=8)


def _draw_points(axis: Any, numbers: Numbers, target: Numbers) -> None:
    places = np.random.default_rng(0).permutation(len(numbers))[:_MOST_POINTS]
    axis.plot(numbers[places], target[places], ".", color=COLORS[0], markersize=3, alpha=0.45)


def _draw_kinds(axis: Any, column: Shown, target: Target, inks: Mapping[str, str]) -> None:
    kinds = sorted(column.kinds.items(), key=lambda item: -item[1].sum())[:_MOST_KINDS]
    kinds = [(name, rows) for name, rows in kinds if rows.any()]
    axis.set_yticks(range(len(kinds)), [f"{short(name)} ({int(rows.sum()):,})" for name, rows in kinds])
    axis.set_ylim(len(kinds) - 0.4, -0.6)
    if target.numbers is not None:
        for place, (_, rows) in enumerate(kinds):
            low, middle, high = np.percentile(target.numbers[rows], [25, 50, 75])
            axis.plot([low, high], [place, place], color=COLORS[0], linewidth=4, alpha=0.4, solid_capstyle="butt")
            axis.plot(middle, place, "o", color=COLORS[0], markersize=5)
        axis.set_xlabel(short(target.name), fontsize=8)
    elif not target.groups:
        axis.barh(range(len(kinds)), [rows.sum() for _, rows in kinds], color=GREY)
    else:
        for name in list(inks)[::-1]:
            shares = [target.groups[name][rows].mean() for _, rows in kinds]
            axis.plot(shares, range(len(kinds)), "o", color=inks[name], markersize=5)
        axis.set_xlim(-0.05, 1.05)
        axis.set_xlabel("share of the rows", fontsize=8)


def _add_legend(figure: Figure, inks: Mapping[str, str], total: int) -> None:
    if not inks:
        return
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=ink, marker="o", markersize=5, label=short(name)) for name, ink in inks.items()]
    more = f" (the largest {len(inks)} of {total:,})" if total > len(inks) else ""
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(len(inks), 6), frameon=False, title=more or None
    )
