"""What a run's figures show at some moment, recorded cheaply so that they can be drawn at any later time."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from src.data.base import InMemoryDataModule, Rows, Split
from src.heads.base import Head
from src.heads.classification import ClassificationHead
from src.heads.multilabel import MultilabelHead
from src.heads.threshold import threshold_of
from src.plots.plane import plane_around

_SHOWN = 32  # images of a grid
_MISTAKES_SHOWN = 24  # at most; the rest are right
_VIEWED, _VIEWS = 6, 8  # images whose augmentation is shown, and how often


class Drawing(NamedTuple):
    """A figure that can be drawn at any later time: its data are copies.

    Attributes:
        tag: Its name among a run's figures.
        file_stem: The name of its file, without a suffix.
        step: Optimiser steps when it was recorded.
        draw: Makes the Figure.
    """

    tag: str
    file_stem: str
    step: int
    draw: Callable[[], Any]


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

    def drawing(self, tag: str, draw: Callable[[], Any]) -> Drawing:
        """A figure of this moment by its `tag` and what will `draw` it; on the way its file's name has the epoch."""
        suffix = "" if self.epoch is None else f"_epoch{self.epoch:05d}"
        return Drawing(tag, f"{tag}{suffix}", self.step, draw)

    def title(self, split: Split) -> str:
        """Which split is shown, and when."""
        return f"{split} split" if self.epoch is None else f"{split} split after epoch {self.epoch}"


@torch.no_grad()
def record(
    head: Head, datamodule: InMemoryDataModule, panels: tuple[Split, Split], moment: Moment
) -> Iterator[Drawing]:
    """What the figures show now: the second split's confusion matrix or fit, and what its kind of inputs allows.

    Args:
        head: In evaluation mode.
        datamodule: Where the rows are.
        panels: The splits shown; figures with one panel show the second.
        moment: When this is.
    """
    split = panels[1]
    logits, y = head.outputs(datamodule.whole(split))
    if isinstance(head, MultilabelHead):
        yield _label_confusions(head, logits, y, split, moment)
        return
    if not isinstance(head, ClassificationHead):
        yield _fit(head, datamodule.seen(split, slice(None)), logits, y, split, moment)
        return
    yield _confusion(head, logits, y, split, moment)
    if head.spec.input_shape == (2,):
        yield _boundary(head, datamodule, panels, moment)
    if head.spec.is_image:
        yield _images(head, datamodule, logits, y, split, moment)
        if moment.epoch is None and getattr(datamodule, "augments", False):
            yield _augmentation(datamodule, moment)


def _fit(head: Head, x: Tensor, values: Tensor, y: Tensor, split: Split, moment: Moment) -> Drawing:
    predicted = head.predictions(values)

    def draw() -> Any:
        from src.plots.fit import fit_figure

        return fit_figure(x, y, predicted, head.spec.feature_names, moment.title(split))

    return moment.drawing("fit", draw)


def _confusion(head: ClassificationHead, logits: Tensor, y: Tensor, split: Split, moment: Moment) -> Drawing:
    confusion = head.confusion(logits, y)

    def draw() -> Any:
        from src.plots.confusion import confusion_figure

        return confusion_figure(confusion, head.spec.class_names, moment.title(split))

    return moment.drawing("confusion_matrix", draw)


def _label_confusions(head: MultilabelHead, logits: Tensor, y: Tensor, split: Split, moment: Moment) -> Drawing:
    confusions = head.confusion(logits, y)

    def draw() -> Any:
        from src.plots.confusion import label_confusions_figure

        return label_confusions_figure(confusions, head.spec.class_names, moment.title(split))

    return moment.drawing("confusion_matrix", draw)


def _boundary(
    head: ClassificationHead, datamodule: InMemoryDataModule, panels: tuple[Split, Split], moment: Moment
) -> Drawing:
    shown: dict[str, Rows] = {moment.title(name): getattr(datamodule.splits, name) for name in panels}
    plane = plane_around(datamodule.splits.train.x)
    probabilities = head.probabilities(head(plane.points.to(head.device)).cpu())
    features, threshold = axis_names(head, datamodule), threshold_of(head)

    def draw() -> Any:
        from src.plots.boundary import boundary_figure

        return boundary_figure(plane, probabilities, shown, head.spec.class_names, features, threshold)

    return moment.drawing("boundary", draw)


def axis_names(head: Head, datamodule: InMemoryDataModule) -> tuple[str, ...]:
    """Name of each input of a head as it sees it, standardised where the `datamodule` does so; planes show it so."""
    note = " (standardised)" if datamodule.standardize else ""
    return tuple(f"{name}{note}" for name in head.spec.feature_names)


def _images(
    head: ClassificationHead, datamodule: InMemoryDataModule, logits: Tensor, y: Tensor, split: Split, moment: Moment
) -> Drawing:
    predicted = head.predictions(logits)
    confidence = head.probabilities(logits).gather(1, predicted[:, None])[:, 0]
    wrong = (predicted != y).nonzero()[:, 0]
    surest = wrong[confidence[wrong].argsort(descending=True)][:_MISTAKES_SHOWN]
    right = (predicted == y).nonzero()[:, 0][: _SHOWN - len(surest)]
    chosen = torch.cat([surest, right])
    rows: Rows = getattr(datamodule.splits, split)
    images, y, predicted, confidence = rows.x[chosen], y[chosen], predicted[chosen], confidence[chosen]
    title = f"{moment.title(split)}: {len(wrong):,} of {len(rows.y):,} wrong, the most confident mistakes first"

    def draw() -> Any:
        from src.plots.images import predictions_figure

        return predictions_figure(images, y, predicted, confidence, head.spec.class_names, title)

    return moment.drawing("predictions", draw)


def _augmentation(datamodule: InMemoryDataModule, moment: Moment) -> Drawing:
    images = datamodule.splits.train.x[:_VIEWED]
    generator = Generator().manual_seed(datamodule.seed)
    views = [images, *(datamodule.augment(images, generator) for _ in range(_VIEWS))]

    def draw() -> Any:
        from src.plots.images import augmentation_figure

        return augmentation_figure(torch.stack(views, dim=1))

    return moment.drawing("augmentation", draw)
