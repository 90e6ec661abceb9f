"""The losses of the learning rates that were tried before a run."""

import math
from collections.abc import Sequence

from matplotlib.figure import Figure

from src.plots.lines import add_legend
from src.plots.palette import GREY, INK, color, line_style
from src.plots.style import new_figure


def rates_figure(
    rates: Sequence[float], train: Sequence[float], val: Sequence[float], chosen: float, steps: int
) -> Figure:
    """The training and validation loss over the learning rate, a vertical line at the chosen one.

    Rates with which the loss became NaN or infinite are shaded.

    Args:
        rates: The rates [R], increasing.
        train: The training loss of each [R]; NaN if it diverged.
        val: The validation loss of each [R]; NaN if it diverged.
        chosen: The chosen rate.
        steps: After how many optimizer steps the losses were measured.
    """
    figure, (axis,) = new_figure(5.2, 3.8)
    for rank, (name, losses) in enumerate((("train/loss", train), ("val/loss", val))):
        look = {"color": color(rank), "linestyle": line_style(rank)}
        axis.plot(rates, losses, marker="o", markersize=3, linewidth=1.5, label=name, **look)
    finite = [loss for loss in (*train, *val) if math.isfinite(loss)]
    axis.set(
        xscale="log", xlabel="optimizer.lr", ylabel="loss", title=f"{len(rates)} learning rates after {steps:,} steps"
    )
    if min(finite) > 0 and max(finite) > 20 * min(finite):
        axis.set_yscale("log")
    ended = [rate for rate, loss in zip(rates, val, strict=True) if not math.isfinite(loss)]
    if ended:
        axis.axvspan(min(ended), rates[-1], color=GREY, alpha=0.2, linewidth=0, label="diverged")
    axis.axvline(chosen, color=INK, linestyle="--", linewidth=1.2, label=f"chosen: {chosen:.3g}")
    add_legend(figure, axis)
    return figure
