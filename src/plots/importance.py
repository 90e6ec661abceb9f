"""The importance of each column of a table."""

from collections.abc import Mapping

from matplotlib.figure import Figure

from src.plots.lines import short
from src.plots.palette import COLORS, GREY, INK
from src.plots.style import new_figure

_MOST = 20  # columns


def importance_figure(columns: Mapping[str, tuple[float, float, float]], score: str, title: str = "") -> Figure:
    """A dot and its 95 % interval for each column, or for the most important ones of many.

    Args:
        columns: The drop in the score when a column is shuffled, and both ends of its interval; the largest first.
        score: `accuracy` or `r2`.
        title: Title of the figure.
    """
    shown = list(columns.items())[:_MOST]
    figure, (axis,) = new_figure(6.0, 1.3 + 0.26 * len(shown))
    for place, (_, (mean, low, high)) in enumerate(shown):
        axis.plot([low, high], [place, place], color=COLORS[0], linewidth=2.5, alpha=0.45, solid_capstyle="butt")
        axis.plot(mean, place, "o", color=COLORS[0], markersize=5)
    axis.axvline(0, color=INK, linewidth=0.8)
    axis.set_yticks(range(len(shown)), [short(name) for name, _ in shown])
    axis.set_ylim(len(shown) - 0.4, -0.6)
    axis.grid(axis="x", color=GREY, alpha=0.25)
    axis.set_axisbelow(True)
    name = "R²" if score == "r2" else score
    more = f"; {len(columns) - _MOST:,} more columns are in importance.csv" if len(columns) > _MOST else ""
    axis.set(xlabel=f"{name} lost when the column is shuffled, with 95 % interval", title=f"{title}{more}")
    return figure
