"""When a run draws its figures, and where it puts them: `plots/*.png` and TensorBoard."""

from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from src.callbacks.recording import Drawing, Moment, record
from src.callbacks.throttle import Throttle
from src.data.base import InMemoryDataModule
from src.files import aside
from src.heads.base import Head
from src.rules import Count, NonNegative, checked


class Figures(pl.Callback):
    """Shows training and validation every few epochs, and the test split once at the end.

    What a figure shows is recorded at its epoch, which costs a forward pass. Drawing it takes a hundred times longer,
    so it waits until a pause has passed since the last drawing, or until training is over.

    Args:
        every_n_epochs: Epochs between figures; null draws only at the end.
        seconds_between_drawings: The pause, in seconds.
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
        datamodule = trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(pl_module, Head) or not isinstance(datamodule, InMemoryDataModule):
            return  # what a figure shows, only they tell
        pl_module.eval()
        self._waiting += record(pl_module, datamodule, ("train", "val"), Moment(trainer.global_step, epoch))
        pl_module.train()
        if self._throttle.due():
            self.draw(trainer)

    def draw(self, trainer: pl.Trainer, more: list[Drawing] | None = None) -> None:
        """Draw all that waits, and `more`, where the `trainer` has its folder and its loggers."""
        drawings, self._waiting = self._waiting + (more or []), []
        if trainer.is_global_zero:
            save(drawings, Path(trainer.default_root_dir) / "plots", trainer.loggers)


def save(drawings: list[Drawing], folder: Path, loggers: list[Any]) -> None:
    """Draw each of the drawings into `<folder>/<file_stem>.png` and every one of the loggers that takes pictures."""
    from src.plots.style import to_png

    for drawing in drawings:
        png, size = to_png(drawing.draw())
        folder.mkdir(exist_ok=True)
        with aside(folder / f"{drawing.file_stem}.png") as part:
            part.write_bytes(png)
        for logger in loggers:
            if hasattr(logger, "log_picture"):
                logger.log_picture(drawing.tag, png, size, drawing.step)
