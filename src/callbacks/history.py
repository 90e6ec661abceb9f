"""The run as a table: `metrics.csv`, one row per epoch."""

from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from src.storage import epochs
from src.storage.folders import RunFolder
from src.storage.throttle import Throttle

_SECONDS_BETWEEN_WRITES = 1.0


class History(pl.Callback):
    """Collects each epoch's metrics and writes them to `<run folder>/metrics.csv`.

    The file is written at most once per second, and before each checkpoint: it may hold more epochs than the
    checkpoint, never fewer, so that the table of a resumed run is complete.

    Attributes:
        rows: The rows so far, including those before a resume: epoch (from 1), step, learning rate and metrics; an
            epoch without validation has no `val/…` columns.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []
        self._num_written = 0
        self._path = Path()
        self._throttle = Throttle(_SECONDS_BETWEEN_WRITES)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Set the run's folder."""
        self._path = RunFolder(Path(trainer.default_root_dir)).history

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Read the rows of the epochs before a resume; later epochs will be trained again."""
        if self._path.exists():
            self.rows = [row for row in epochs.read(self._path) if row["epoch"] <= checkpoint["epoch"] + 1]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add a row."""
        metrics = {key: value.item() for key, value in trainer.callback_metrics.items()}
        if not _validated(trainer):
            metrics = {key: value for key, value in metrics.items() if not key.startswith("val")}
        row: dict[str, float] = {"epoch": trainer.current_epoch + 1, "step": trainer.global_step}
        if trainer.optimizers and trainer.optimizers[0].param_groups:  # a user's own module or a stack has none
            row["lr"] = float(trainer.optimizers[0].param_groups[0]["lr"])  # as it will be read back on a resume
        self.rows.append(row | metrics)
        if self._throttle.due():
            self.write(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write what is left."""
        self.write(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write what is left."""
        self.write(trainer)

    def write(self, trainer: pl.Trainer) -> None:
        """Write the rows of the run of this `trainer`, unless they are written already."""
        if not trainer.is_global_zero or len(self.rows) == self._num_written:
            return
        columns = list(dict.fromkeys(key for row in self.rows for key in row))
        epochs.write(self._path, columns, ([row.get(key) for key in columns] for row in self.rows), durable=True)
        self._num_written = len(self.rows)
        self._throttle.restart()


def _validated(trainer: pl.Trainer) -> bool:
    every = trainer.check_val_every_n_epoch or 1
    return (trainer.current_epoch + 1) % every == 0
