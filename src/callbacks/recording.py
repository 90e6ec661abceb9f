"""Copies a network's weights while it trains, for figures of the training that are drawn afterwards."""

import lightning.pytorch as pl

from src.callbacks.at_end import AtEnd
from src.replay.pacing import spread
from src.replay.snapshots import Snapshot, snapshot

_CANDIDATES = 4  # epochs recorded per epoch shown, to choose from
_MEMORY = 256 * 2**20  # bytes of weights beyond which fewer are recorded


class Recording(AtEnd):
    """Records the network before training, some epochs on the way, and the last one.

    Args:
        most_shown: Maximum number of epochs that will be shown.

    Attributes:
        snapshots: The weights in the order of epochs; those of a resumed run begin where it was resumed.
    """

    def __init__(self, most_shown: int) -> None:
        self.snapshots: list[Snapshot] = []
        self._most_shown = most_shown
        self._due: set[int] = set()
        self._epoch = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Plan which epochs to record, and record the network as it is now."""
        self.snapshots = []
        size = sum(value.nbytes for value in pl_module.state_dict().values())
        count = max(self._most_shown, min(_CANDIDATES * self._most_shown, _MEMORY // max(1, size)))
        self._epoch = trainer.current_epoch
        self._due = set(spread(self._epoch, trainer.max_epochs or 0, count))
        self._record(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record this epoch, if it is one of those planned."""
        self._epoch = trainer.current_epoch + 1
        if self._epoch in self._due:
            self._record(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the last epoch, which early stopping leaves unplanned."""
        if self.snapshots and self.snapshots[-1].epoch != self._epoch:
            self._record(trainer, pl_module)

    def _record(self, trainer: pl.Trainer, head: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            self.snapshots.append(snapshot(head, self._epoch))
