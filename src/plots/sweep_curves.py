"""A metric over the epochs of many runs."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from src.plots.palette import color, line_style
from src.plots.style import new_figure

_FAINTEST = 0.12  # opacity of a line among many


class Line(NamedTuple):
    """A metric over the epochs of a run.

    Attributes:
        epochs: Epoch numbers [E].
        values: The metric after each epoch [E].
    """

    epochs: Sequence[float]
    values: Sequence[float]


def sweep_curves_figure(settings: Mapping[str, Sequence[Line]], metric: str, logarithmic: bool = False) -> Figure:
    """A metric over the epochs: one line per run, in the colour of its setting, fainter if there are many.

    Args:
        settings: Each setting's name in the legend, and its runs; an empty name is left out of the legend.
        metric: Name of the metric, for the title and the axis.
        logarithmic: Whether its axis is logarithmic.
    """
    figure, (axis,) = new_figure(7.2, 4.0)
    for rank, (name, lines) in enumerate(settings.items()):
        look = {"color": color(rank), "linestyle": line_style(rank)}
        opacity = max(_FAINTEST, len(lines) ** -0.5)
        for line in lines:
            axis.plot(line.epochs, line.values, linewidth=1.3, alpha=opacity, **look)
        if name:
            axis.plot([], [], linewidth=2, label=name, **look)
    if logarithmic:
        axis.set_yscale("log")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    num_runs = sum(len(lines) for lines in settings.values())
    axis.set(title=f"{metric} of {num_runs} run{'s' if num_runs > 1 else ''}", xlabel="epoch", ylabel=metric)
    if axis.get_legend_handles_labels()[1]:
        figure.legend(loc="outside right upper", frameon=False)
    return figure
