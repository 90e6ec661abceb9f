"""The cost of true positives in false positives."""

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.lines import add_legend, is_crowd, known, labelled, mean_label, shown
from src.plots.palette import GREY, INK
from src.plots.style import new_figure


def roc_figure(curves: dict[str, dict[str, Tensor]], aucs: dict[str, float], title: str = "") -> Figure:
    """True over false positive rate, one line per class.

    With more than 10 classes, the mean over all and the 5 with the smallest area are drawn. A class with an area of NaN
    has no line.

    Args:
        curves: Columns fpr [T] and tpr [T] of each class, from `src.metrics.curves.roc_curve`.
        aucs: Area under the curve of each class, for the legend.
        title: Title of the figure.

    Example:
        >>> import torch
        >>> curve = {"fpr": torch.tensor([0.0, 0.5, 1.0]), "tpr": torch.tensor([0.0, 1.0, 1.0])}
        >>> [line.get_label() for line in roc_figure({"ill": curve}, {"ill": 0.75}).axes[0].lines]
        ['ill  AUC 0.750', 'chance  AUC 0.500']
    """
    figure, (axis,) = new_figure(4.6, 4.9)
    for name, look in shown(aucs).items():
        curve = curves[name]
        axis.plot(curve["fpr"], curve["tpr"], linewidth=1.8, label=labelled(name, aucs[name], "AUC"), **look)
    if is_crowd(aucs) and known(aucs):
        across = np.linspace(0, 1, 201)
        up = np.mean([np.interp(across, curves[name]["fpr"], curves[name]["tpr"]) for name in known(aucs)], axis=0)
        axis.plot([0, *across], [0, *up], color=INK, linewidth=2.2, label=mean_label(aucs, "AUC"))
    axis.plot([0, 1], [0, 1], color=GREY, linestyle=":", linewidth=1.2, label="chance  AUC 0.500")
    axis.set(
        xlabel="false positive rate",
        ylabel="true positive rate",
        title=title,
        xlim=(-0.01, 1.01),
        ylim=(-0.01, 1.01),
    )
    add_legend(figure, axis)
    return figure
