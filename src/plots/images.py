"""Images in a grid: a network's predictions, augmentation, and the weights of a linear network."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor

from src.plots.palette import COLORS, INK, WRONG
from src.plots.style import new_figure

_COLUMNS = 4
_CELL = 1.75  # inches
_FRAME = 3  # points around a mistake
_WEIGHT_COLUMNS = 5
_LOWERS_OR_RAISES = LinearSegmentedColormap.from_list("lowers or raises", [COLORS[0], "white", COLORS[1]])


def predictions_figure(
    images: Tensor,
    labels: Tensor,
    predictions: Tensor,
    confidences: Tensor,
    class_names: tuple[str, ...],
    title: str = "",
) -> Figure:
    """Images [N, C, H, W] (uint8) below their predicted class; mistakes in a frame, with the true class.

    Args:
        images: Images [N, C, H, W], drawn left to right, top to bottom.
        labels: True label of each image [N].
        predictions: Predicted label of each image [N].
        confidences: Probability of each prediction [N].
        class_names: Name of each class.
        title: Title of the figure.
    """
    columns = min(_COLUMNS, len(images))
    num_rows = -(-len(images) // columns)
    figure, axes = new_figure(_CELL * columns, (_CELL + 0.45) * num_rows + 0.6, columns, num_rows=num_rows)
    for axis in axes:
        _hide(axis)
    for axis, image, label, predicted, confidence in zip(
        axes, images, labels.tolist(), predictions.tolist(), confidences.tolist(), strict=False
    ):
        axis.imshow(_pixels(image), cmap="gray", vmin=0, vmax=255)
        text = f"called {_short(class_names[predicted])} ({100 * confidence:.0f} %)"
        axis.set_title(text, fontsize=9.5, color=INK, pad=4)
        if label != predicted:
            axis.set_title(f"{text},\ntrue {_short(class_names[label])}", fontsize=9.5, color=WRONG, pad=5)
            axis.axis("on")
            axis.spines[:].set(visible=True, color=WRONG, linewidth=_FRAME)
    if title:
        figure.suptitle(title, fontsize=11, color=INK)
    return figure


def augmentation_figure(views: Tensor) -> Figure:
    """Images and augmented versions of them, `views` [N, V, C, H, W] (uint8): one row per image, the original first."""
    num_images, num_views = views.shape[:2]
    figure, axes = new_figure(1.1 * num_views, 1.1 * num_images + 0.3, num_views, num_rows=num_images)
    for axis, image in zip(axes, views.flatten(0, 1), strict=True):
        _hide(axis)
        axis.imshow(_pixels(image), cmap="gray", vmin=0, vmax=255)
    axes[0].set_title("original", fontsize=9)
    axes[1].set_title("as training sees it", fontsize=9, loc="left")
    return figure


def classes_figure(images: Mapping[str, Tensor]) -> Figure:
    """Some images [V, C, H, W] (uint8) of each class: one row per class, starting with its name."""
    columns = max(map(len, images.values()))
    figure, axes = new_figure(1.0 * columns + 1.4, 1.05 * len(images), columns, num_rows=len(images))
    for axis in axes:
        _hide(axis)
    for row, (name, each) in enumerate(images.items()):
        for place, image in enumerate(each):
            axes[row * columns + place].imshow(_pixels(image), cmap="gray", vmin=0, vmax=255)
        axes[row * columns].text(
            -0.1, 0.5, name, transform=axes[row * columns].transAxes, ha="right", va="center", fontsize=9
        )
    return figure


def weights_figure(weights: Tensor, class_names: tuple[str, ...]) -> Figure:
    """Weights [K, C, H, W] of the pixels in K scores: a bright pixel raises a score (orange) or lowers it (blue).

    Args:
        weights: Weights of the logit of the second of two classes (K is 1), or of each class's logit.
        class_names: Name of each class.
    """
    titles = class_names if len(weights) > 1 else (f"{class_names[0]} (blue) or {class_names[1]} (orange)",)
    columns = min(_WEIGHT_COLUMNS, len(weights))
    num_rows = -(-len(weights) // columns)
    side = 1.8 if len(weights) > 1 else 3.2
    figure, axes = new_figure(side * columns + 0.9, (side + 0.3) * num_rows, columns, num_rows=num_rows)
    pixels = weights.sum(dim=1).numpy()  # over channels
    largest = float(abs(pixels).max())
    for axis in axes:
        _hide(axis)
    for axis, picture, title in zip(axes, pixels, titles, strict=False):
        image = axis.imshow(picture, cmap=_LOWERS_OR_RAISES, vmin=-largest, vmax=largest)
        axis.set_title(title, fontsize=9)
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8)
    return figure


def _hide(axis: Any) -> None:
    """Hide everything of an axis except what is drawn on it; even invisible ticks would be measured at each drawing."""
    axis.set(xticks=[], yticks=[])
    axis.axis("off")


def _pixels(image: Tensor) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    """An image [C, H, W] in Matplotlib's layout."""
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = image.permute(1, 2, 0).squeeze(-1).numpy()
    return pixels


def _short(name: str) -> str:
    return name if len(name) <= 12 else f"{name[:11]}…"
