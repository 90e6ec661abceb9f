"""The predictions of a network with two inputs over the plane."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.panel import BoundaryPanel
from src.plots.plane import Plane
from src.plots.style import new_figure


def boundary_figure(
    plane: Plane,
    probabilities: Tensor,
    panels: Mapping[str, tuple[Tensor, Tensor]],
    class_names: tuple[str, ...],
    feature_names: tuple[str, ...] = ("x1", "x2"),
    threshold: float = 0.5,
    title: str = "",
) -> Figure:
    """The probability of each class over the plane as colour, and rows on top of it.

    Args:
        plane: The points where the probabilities were computed.
        probabilities: The probability of each class [R * R, C].
        panels: Title of each panel, and the rows x [N, 2] and labels y [N] that it shows.
        class_names: Name of each class.
        feature_names: Names of the two axes.
        threshold: The threshold between two classes.
        title: Title of the whole figure.
    """
    figure, axes = new_figure(4.6 * len(panels) + 0.4, 4.4, len(panels), sharey=True)
    for axis, (name, (x, y)) in zip(axes, panels.items(), strict=True):
        panel = BoundaryPanel(axis, plane)
        panel.show(probabilities, threshold)
        panel.points(x, y, class_names)
        axis.set(title=name, xlabel=feature_names[0])
    axes[0].set_ylabel(feature_names[1])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(len(labels), 6), markerscale=1.6, frameon=False
    )
    if title:
        figure.suptitle(title)
    return figure
