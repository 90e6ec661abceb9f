"""Runs that are compared while they train, and end early where others are better."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import lightning.pytorch as pl

Judge = Callable[[int, Mapping[int, Mapping[str, float]]], set[int]]
"""Takes the number of epochs that some runs have trained, and the metrics of each by its number in the sweep.

Returns the numbers of those that are to end.
"""

_judge: ContextVar[Judge | None] = ContextVar("judge", default=None)


@contextmanager
def judged_by(judge: Judge | None) -> Iterator[None]:
    """Have `judge` see runs that train within the block, in this process, after each validation; None sees none."""
    token = _judge.set(judge)
    try:
        yield
    finally:
        _judge.reset(token)


def current_judge() -> Judge | None:
    """Who judges the runs that train now, if anybody does."""
    return _judge.get()


class Pruning(pl.Callback):
    """Ends a run that its judge gives up.

    Args:
        number: The run's number in its sweep.
        judge: Compares it with others.
    """

    def __init__(self, number: int, judge: Judge) -> None:
        self._number, self._judge = number, judge

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Lightning's hook: show the metrics of this epoch."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        if self._judge(trainer.current_epoch + 1, {self._number: metrics}):
            trainer.should_stop = True
