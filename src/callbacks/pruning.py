"""Compares runs while they train, and stops those early that do worse than others."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import lightning.pytorch as pl

Judge = Callable[[int, Mapping[int, Mapping[str, float]]], set[int]]
"""Takes the number of epochs that some runs have trained, and the metrics of each by its number in the sweep.

Returns the numbers of the runs to stop.
"""

_judge: ContextVar[Judge | None] = ContextVar("judge", default=None)


@contextmanager
def judged_by(judge: Judge | None) -> Iterator[None]:
    """Let `judge` see the runs trained within the block, in this process, after each validation; None sees none."""
    token = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(token)


def current_judge() -> Judge | None:
    """The judge of the runs that are training now, if there is one."""
    return _judge.get()


class Pruning(pl.Callback):
    """Stops a run if its judge says so.

    Args:
        number: The run's number in its sweep.
        judge: Compares the run with others.
    """

    def __init__(self, number: int, judge: Judge) -> None:
        self._number, self._judge = number, judge

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Lightning's hook: show the metrics of this epoch."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if self._judge(trainer.current_epoch + 1, {self._number: metrics}):
            trainer.should_stop = True
