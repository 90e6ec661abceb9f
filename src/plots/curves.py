"""Loss and scores over the epochs."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from src.plots.palette import COLORS, GREY, INK
from src.plots.style import new_figure

STAGES = {"train": COLORS[0], "val": COLORS[1]}
"""The colour of each split's line, in any figure of curves."""
_LINES = {"train": "-", "val": (0, (5, 1.5))}  # so that both are visible when they overlap
_HIDDEN = 0.1  # of an axis's height; smaller changes in the second half of the epochs are invisible on a linear axis
_WORST_R2 = -0.1  # the lowest R² shown, since that of the first epochs would flatten all others


def curves_figure(
    history: list[dict[str, float]],
    metrics: Sequence[str],
    best_epoch: int | None = None,
    names: Mapping[str, str] | None = None,
    title: str = "",
) -> Figure:
    """One panel per metric, over the epochs. A loss that would look flat at the end gets a logarithmic axis.

    Args:
        history: Rows of `metrics.csv`.
        metrics: Names of the metrics, without their stage.
        best_epoch: The epoch to mark with a line, from 1; None marks none.
        names: Labels for axes that should not show the name of their metric.
        title: Title of the whole figure.

    Example:
        >>> rows = [{"epoch": 1, "train/loss": 0.7}, {"epoch": 2, "train/loss": 0.5, "train/accuracy": 0.9}]
        >>> [panel.get_ylabel() for panel in curves_figure(rows, ["loss", "accuracy"], names={"loss": "MSE"}).axes]
        ['MSE', 'accuracy']
    """
    figure, axes = new_figure(4.6 * len(metrics), 3.9, len(metrics))
    for axis, metric in zip(axes, metrics, strict=True):
        lines = [_draw(axis, [row for row in history if f"{stage}/{metric}" in row], stage, metric) for stage in STAGES]
        if best_epoch is not None:
            axis.axvline(best_epoch, color=GREY, linestyle=":", linewidth=1.2, label=f"best epoch {best_epoch}")
        axis.set(xlabel="epoch", ylabel=(names or {}).get(metric, metric))
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        _scale(axis, metric, [values for values in lines if values])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), frameon=False)
    if title:
        figure.suptitle(title, fontsize=11, color=INK)
    return figure


def _draw(axis: Any, rows: list[dict[str, float]], stage: str, metric: str) -> list[float]:
    """Draw the line of a stage, or a point if there is only one value; return the values."""
    values = [row[f"{stage}/{metric}"] for row in rows]
    point = "o" if len(rows) == 1 else None
    look: dict[str, Any] = {"color": STAGES[stage], "linestyle": _LINES[stage], "linewidth": 1.6, "markersize": 4}
    axis.plot([row["epoch"] for row in rows], values, label=stage, marker=point, **look)
    return values


def _scale(axis: Any, metric: str, lines: list[list[float]]) -> None:
    """Choose an axis on which the end of the lines is visible, if there is one."""
    values = [value for line in lines for value in line]
    ends = [value for line in lines for value in line[len(line) // 2 :]]
    if not values or max(ends) - min(ends) > _HIDDEN * (max(values) - min(values)):
        return
    if metric == "loss" and min(values) > 0:
        axis.set_yscale("log")
    elif metric == "r2" and min(values) < _WORST_R2:
        axis.set_ylim(bottom=_WORST_R2)
