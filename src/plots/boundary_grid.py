"""Decision boundaries of many networks at a glance."""

from typing import Any, NamedTuple

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.palette import INK
from src.plots.panel import BoundaryPanel, lettered
from src.plots.plane import Plane
from src.plots.style import make_room_below, new_figure

_COLUMNS = 4
_TITLE, _LEGEND = 0.2, 0.36  # inches for a line above a panel, and for the class names below all panels


class Panel(NamedTuple):
    """One network's panel.

    Attributes:
        title: Title of the panel.
        plane: The points where the probabilities were computed.
        probabilities: The probability of each class [R * R, C].
        rows: Rows x [N, 2] and labels y [N] to draw on top.
        threshold: The threshold between two classes.
    """

    title: str
    plane: Plane
    probabilities: Tensor
    rows: tuple[Tensor, Tensor]
    threshold: float


def boundary_grid(
    panels: list[Panel], class_names: tuple[str, ...], columns: int | None = None, title: str = ""
) -> Figure:
    """The panels of several networks and, below them, a legend of their colours.

    Args:
        panels: The panel of each network.
        class_names: Names of the classes, which all networks share.
        columns: Panels per line; None is at most four.
        title: Title of the whole figure.
    """
    columns = min(columns or _COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    above = _TITLE * max(1 + panel.title.count("\n") for panel in panels)
    figure, axes = new_figure(2.7 * columns + 0.2, (2.7 + above) * lines + 0.9, columns, lines)
    make_room_below(figure, _LEGEND)
    for axis, panel in zip(axes, panels, strict=False):
        drawn = BoundaryPanel(axis, panel.plane)
        drawn.show(panel.probabilities, panel.threshold)
        drawn.points(*panel.rows, class_names)
        drawn.letters(panel.probabilities)
        axis.set_box_aspect(1)
        axis.set(xticks=[], yticks=[])
        axis.set_title(panel.title, fontsize=9)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    handles, _ = axes[0].get_legend_handles_labels()
    names = lettered(class_names)
    look: dict[str, Any] = {"ncols": min(len(names), 2 * columns), "markerscale": 1.5, "frameon": False}
    figure.legend(handles, names, loc="lower center", **look)
    if title:
        figure.suptitle(title, fontsize=11, color=INK)
    return figure
