"""The cost of recall in precision."""

from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.lines import add_legend, is_crowd, known, labelled, mean_label, shown
from src.plots.palette import GREY, INK
from src.plots.style import new_figure

_SAME = 0.01  # prevalences that differ by less share a line


def precision_recall_figure(
    curves: dict[str, dict[str, Tensor]], average_precisions: dict[str, float], title: str = ""
) -> Figure:
    """Precision over recall, one line per class, with a dotted line for the precision of calling every row positive.

    With more than 10 classes, the mean over all and the 5 with the lowest average precision are drawn. A class with an
    average precision of NaN has no line.

    Args:
        curves: Columns precision [T] and recall [T] of each class, from
            `src.metrics.curves.precision_recall_curve`: starting at the lowest threshold, where every row is positive.
        average_precisions: Average precision of each class, for the legend.
        title: Title of the figure.
    """
    lines = shown(average_precisions)
    figure, (axis,) = new_figure(4.6, 4.9)
    for name, look in lines.items():
        curve, label = curves[name], labelled(name, average_precisions[name], "AP")
        axis.plot(curve["recall"], curve["precision"], linewidth=1.8, drawstyle="steps-post", label=label, **look)
    if is_crowd(average_precisions) and known(average_precisions):
        across = torch.linspace(0, 1, 201, dtype=torch.float64)
        up = torch.stack([_precision_at(across, curves[name]) for name in known(average_precisions)]).mean(dim=0)
        axis.plot(across, up, color=INK, linewidth=2.2, label=mean_label(average_precisions, "AP"))
    _draw_prevalence(axis, {look["color"]: float(curves[name]["precision"][0]) for name, look in lines.items()})
    axis.set(xlabel="recall", ylabel="precision", title=title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    add_legend(figure, axis)
    return figure


def _precision_at(recall: Tensor, curve: dict[str, Tensor]) -> Tensor:
    """Precision [S] at the highest threshold that reaches each recall [S]."""
    rising = curve["recall"].flip(0).contiguous()
    return curve["precision"].flip(0)[torch.searchsorted(rising, recall)]


def _draw_prevalence(axis: Any, prevalences: dict[str, float]) -> None:
    """A dotted line for the prevalence of each class in its colour, or a single one if they are equal."""
    style: dict[str, Any] = {"linestyle": ":", "linewidth": 1.2}
    low, high = min(prevalences.values(), default=0.0), max(prevalences.values(), default=0.0)
    if high - low < _SAME:
        axis.axhline((low + high) / 2, color=GREY, label=f"prevalence  {(low + high) / 2:.3f}", **style)
        return
    for ink, prevalence in prevalences.items():
        axis.axhline(prevalence, color=ink, **style)
    axis.plot([], [], color=GREY, label="prevalence", **style)
