"""The newest frame of a training, and when the next one is due: often enough to see, and never at training's cost."""

import time
from typing import Any

from src.data.rows import Split
from src.play.training import Stretch, weights_hash
from src.replay.frame import frame

_BETWEEN = {"playing": 1 / 30, "fast": 1 / 10, "epoch": 1 / 10}  # minimum seconds between two frames
_SHARE = {"playing": 2.0, "fast": 20.0, "epoch": 20.0}  # and at least this many times the cost of a frame


class Frames:
    """Makes frames of a training.

    Attributes:
        now: The newest one: weights and scores, with the number of the step and a digest of the weights.
    """

    def __init__(self) -> None:
        self.now: dict[str, Any] = {}
        self._next = 0.0

    @property
    def scores(self) -> dict[str, float]:
        """The scores of the newest one by their names, such as `val/loss`."""
        return {f"{split}/{name}": value for split, each in self.now["scores"].items() for name, value in each.items()}

    @property
    def due(self) -> bool:
        """Whether it is time for another one."""
        return time.perf_counter() >= self._next

    def make(self, stretch: Stretch, epoch: int, step: int, with_test: bool, mode: str) -> None:
        """Make a frame of a `stretch` after a `step` of an `epoch`.

        Args:
            stretch: The training.
            epoch: Complete epochs.
            step: Optimiser steps in this epoch.
            with_test: Whether test rows are scored too.
            mode: How it plays, which decides when the next one is due.
        """
        start = time.perf_counter()
        head, data = stretch.parts.head, stretch.parts.datamodule
        was_training = head.training
        splits: tuple[Split, ...] = ("train", "val", "test") if with_test else ("train", "val")
        self.now = {**frame(head, data, epoch, splits), "step": step, "hash": weights_hash(head)}
        head.train(was_training)
        took = time.perf_counter() - start
        self._next = start + max(_BETWEEN.get(mode, 0.0), _SHARE.get(mode, 0.0) * took)
