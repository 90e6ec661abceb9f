"""Whether a probability of 0.8 is right eight times in ten."""

from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.lines import add_legend, is_crowd, short, shown
from src.plots.palette import GREY, INK
from src.plots.style import new_figure
from src.statistics.intervals import wilson

_FEWEST = 10  # rows that a bin needs to mean anything
_MOST_INTERVALS = 3  # lines among which intervals are still readable
_STEEP = 30  # ratio of the largest to the smallest bin beyond which counts are drawn on a logarithmic scale


def calibration_figure(curves: dict[str, dict[str, Tensor]], title: str = "", bins: int = 10) -> Figure:
    """The share of positive rows over the mean probability of each bin, and below it the number of rows per bin.

    A bin of fewer than ten rows says little: it is drawn as a faint ring, which the line leaves out. With at most three
    lines, bars show Wilson's 95 % intervals. With more than 10 classes, the curve of all rows and the 5 furthest from
    the diagonal are drawn.

    Args:
        curves: Columns mean_probability, observed and count [B] of each class, from
            `src.metrics.curves.calibration_curve`.
        title: Title of the figure.
        bins: The number of bins of equal width in the curves.
    """
    goodness = {name: -_mean_gap(curve) for name, curve in curves.items()}
    lines = [(short(name), curves[name], look, 1.6) for name, look in shown(goodness).items()]
    if is_crowd(goodness):
        lines.append((f"all {len(curves)}", _pooled(list(curves.values()), bins), {"color": INK}, 2.2))
    figure, (above, below) = new_figure(4.6, 5.6, 1, num_rows=2, sharex=True, height_ratios=[3.4, 1])
    above.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1.2, label="perfect")
    few = len(lines) <= _MOST_INTERVALS
    for name, curve, look, width in lines:
        _draw_bins(above, curve, {**look, "linewidth": width, "label": name}, with_intervals=few)
        _draw_counts(below, curve, look["color"], bins, filled=len(lines) == 1)
    counts = torch.cat([curve["count"] for _, curve, _, _ in lines])
    if counts.max() > _STEEP * counts.min():
        below.set(yscale="log", ylim=(0.5, 2 * float(counts.max())))
    if (counts < _FEWEST).any():
        ring: dict[str, Any] = {
            "color": GREY,
            "fillstyle": "none",
            "markersize": 4,
            "label": f"fewer than {_FEWEST} rows",
        }
        above.plot([], [], "o", **ring)
    if not (counts >= _FEWEST).any():
        above.text(0.5, 0.5, f"fewer than {_FEWEST} rows in every bin", ha="center", va="center", color=INK)
    above.set(ylabel="share of positive rows", title=title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    below.set(xlabel="mean probability", ylabel="rows")
    add_legend(figure, above)
    return figure


def _draw_bins(axis: Any, curve: dict[str, Tensor], look: dict[str, Any], with_intervals: bool) -> None:
    """A line through the bins with enough rows, their intervals, and faint rings for the others."""
    x, y, count = curve["mean_probability"], curve["observed"], curve["count"]
    enough = count >= _FEWEST
    axis.plot(x[enough], y[enough], marker="o", markersize=4, clip_on=not enough.any(), **look)
    if not enough.all():  # an empty line that is not clipped would break the layout
        few: dict[str, Any] = {"color": look["color"], "alpha": 0.5, "markersize": 4, "fillstyle": "none"}
        axis.plot(x[~enough], y[~enough], "o", clip_on=False, **few)
    if with_intervals:
        for at, share, rows in zip(x[enough].tolist(), y[enough].tolist(), count[enough].tolist(), strict=True):
            axis.plot([at, at], wilson(round(share * rows), round(rows)), color=look["color"], linewidth=1, alpha=0.6)


def _mean_gap(curve: dict[str, Tensor]) -> float:
    """Mean distance from the diagonal over rows."""
    gap = (curve["observed"] - curve["mean_probability"]).abs()
    return float((gap * curve["count"]).sum() / curve["count"].sum())


def _place(curve: dict[str, Tensor], bins: int) -> Tensor:
    """Index [B] of each bin; its upper edge belongs to it."""
    return torch.bucketize(curve["mean_probability"], torch.arange(1, bins, dtype=torch.float64) / bins)


def _pooled(curves: list[dict[str, Tensor]], bins: int) -> dict[str, Tensor]:
    """The curve of all rows of all classes."""
    place = torch.cat([_place(curve, bins) for curve in curves])
    count = torch.cat([curve["count"] for curve in curves])

    def mean(name: str) -> Tensor:
        sums = torch.bincount(place, weights=count * torch.cat([curve[name] for curve in curves]), minlength=bins)
        return (sums / total)[total > 0]

    total = torch.bincount(place, weights=count, minlength=bins)
    return {
        "mean_probability": mean("mean_probability"),
        "observed": mean("observed"),
        "count": total[total > 0],
    }


def _draw_counts(axis: Any, curve: dict[str, Tensor], ink: str, bins: int, filled: bool) -> None:
    """Bars for a single curve, otherwise outlines, which may cross."""
    heights = torch.zeros(bins, dtype=torch.float64)
    heights[_place(curve, bins)] = curve["count"]
    edges = (torch.arange(bins + 1) / bins).numpy()
    if filled:
        axis.bar(edges[:-1], heights.numpy(), width=1 / bins, align="edge", color=ink, edgecolor="white", linewidth=0.8)
    else:
        axis.stairs(heights.numpy(), edges, color=ink, linewidth=1.2)
