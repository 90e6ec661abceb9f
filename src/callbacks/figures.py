"""When a run draws its figures, and where it puts them: `plots/*.png` and TensorBoard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch

from src.callbacks.throttle import Throttle
from src.data.base import InMemoryDataModule, Rows, Split
from src.heads.base import Head
from src.heads.classification import ClassificationHead
from src.plots.plane import plane_around
from src.rules import Count, NonNegative, checked


class Drawing(NamedTuple):
    """A figure that can be drawn at any later time: its data are copies."""

    tag: str
    file_stem: str
    step: int
    draw: Callable[[], Any]


class Figures(pl.Callback):
    """Shows training and validation every few epochs, and the test split once at the end.

    What a figure shows is recorded at its epoch, which costs a forward pass. Drawing it takes a hundred times longer,
    so it waits until a pause has passed since the last drawing, or until training is over.

    Args:
        every_n_epochs: Epochs between figures; null draws only at the end.
        seconds_between_drawings: The pause.
    """

    @checked
    def __init__(self, every_n_epochs: Count | None = 50, seconds_between_drawings: NonNegative = 10.0) -> None:
        self.every_n_epochs = every_n_epochs
        self._throttle = Throttle(seconds_between_drawings)
        self._waiting: list[Drawing] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record what this epoch's figures show."""
        epoch = trainer.current_epoch + 1
        if not self.every_n_epochs or epoch % self.every_n_epochs or epoch == trainer.max_epochs:
            return
        assert isinstance(pl_module, Head)
        datamodule: InMemoryDataModule = trainer.datamodule  # type: ignore[attr-defined]
        pl_module.eval()
        self._waiting += record(pl_module, datamodule, ("train", "val"), trainer.global_step, epoch)
        pl_module.train()
        if self._throttle.due():
            self.draw(trainer)

    def draw(self, trainer: pl.Trainer, more: list[Drawing] | None = None) -> None:
        """Draw all that waits, and `more`."""
        drawings, self._waiting = self._waiting + (more or []), []
        if trainer.is_global_zero:
            save(drawings, Path(trainer.default_root_dir) / "plots", trainer.loggers)


def save(drawings: list[Drawing], folder: Path, loggers: list[Any]) -> None:
    """Draw into `<folder>/<file_stem>.png` and every logger that takes pictures."""
    from src.plots.style import to_png

    for drawing in drawings:
        png, size = to_png(drawing.draw())
        folder.mkdir(exist_ok=True)
        (folder / f"{drawing.file_stem}.png").write_bytes(png)
        for logger in loggers:
            if hasattr(logger, "log_picture"):
                logger.log_picture(drawing.tag, png, size, drawing.step)


@torch.no_grad()
def record(
    head: Head, datamodule: InMemoryDataModule, panels: tuple[Split, Split], step: int, epoch: int | None = None
) -> list[Drawing]:
    """What the figures show now: two panels of the boundary, and the second's confusion matrix or fit.

    Args:
        head: In evaluation mode.
        datamodule: Where the rows are.
        panels: The splits shown.
        step: Optimiser steps so far.
        epoch: Named in the files of figures drawn on the way; None at the end.
    """
    suffix = "" if epoch is None else f"_epoch{epoch:05d}"
    when = "" if epoch is None else f" after epoch {epoch}"
    measured: Rows = getattr(datamodule.splits, panels[1])
    if not isinstance(head, ClassificationHead):
        predicted = _forward(head, measured.x)

        def draw_fit() -> Any:
            from src.plots.fit import fit_figure

            features = head.spec.feature_names
            return fit_figure(measured.x, measured.y, predicted, features, f"{panels[1]} split{when}")

        return [Drawing("fit", f"fit{suffix}", step, draw_fit)]

    confusion = head.confusion(_forward(head, measured.x), measured.y)

    def draw_confusion() -> Any:
        from src.plots.confusion import confusion_figure

        return confusion_figure(confusion, head.spec.class_names, f"{panels[1]} split{when}")

    drawings = [Drawing("confusion_matrix", f"confusion_matrix{suffix}", step, draw_confusion)]
    if head.spec.input_shape == (2,):
        drawings.append(_record_boundary(head, datamodule, panels, step, suffix, when))
    return drawings


def _record_boundary(
    head: ClassificationHead,
    datamodule: InMemoryDataModule,
    panels: tuple[Split, Split],
    step: int,
    suffix: str,
    when: str,
) -> Drawing:
    shown = {f"{name} split{when}": getattr(datamodule.splits, name) for name in panels}
    plane = plane_around(datamodule.splits.train.x)
    probabilities = head.probabilities(_forward(head, plane.points))
    note = " (standardised)" if datamodule.standardize else ""
    features = tuple(f"{name}{note}" for name in head.spec.feature_names)
    threshold = getattr(head, "threshold", 0.5)

    def draw() -> Any:
        from src.plots.boundary import boundary_figure

        return boundary_figure(plane, probabilities, shown, head.spec.class_names, features, threshold)

    return Drawing("boundary", f"boundary{suffix}", step, draw)


def _forward(head: Head, x: torch.Tensor) -> torch.Tensor:
    """Logits on the CPU of rows x [N, *input_shape], in parts that fit anywhere."""
    return torch.cat([head(part.to(head.device)).cpu() for part in x.split(16_384)])
