"""Which classes are mistaken for which."""

from typing import Any

from matplotlib.figure import Figure
from torch import Tensor

from src.plots.lines import short
from src.plots.palette import GREY, INK
from src.plots.style import new_figure

_KEY = "colour: share of the true class"  # in words, since a colour bar takes as long to draw as the whole matrix


def confusion_figure(
    confusion: Tensor, class_names: tuple[str, ...], title: str = "", normalized: bool = False
) -> Figure:
    """A confusion matrix, coloured by the share of each true class.

    Args:
        confusion: Counts [C, C], rows true and columns predicted.
        class_names: Name of each class.
        title: Title of the figure.
        normalized: Whether cells show these shares, which sum to 1 in each non-empty row, instead of counts.

    Example:
        >>> import torch
        >>> (axis,) = confusion_figure(torch.tensor([[5, 1], [2, 2]]), ("no", "yes"), normalized=True).axes
        >>> [cell.get_text() for cell in axis.texts]
        ['0.83', '0.17', '0.50', '0.50']
    """
    num_classes = len(class_names)
    side = max(3.9, 0.62 * num_classes + 1.8)
    figure, (axis,) = new_figure(side + 0.3, side + 0.2)
    figure.set_layout_engine("compressed")  # with the constrained engine, labels of square panels run over the edge
    _draw(axis, confusion, normalized)
    slanted = any(len(name) > 6 for name in class_names) and num_classes > 3
    axis.set_xticks(range(num_classes), class_names, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    axis.set_yticks(range(num_classes), class_names)
    axis.set(xlabel=f"predicted\n{_KEY}", ylabel="true", title=title)
    return figure


def _draw(axis: Any, confusion: Tensor, normalized: bool = False) -> None:
    """The cells of one matrix of counts [C, C], with pale zeros."""
    shares = confusion / confusion.sum(dim=1, keepdim=True).clamp(min=1)
    axis.imshow(shares.numpy(), cmap="Blues", vmin=0, vmax=1)
    for true, row in enumerate(confusion.tolist()):
        for predicted, count in enumerate(row):
            share = float(shares[true, predicted])
            text = f"{share:.2f}" if normalized else f"{int(count):,}"
            ink = GREY if count == 0 else "white" if share > 0.55 else INK
            axis.text(predicted, true, text, ha="center", va="center", color=ink)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)


def label_confusions_figure(confusions: Tensor, label_names: tuple[str, ...], title: str = "") -> Figure:
    """One confusion matrix per label, coloured by the shares of each row.

    Args:
        confusions: Counts [L, 2, 2], rows true and columns predicted.
        label_names: Name of each label.
        title: Title of the figure.
    """
    columns = min(5, len(label_names))
    num_rows = -(-len(label_names) // columns)
    figure, axes = new_figure(1.9 * columns + 0.5, 2.15 * num_rows + 0.9, columns, num_rows=num_rows)
    for axis in axes[len(label_names) :]:
        axis.axis("off")
    for axis, confusion, name in zip(axes, confusions, label_names, strict=False):
        _draw(axis, confusion)
        axis.set_xticks([0, 1], ["no", "yes"])
        axis.set_yticks([0, 1], ["no", "yes"])
        axis.set_title(short(name), fontsize=10)
    figure.supxlabel(f"predicted\n{_KEY}", fontsize=10, color=INK)
    figure.supylabel("true", fontsize=10, color=INK)
    if title:
        figure.suptitle(title, fontsize=11)
    return figure
