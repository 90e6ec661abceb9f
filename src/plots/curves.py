"""Loss and scores over the epochs."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from src.plots.palette import COLORS
from src.plots.style import new_figure

STAGES = {"train": COLORS[0], "val": COLORS[1]}


def curves_figure(history: list[dict[str, float]], metrics: Sequence[str], best_epoch: int | None = None) -> Figure:
    """One panel per metric, over the epochs.

    Args:
        history: Rows of `metrics.csv`.
        metrics: Names of the metrics, without their stage.
        best_epoch: The epoch to mark with a line, from 1; None marks none.

    Example:
        >>> rows = [{"epoch": 1, "train/loss": 0.7}, {"epoch": 2, "train/loss": 0.5, "train/accuracy": 0.9}]
        >>> [panel.get_title() for panel in curves_figure(rows, ["loss", "accuracy"]).axes]
        ['loss', 'accuracy']
    """
    figure, axes = new_figure(4.6 * len(metrics), 3.6, len(metrics))
    for axis, metric in zip(axes, metrics, strict=True):
        for stage, ink in STAGES.items():
            name = f"{stage}/{metric}"
            rows = [row for row in history if name in row]
            axis.plot(
                [row["epoch"] for row in rows], [row[name] for row in rows], color=ink, label=stage, linewidth=1.5
            )
        if best_epoch is not None:
            axis.axvline(best_epoch, color="#9aa3ab", linestyle=":", linewidth=1.2, label=f"best epoch {best_epoch}")
        axis.set(title=metric, xlabel="epoch")
        axis.legend(frameon=False)
    return figure
