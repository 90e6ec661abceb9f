"""Decision boundaries of many networks at a glance."""

from typing import NamedTuple

import torch
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.boundary import contours, points, shade
from src.plots.plane import Plane
from src.plots.style import STYLE

_COLUMNS = 4


class Panel(NamedTuple):
    """One network's panel.

    Attributes:
        title: Above the panel.
        plane: Where the probabilities were taken.
        probabilities: Of each class [R * R, C].
        rows: Rows x [N, 2] and labels y [N] on top of it.
        threshold: Probability at which two classes part.
    """

    title: str
    plane: Plane
    probabilities: Tensor
    rows: tuple[Tensor, Tensor]
    threshold: float


def boundary_grid(panels: list[Panel], class_names: tuple[str, ...]) -> Figure:
    """The panels of several networks, four in a line; `class_names` are theirs in common."""
    columns = min(_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    with rc_context(STYLE):
        figure = Figure(figsize=(2.7 * columns + 0.3, 2.7 * lines + 0.4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(lines, columns, squeeze=False).flatten()
    for axis, panel in zip(axes, panels, strict=False):
        side, extent = panel.plane.resolution, panel.plane.extent
        colours = shade(panel.probabilities).reshape(side, side, 3).numpy()
        axis.imshow(colours, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
        across, up = (torch.linspace(extent[i], extent[i + 1], side).numpy() for i in (0, 2))
        contours(axis, across, up, panel.probabilities.reshape(side, side, -1), panel.threshold)
        points(axis, *panel.rows, class_names)
        axis.set(xlim=extent[:2], ylim=extent[2:], xticks=[], yticks=[])
        axis.set_title(panel.title, fontsize=8)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    return figure
