"""What a network of two inputs thinks of every point of the plane."""

from collections.abc import Mapping
from typing import Any

import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.plane import Plane
from src.plots.style import INK, color, new_figure

_MAX_POINTS = 1000  # of a panel; more are a blot


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
        plane: Where the probabilities were taken.
        probabilities: Of each class [R * R, C].
        panels: Title of each panel, and the rows x [N, 2] and labels y [N] that it shows.
        class_names: Name of each class.
        feature_names: Names of the two axes.
        threshold: Probability at which two classes part.
        title: Of the whole figure.
    """
    side = plane.resolution
    colours = shade(probabilities).reshape(side, side, 3).numpy()
    across = torch.linspace(*plane.extent[:2], side).numpy()
    up = torch.linspace(*plane.extent[2:], side).numpy()
    figure, axes = new_figure(4.6 * len(panels) + 0.4, 4.4, len(panels), sharey=True)
    for axis, (name, (x, y)) in zip(axes, panels.items(), strict=True):
        axis.imshow(colours, extent=plane.extent, origin="lower", aspect="auto", interpolation="bilinear")
        contours(axis, across, up, probabilities.reshape(side, side, -1), threshold)
        points(axis, x, y, class_names)
        axis.set(title=name, xlabel=feature_names[0], xlim=plane.extent[:2], ylim=plane.extent[2:])
    axes[0].set_ylabel(feature_names[1])
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=min(len(labels), 6), markerscale=1.6, frameon=False
    )
    if title:
        figure.suptitle(title)
    return figure


def shade(probabilities: Tensor) -> Tensor:
    """Colours [N, 3]: the classes' colours mixed by their probabilities [N, C], half way to white."""
    palette = torch.tensor([to_rgb(color(label)) for label in range(probabilities.shape[1])])
    return 1 - 0.62 * (1 - probabilities.float() @ palette)


def contours(axis: Any, across: Any, up: Any, probabilities: Tensor, threshold: float) -> None:
    """The line where the decision changes."""
    if probabilities.shape[-1] == 2:
        surfaces = [(probabilities[..., 1], threshold)]
    else:
        surfaces = []
        for label in range(probabilities.shape[-1]):
            others = probabilities.clone()
            others[..., label] = -1
            surfaces.append((probabilities[..., label] - others.amax(dim=-1), 0.0))
    for surface, level in surfaces:
        if surface.min() < level < surface.max():
            axis.contour(across, up, surface.numpy(), levels=[level], colors=INK, linewidths=1.2)


def points(axis: Any, x: Tensor, y: Tensor, class_names: tuple[str, ...]) -> None:
    """Rows x [N, 2] in the colours of their labels y [N]."""
    step = max(1, len(x) // _MAX_POINTS)
    x, y = x[::step], y[::step]
    size = 14 if len(x) > 200 else 30 if len(x) > 10 else 60
    for label, name in enumerate(class_names):
        rows = x[y == label]
        axis.scatter(rows[:, 0], rows[:, 1], s=size, c=color(label), edgecolors="white", linewidths=0.4, label=name)
