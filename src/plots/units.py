"""The output of each hidden unit over the plane."""

from math import ceil, sqrt

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.panel import Scale, UnitPanel
from src.plots.plane import Plane
from src.plots.style import new_figure

_MOST_POINTS = 300


def units_figure(
    plane: Plane,
    activations: Tensor,
    titles: tuple[str, ...] = (),
    rows: tuple[Tensor, Tensor] | None = None,
    class_names: tuple[str, ...] = (),
    title: str = "",
) -> Figure:
    """One panel per unit: its activation as colour, and a line where it changes sign or becomes active.

    Args:
        plane: The points where the activations were computed.
        activations: Activation of each unit [R * R, U].
        titles: Titles of the panels; by default "unit 1", "unit 2", ….
        rows: Inputs x [N, 2] and labels y [N] to draw on top; None draws no rows.
        class_names: Name of each class among these rows.
        title: Title of the whole figure.
    """
    num_units = activations.shape[1]
    columns = ceil(sqrt(num_units))
    lines = ceil(num_units / columns)
    figure, axes = new_figure(1.9 * columns + 0.2, 2.1 * lines + 0.2, columns, lines)
    neutral, reaches = scales(activations)
    for unit, axis in enumerate(axes[:num_units]):
        name = titles[unit] if titles else f"unit {unit + 1}"
        panel = UnitPanel(axis, plane, Scale(neutral, reaches[unit]), name)
        panel.show(activations[:, unit])
        if rows is not None:
            panel.points(*rows, class_names, size=6, most=_MOST_POINTS)
    for axis in axes[num_units:]:
        axis.set_visible(False)
    if title:
        figure.suptitle(title)
    return figure


def scales(activations: Tensor) -> tuple[float, list[float]]:
    """The neutral activation, and the largest distance of each unit from it, for activations [..., U].

    It is one half for activations between 0 and 1, none of them 0, like a sigmoid's, and 0 for others.
    """
    flat = activations.float().reshape(-1, activations.shape[-1])
    neutral = 0.5 if flat.min() > 0 and flat.max() <= 1 else 0.0
    return neutral, (flat - neutral).abs().amax(dim=0).tolist()
