"""How a metric went in many runs, epoch by epoch."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure

from src.plots.palette import color
from src.plots.style import new_figure

_FAINTEST = 0.12  # opacity of a line among many


class Line(NamedTuple):
    """How a metric went in a run.

    Attributes:
        epochs: Numbers of epochs [E].
        values: The metric after each of them [E].
    """

    epochs: Sequence[float]
    values: Sequence[float]


def sweep_curves_figure(settings: Mapping[str, Sequence[Line]], metric: str, logarithmic: bool = False) -> Figure:
    """A metric over the epochs: a line for each run of each setting, in the setting's colour, fainter where many are.

    Args:
        settings: Name of each setting, as the legend has it, and its runs; an empty name has no place in the legend.
        metric: What is drawn, for the title and the axis.
        logarithmic: Whether its axis is logarithmic.
    """
    figure, (axis,) = new_figure(7.2, 4.0)
    for rank, (name, lines) in enumerate(settings.items()):
        opacity = max(_FAINTEST, len(lines) ** -0.5)
        for line in lines:
            axis.plot(line.epochs, line.values, color=color(rank), linewidth=1.3, alpha=opacity)
        if name:
            axis.plot([], [], color=color(rank), linewidth=2, label=name)
    if logarithmic:
        axis.set_yscale("log")
    num_runs = sum(len(lines) for lines in settings.values())
    axis.set(title=f"{metric} of {num_runs} run{'s' if num_runs > 1 else ''}", xlabel="epoch", ylabel=metric)
    if axis.get_legend_handles_labels()[1]:
        figure.legend(loc="outside right upper", frameon=False)
    return figure
