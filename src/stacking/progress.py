"""The progress of stacks, in one line."""

import logging
import sys
from collections.abc import Callable

import lightning.pytorch as pl

from src.storage.throttle import Throttle

_SECONDS_BETWEEN_LINES = 10.0

log = logging.getLogger(__name__)


_takers: list[Callable[[str], None]] = []  # at most one


def pass_on(take: Callable[[str], None]) -> None:
    """Let `take` have what stacks of this process would show."""
    _takers[:] = [take]


class Line:
    """A line every ten seconds, so that a log file stays short; in a terminal one line that is updated every second."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._throttle = Throttle(1.0 if self._on_terminal or _takers else _SECONDS_BETWEEN_LINES)

    def restart(self) -> None:
        """Begin the first pause."""
        self._throttle.restart()

    def due(self) -> bool:
        """Whether it is time for the next line."""
        return self._throttle.due()

    def show(self, line: str) -> None:
        """Show a `line`."""
        if _takers:
            _takers[0](line)
        elif self._on_terminal:
            print(f"\r{line}\033[K", end="", file=sys.stderr, flush=True)
        else:
            log.info("%s", line)

    def clear(self) -> None:
        """Clear the line in a terminal."""
        if self._on_terminal and not _takers:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


class Progress(pl.Callback):
    """Shows how far a stack is.

    Args:
        title: The name of the stack.
    """

    def __init__(self, title: str) -> None:
        self.title, self._line = title, Line()

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._line.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Print the progress of all runs, and their mean loss."""
        if not self._line.due():
            return
        means = [f"{name} {value.mean():.4f}" for name, value in pl_module.metrics.items() if name.endswith("/loss")]  # type: ignore[operator,union-attr]
        epoch = f"epoch {trainer.current_epoch + 1}/{trainer.max_epochs}"
        self._line.show(f"{self.title}: {epoch}, {pl_module.num_runs} left, mean {', '.join(means)}")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Clear the line."""
        self._line.clear()
