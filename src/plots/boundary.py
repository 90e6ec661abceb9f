"""The predictions of a network with two inputs over the plane."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from src.plots.lines import short
from src.plots.palette import INK
from src.plots.panel import CONTOURS, BoundaryPanel, lettered, shade, shade_of
from src.plots.plane import Plane
from src.plots.style import make_room_below, new_figure

_KEY, _LEGEND = 1.15, 0.36  # inches right of the panels for the key to the shades, and below them for the classes
_LEGEND_COLUMNS = 6
_SHADES, _TICKS = 128, 6


class Points(NamedTuple):
    """Rows on top of a plane.

    Attributes:
        x: Inputs [N, 2].
        y: Labels [N].
        wrong: Which rows the network misclassifies [N]; None if that is unknown.
    """

    x: Tensor
    y: Tensor
    wrong: Tensor | None = None


def boundary_figure(
    plane: Plane,
    probabilities: Tensor,
    panels: Mapping[str, Points],
    class_names: tuple[str, ...],
    feature_names: tuple[str, ...] = ("x1", "x2"),
    threshold: float = 0.5,
    title: str = "",
) -> Figure:
    """The probability of each class over the plane as colour, rows on top of it, and a key to the shades.

    Args:
        plane: The points where the probabilities were computed.
        probabilities: The probability of each class [R * R, C].
        panels: Title of each panel, and the rows that it shows.
        class_names: Name of each class.
        feature_names: Names of the two axes.
        threshold: The threshold between two classes.
        title: Title of the whole figure.
    """
    figure, axes = new_figure(4.3 * len(panels) + _KEY, 5.35, len(panels), sharey=True)
    make_room_below(figure, _LEGEND * -(-(len(class_names) + 1) // _LEGEND_COLUMNS))
    for axis, (name, rows) in zip(axes, panels.items(), strict=True):
        panel = BoundaryPanel(axis, plane)
        panel.show(probabilities, threshold)
        if len(class_names) == 2:
            panel.contours(probabilities)
        points = Points(*rows)
        panel.points(points.x, points.y, class_names, wrong=points.wrong)
        panel.letters(probabilities)
        axis.set_box_aspect(1)
        axis.set_title(name, fontsize=10)
        axis.set_xlabel(feature_names[0])
        axis.xaxis.set_major_locator(MaxNLocator(_TICKS))
    axes[0].set_ylabel(feature_names[1])
    _add_legend(figure, axes, class_names)
    _add_key(figure, axes, class_names, threshold)
    if title:
        figure.suptitle(title, fontsize=12, color=INK)
    return figure


def _add_legend(figure: Figure, axes: list[Any], class_names: tuple[str, ...]) -> None:
    """The classes and, once, what a ring means."""
    found = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    named = dict(zip(class_names, lettered(class_names), strict=True))
    ring = found.pop("mistake", None)
    handles, labels = list(found.values()), [named.get(name, name) for name in found]
    if ring is not None:
        handles, labels = [*handles, ring], [*labels, "mistake"]
    look: dict[str, Any] = {"ncols": min(len(labels), _LEGEND_COLUMNS), "markerscale": 1.5, "frameon": False}
    figure.legend(handles, labels, loc="lower center", **look)


def _add_key(figure: Figure, axes: list[Any], class_names: tuple[str, ...], threshold: float) -> None:
    """A bar beside the panels that says what the shades mean and which probability each line stands for."""
    bar = axes[-1].inset_axes((1.05, 0.1, min(0.03 + 0.015 * len(class_names), 0.12), 0.8))
    up = torch.linspace(0, 1, _SHADES)
    if len(class_names) == 2:
        shades, ends = shade(torch.stack([1 - up, up], dim=1))[:, None], (0.0, 1.0)
        lines = {**CONTOURS, threshold: "solid"}
        ticks = sorted({0.0, 1.0, *lines})
        label = f"probability of {short(class_names[1])}"
    else:
        lowest = 1 / len(class_names)
        shades = torch.stack([shade_of(up, label) for label in range(len(class_names))], dim=1)
        ends, lines = (lowest, 1.0), {}
        ticks, label = [lowest, 1.0], "largest probability: paler is less certain"
    bar.imshow(shades.numpy(), origin="lower", aspect="auto", extent=(0, 1, *ends), interpolation="nearest")
    for level, style in lines.items():
        bar.axhline(level, color=INK, linestyle=style, linewidth=1.4 if level == threshold else 0.9)
    bar.yaxis.tick_right()
    bar.yaxis.set_label_position("right")
    bar.set_xticks([])
    bar.set_yticks(ticks, [f"{tick:.2g}" for tick in ticks])
    bar.tick_params(labelsize=8, length=2)
    bar.set_ylabel(label, fontsize=8.5)
