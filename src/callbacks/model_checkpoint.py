"""Lightning's ModelCheckpoint, at no cost while epochs are short."""

import os
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch import callbacks
from torch import Tensor

from src.callbacks.throttle import Throttle
from src.rules import NonNegative, checked


class ModelCheckpoint(callbacks.ModelCheckpoint):
    """Keeps `best.ckpt` and `last.ckpt` in `<run folder>/checkpoints`.

    Both are copied in memory as each epoch ends and written when a pause has passed since the last write, when
    training ends, and when it is interrupted or fails. So a run of many short epochs writes few files, and an end of
    any kind but a killed process loses nothing; a killed one loses the pause.

    Args:
        monitor: Metric by which an epoch is the best.
        mode: `min` or `max`.
        seconds_between_writes: The pause.
        **kwargs: Further arguments of Lightning's ModelCheckpoint.
    """

    @checked
    def __init__(
        self,
        monitor: str = "val/loss",
        mode: str = "min",
        seconds_between_writes: NonNegative = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(filename="best", monitor=monitor, mode=mode, enable_version_counter=False, **kwargs)
        self._throttle = Throttle(seconds_between_writes)
        self._held: dict[str, dict[str, Any]] = {}
        self._snapshot: dict[str, Any] | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Settle on the run's folder."""
        self.dirpath = str(Path(trainer.default_root_dir).resolve() / "checkpoints")
        super().setup(trainer, pl_module, stage)

    @property
    def last_path(self) -> str:
        """Where the state after the newest epoch is written."""
        return os.path.join(str(self.dirpath), "last.ckpt")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        super().on_train_start(trainer, pl_module)
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Hold the best state, if this is it, and the newest."""
        self._snapshot = None  # one that was taken after validation lacks what came since
        super().on_train_epoch_end(trainer, pl_module)
        self._save_checkpoint(trainer, self.last_path)
        self._snapshot = None

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        if self._snapshot is None:
            self._snapshot = _copy(trainer._checkpoint_connector.dump_checkpoint(self.save_weights_only))
        self._held[filepath] = self._snapshot
        self._last_global_step_saved = trainer.global_step
        self._last_checkpoint_saved = filepath
        if filepath == self.last_path and self._throttle.due():
            self._write(trainer)

    def _monitor_candidates(self, trainer: pl.Trainer) -> dict[str, Tensor]:
        """Lightning's, without copying each metric: heads make new tensors every epoch."""
        return {**trainer.callback_metrics, "epoch": torch.tensor(trainer.current_epoch)}

    def _write(self, trainer: pl.Trainer) -> None:
        for filepath, checkpoint in self._held.items():
            aside = f"{filepath}.part"
            trainer.strategy.save_checkpoint(checkpoint, aside)
            if trainer.is_global_zero:
                Path(aside).replace(filepath)
        self._held.clear()
        for logger in trainer.loggers if trainer.is_global_zero else []:
            logger.after_save_checkpoint(self)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write what is held."""
        super().on_train_end(trainer, pl_module)
        self._write(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write what is held: the state after the last complete epoch, from which a resumed run goes on exactly."""
        super().on_exception(trainer, pl_module, exception)
        self._write(trainer)


def _copy(state: Any) -> Any:
    """A copy of nested containers and their tensors, so that training may go on changing the originals."""
    if isinstance(state, Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: _copy(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_copy(value) for value in state)
    return state
