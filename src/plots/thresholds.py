"""The effect of each threshold, with the chosen one marked."""

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.lines import add_legend
from src.plots.palette import INK, color, line_style
from src.plots.style import new_figure

_LINES = {"tpr": "recall (true positive rate)", "precision": "precision", "fpr": "false positive rate"}


def thresholds_figure(curve: dict[str, Tensor], chosen: float, title: str = "") -> Figure:
    """Recall, precision and false positive rate over the threshold, and a vertical line at the chosen one.

    Args:
        curve: Columns threshold, tpr, fpr and precision [T], from `src.metrics.curves.threshold_curve`. Recall is the
            true positive rate, so both are one line.
        chosen: The chosen threshold; rows at or above it are positive.
        title: Title of the figure.
    """
    figure, (axis,) = new_figure(5.2, 3.8)
    for rank, (column, label) in enumerate(_LINES.items()):
        look = {"color": color(rank), "linestyle": line_style(rank)}
        axis.plot(curve["threshold"], curve[column], linewidth=1.8, label=label, **look)
    axis.axvline(chosen, color=INK, linestyle="--", linewidth=1.2, label=f"chosen: {chosen:.3g}")
    axis.set(xlabel="threshold", title=title, xlim=(-0.01, 1.01), ylim=(-0.01, 1.01))
    add_legend(figure, axis)
    return figure
