"""One line that is updated in place: epoch, time left, loss and accuracy."""

import logging
import sys
from typing import Any

import lightning.pytorch as pl
from lightning.pytorch import callbacks
from tqdm import tqdm

from src.callbacks.notebook_line import NotebookLine, in_notebook
from src.storage.throttle import Throttle

_SECONDS_BETWEEN_LOG_LINES = 10.0
_SECONDS_BETWEEN_REFRESHES = 0.1
_SHOWN = ("loss", "accuracy", "r2")

log = logging.getLogger(__name__)


class ProgressBar(callbacks.ProgressBar):
    """A bar over all epochs in a terminal or a notebook; elsewhere a line every ten seconds, for a short log."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Any = None
        self._throttle = Throttle(_SECONDS_BETWEEN_LOG_LINES)
        self._refresh = Throttle(_SECONDS_BETWEEN_REFRESHES)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the bar."""
        self._throttle.restart()
        if (sys.stderr.isatty() or in_notebook()) and trainer.is_global_zero:
            batches = int(trainer.num_training_batches)
            self._bar = tqdm(
                total=(trainer.max_epochs or 0) * batches,
                initial=trainer.current_epoch * batches,
                bar_format="{desc} {bar:16} {percentage:3.0f}% {elapsed}<{remaining}  {unit}",
                leave=False,
                dynamic_ncols=True,
                file=NotebookLine() if in_notebook() else sys.stderr,
            )
            self._describe(trainer)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Advance the bar by a block."""
        if self._bar is not None:
            self._bar.n += 1
            if self._refresh.due():
                self._describe(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the epoch's metrics if there is no bar."""
        if self._bar is None and trainer.is_global_zero and self._throttle.due():
            log.info("%s  %s", self._epoch(trainer), self._metrics(trainer))

    def _describe(self, trainer: pl.Trainer) -> None:
        self._bar.set_description_str(self._epoch(trainer), refresh=False)
        self._bar.unit = self._metrics(trainer)
        self._bar.refresh()

    def _epoch(self, trainer: pl.Trainer) -> str:
        return f"epoch {min(trainer.current_epoch + 1, trainer.max_epochs or 0)}/{trainer.max_epochs}"

    def _metrics(self, trainer: pl.Trainer) -> str:
        """`train loss 0.0121 accuracy 1.0000  val loss 0.0114 accuracy 1.0000`, or what is known of it."""
        parts = []
        for stage in ("train", "val"):
            known = {name: trainer.callback_metrics.get(f"{stage}/{name}") for name in _SHOWN}
            numbers = " ".join(f"{name} {value.item():.4f}" for name, value in known.items() if value is not None)
            parts += [f"{stage} {numbers}"] if numbers else []
        return "  ".join(parts)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Remove the bar."""
        self._close()

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Remove the bar."""
        self._close()

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def disable(self) -> None:
        """Lightning's hook: other processes show nothing; `on_train_start` sees to that."""

    def enable(self) -> None:
        """Lightning's hook after it has tried learning rates or batch sizes, during which no callback is called."""
