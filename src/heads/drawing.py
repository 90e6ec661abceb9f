"""What a run's figures show at some moment, recorded cheaply so that they can be drawn later."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import torch

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.data.scene import Scene
from src.heads.base import Head
from src.heads.outcome import SHOWN_NAMES, Draw

_RECORDED = {"confusion_matrix", "boundary", "predictions", "fit"}  # of everything that an outcome can draw


class Drawing(NamedTuple):
    """A figure that can be drawn at any time later, because its data are copies.

    Attributes:
        tag: Its name among a run's figures.
        file_stem: The name of its file, without a suffix.
        step: Optimiser steps when it was recorded.
        draw: Makes the figure.
    """

    tag: str
    file_stem: str
    step: int
    draw: Draw


class Moment(NamedTuple):
    """When something is recorded.

    Attributes:
        step: Optimiser steps so far.
        epoch: From 1; None at the end.

    Example:
        >>> Moment(step=400, epoch=10).title("val"), Moment(step=8000).title("test")
        ('val split after epoch 10', 'test split')
    """

    step: int
    epoch: int | None = None

    def drawing(self, tag: str, draw: Draw) -> Drawing:
        """A figure of this moment with a `tag` and a function to `draw` it; its file name has the epoch, if any."""
        suffix = "" if self.epoch is None else f"_epoch{self.epoch:05d}"
        return Drawing(tag, f"{tag}{suffix}", self.step, draw)

    def title(self, split: Split) -> str:
        """Which split is shown, and when."""
        return f"{split} split" if self.epoch is None else f"{split} split after epoch {self.epoch}"


@torch.no_grad()
def record(
    head: Head, datamodule: InMemoryDataModule, panels: tuple[Split, Split], moment: Moment
) -> Iterator[Drawing]:
    """Record what the figures of a run show now.

    Args:
        head: The head, in evaluation mode.
        datamodule: The dataset.
        panels: The splits to show; figures with one panel show the second.
        moment: The current moment.
    """
    scene = Scene(datamodule, {moment.title(split): split for split in panels})
    outcome = head.outcome(*head.outputs(datamodule.whole(panels[1])))
    for tag, draw in outcome.figures(scene).items():
        if tag in _RECORDED:
            yield moment.drawing(tag, draw)
    if moment.epoch is None and (views := scene.views) is not None:
        yield moment.drawing("augmentation", partial(_augmentation, views))


def _augmentation(views: torch.Tensor) -> Any:
    from src.plots.images import augmentation_figure

    return augmentation_figure(views)


def last_drawings(
    head: Head, data: InMemoryDataModule, rows: list[dict[str, float]], metrics: dict[str, Any]
) -> list[Drawing]:
    """The figures that a run ends with: those of its head for training and test rows, and its curves.

    Args:
        head: The head with the best weights.
        data: The dataset.
        rows: Rows of `metrics.csv`; without any, there are no curves.
        metrics: The contents of `metrics.json`.
    """
    found = list(record(head, data, ("train", "test"), Moment(metrics["steps"])))
    return [*found, head_curves(head, data, rows, metrics["best_epoch"])] if rows else found


def head_curves(head: Head, data: InMemoryDataModule, rows: list[dict[str, float]], best_epoch: int | None) -> Drawing:
    """The loss and the first score of a `head` over the epochs, labelled with the head's names for them.

    Args:
        head: The head.
        data: The data that it was trained on.
        rows: Rows of `metrics.csv`.
        best_epoch: The epoch to mark with a line, from 1.
    """
    names = {"loss": head.loss_title} | SHOWN_NAMES
    return curves_drawing(rows, head.score_names[:2], best_epoch, names, data.title)


def curves_drawing(
    rows: list[dict[str, float]],
    metrics: Sequence[str],
    best_epoch: int | None,
    names: Mapping[str, str] | None = None,
    title: str = "",
) -> Drawing:
    """Metrics, named without stage, over the epochs of rows of `metrics.csv`.

    Args:
        rows: The rows.
        metrics: One panel each.
        best_epoch: The epoch to mark with a line, from 1.
        names: Labels for axes that should not show the name of their metric.
        title: Title of the figure.
    """
    draw = partial(_curves, rows, metrics, best_epoch, names, title)
    return Drawing("curves", "curves", int(rows[-1]["step"]), draw)


def _curves(*shown: Any) -> Any:
    from src.plots.curves import curves_figure

    return curves_figure(*shown)
