"""How far a stack is, in one line."""

import logging
import sys

import lightning.pytorch as pl

from src.storage.throttle import Throttle

_SECONDS_BETWEEN_LINES = 10.0

log = logging.getLogger(__name__)


class Progress(pl.Callback):
    """A line every ten seconds, so that a log file stays short; on a terminal one line that changes each second.

    Args:
        title: What the stack is called.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._on_terminal = sys.stderr.isatty()
        self._throttle = Throttle(1.0 if self._on_terminal else _SECONDS_BETWEEN_LINES)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say how far all runs are, and the mean of their losses."""
        if not self._throttle.due():
            return
        means = [f"{name} {value.mean():.4f}" for name, value in pl_module.metrics.items() if name.endswith("/loss")]  # type: ignore[operator,union-attr]
        line = (
            f"{self.title}: epoch {trainer.current_epoch + 1}/{trainer.max_epochs}, "
            f"{pl_module.num_runs} runs training, mean {', '.join(means)}"
        )
        if self._on_terminal:
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        else:
            log.info("%s", line)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Clear the line."""
        if self._on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
