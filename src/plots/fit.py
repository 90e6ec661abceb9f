"""A regression's predictions next to their targets."""

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.palette import COLORS, INK
from src.plots.style import new_figure


def fit_figure(x: Tensor, y: Tensor, predicted: Tensor, feature_names: tuple[str, ...], title: str = "") -> Figure:
    """Targets and predictions: over the input if there is only one, otherwise against each other.

    Args:
        x: Inputs [N, F].
        y: Targets [N].
        predicted: Predictions [N].
        feature_names: Name of each input.
        title: Title of the figure.
    """
    figure, (axis,) = new_figure(5.4, 4.2)
    if x.shape[1:] == (1,):
        order = x[:, 0].argsort()
        axis.scatter(x[:, 0], y, s=22, color=COLORS[0], edgecolors="white", linewidths=0.4, label="data")
        axis.plot(x[order, 0], predicted[order], color=COLORS[2], linewidth=2, label="prediction")
        axis.set(xlabel=feature_names[0], ylabel="y", title=title)
        axis.legend(frameon=False)
    else:
        axis.scatter(y, predicted, s=22, color=COLORS[0], edgecolors="white", linewidths=0.4)
        ends = [float(y.min()), float(y.max())]
        axis.plot(ends, ends, color=INK, linewidth=1, label="prediction = target")
        axis.set(xlabel="target", ylabel="prediction", title=title, aspect="equal")
        axis.legend(frameon=False)
    return figure
