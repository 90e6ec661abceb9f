"""The progress of a stack, in one line."""

import logging
import sys

import lightning.pytorch as pl

from src.storage.throttle import Throttle

_SECONDS_BETWEEN_LINES = 10.0

log = logging.getLogger(__name__)


class Progress(pl.Callback):
    """A line every ten seconds, so that a log file stays short; in a terminal one line that is updated every second.

    Args:
        title: The name of the stack.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self._on_terminal = sys.stderr.isatty()
        self._throttle = Throttle(1.0 if self._on_terminal else _SECONDS_BETWEEN_LINES)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the progress of all runs, and their mean loss."""
        if not self._throttle.due():
            return
        means = [f"{name} {value.mean():.4f}" for name, value in pl_module.metrics.items() if name.endswith("/loss")]  # type: ignore[operator,union-attr]
        line = (
            f"{self.title}: epoch {trainer.current_epoch + 1}/{trainer.max_epochs}, "
            f"{pl_module.num_runs} left, mean {', '.join(means)}"
        )
        if self._on_terminal:
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        else:
            log.info("%s", line)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Clear the line."""
        if self._on_terminal:
            print("\r\033[K", end="", file=sys.stderr, flush=True)
