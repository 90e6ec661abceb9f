"""Decision boundaries of many networks at a glance."""

from typing import NamedTuple

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.panel import BoundaryPanel
from src.plots.plane import Plane
from src.plots.style import new_figure

_COLUMNS = 4


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


def boundary_grid(panels: list[Panel], class_names: tuple[str, ...], columns: int | None = None) -> Figure:
    """The panels of several networks, `columns` in a line, or four; `class_names` are theirs in common."""
    columns = min(columns or _COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    figure, axes = new_figure(2.7 * columns + 0.3, 2.7 * lines + 0.4, columns, lines)
    for axis, panel in zip(axes, panels, strict=False):
        drawn = BoundaryPanel(axis, panel.plane)
        drawn.show(panel.probabilities, panel.threshold)
        drawn.points(*panel.rows, class_names)
        axis.set(xticks=[], yticks=[])
        axis.set_title(panel.title, fontsize=8)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    return figure
