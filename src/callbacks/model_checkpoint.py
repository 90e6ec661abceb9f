"""Lightning's ModelCheckpoint, which costs almost nothing in short epochs and also saves within long ones."""

import logging
import math
import os
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.callbacks.history import History
from src.callbacks.judging import Best, BestRule
from src.compat.lightning import HoldingModelCheckpoint, checkpoint_of
from src.compat.progress import count_quickly
from src.data.blocks import BlockLoader
from src.heads.ours import as_head
from src.interrupts import held
from src.settings.rules import Mode, NonNegative, Ties, checked, resolved_mode
from src.storage.folders import RUN, RunFolder
from src.storage.saving import save
from src.storage.throttle import Throttle

_SECONDS_WITHIN_EPOCH = 60.0  # at most this much of a long epoch can be lost

log = logging.getLogger(__name__)
count_quickly()


class ModelCheckpoint(HoldingModelCheckpoint):
    """Keeps `best.ckpt` and `last.ckpt` in `<run folder>/checkpoints`.

    Both are copied in memory at the end of each epoch and written when a pause has passed since the last write, when
    training ends, and when it is interrupted or fails. So a run of many short epochs writes few files and loses nothing
    however it ends, except that a killed process loses the training since the last write. Within a long epoch,
    `last.ckpt` is written once per minute.

    `metrics.csv`, `best.ckpt` and `last.ckpt` are written together and in this order. If the process is killed between
    two of them, a run resumed from `last.ckpt` keeps the others' earlier rows and epochs and redoes the later ones.

    Args:
        monitor: Metric that decides which epoch is best; with None, the last epoch is. A run's `auto` is its head's
            `chosen_by`.
        mode: `min`, `max`, or `auto` by the metric's name.
        ties: Which of several epochs with the best value is kept: the `first`, the `last`, or, with `loss`, the one
            with the lowest `val/loss`.
        seconds_between_writes: The pause between writes, in seconds.
        **kwargs: Further arguments of Lightning's ModelCheckpoint.
    """

    @checked
    def __init__(
        self,
        monitor: str | None = "val/loss",
        mode: Mode = "auto",
        ties: Ties = "first",
        seconds_between_writes: NonNegative = 1.0,
        **kwargs: Any,
    ) -> None:
        mode = resolved_mode(monitor, mode) if monitor is not None else "min"
        name = RUN.best_checkpoint.stem
        super().__init__(filename=name, monitor=monitor, mode=mode, enable_version_counter=False, **kwargs)
        self.rule, self.tied = BestRule(str(monitor), mode, ties), math.inf
        self._throttle = Throttle(seconds_between_writes)
        self._within_epoch = Throttle(_SECONDS_WITHIN_EPOCH)
        self._held: dict[str, dict[str, Any]] = {}
        self._snapshot: dict[str, Any] | None = None

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Set the run's folder."""
        self.dirpath = str(RunFolder(Path(trainer.default_root_dir).resolve()).checkpoints)
        super().setup(trainer, pl_module, stage)

    @property
    def last_path(self) -> str:
        """Path of the newest checkpoint."""
        return os.path.join(str(self.dirpath), RUN.last_checkpoint.name)

    def check_monitor_top_k(self, trainer: pl.Trainer, current: Tensor | None = None) -> bool:
        """Whether an epoch with the `current` value [] replaces the best so far; processes decide together."""
        if current is None or self.save_top_k != 1:
            return super().check_monitor_top_k(trainer, current)
        none = torch.full_like(current, torch.nan)
        loss = trainer.callback_metrics.get("val/loss", none)
        best = self.best_k_models.get(self.kth_best_model_path, none).to(current.device)
        better, best_now = self.rule.judge(Best(best, loss.new_tensor(self.tied)), current, loss)
        is_better: bool = trainer.strategy.reduce_boolean_decision(bool(better))
        self.tied = float(best_now.loss) if is_better else self.tied
        return is_better

    def state_dict(self) -> dict[str, Any]:
        """Lightning's state, and the loss that decides between equally good epochs."""
        return super().state_dict() | ({"tied": self.tied} if self.rule.ties == "loss" else {})

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the best so far, even if the run's folder has been moved, copied or renamed since."""
        super().load_state_dict(_moved(state_dict, str(self.dirpath)))
        self.tied = float(state_dict.get("tied", math.inf))
        if self.best_model_path and not Path(self.best_model_path).exists():
            log.warning("%s no longer exists; the best of the coming epochs will replace it", self.best_model_path)
            self.best_k_models, self.best_model_path, self.best_model_score = {}, "", None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        super().on_train_start(trainer, pl_module)
        self._throttle.restart()
        self._within_epoch.restart()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write what is held and, in a long epoch, the current state."""
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)
        if self._held and self._throttle.due():
            self._write(trainer)
        if self._within_epoch.due() and _goes_on_within_epoch(trainer, pl_module) and not self.save_weights_only:
            checkpoint = checkpoint_of(trainer)
            checkpoint["epoch"] -= 1  # the last complete epoch; Lightning itself does not use it
            self._held[self.last_path] = _own(checkpoint)
            self._write(trainer)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Hold the newest state, and the best if this is it."""
        self._snapshot = None  # a snapshot taken after validation lacks what changed since
        super().on_train_epoch_end(trainer, pl_module)
        self.take(trainer, self.last_path)
        self._snapshot = None

    def hold(self, trainer: pl.Trainer, filepath: str) -> None:
        """Hold the current state for `filepath`; write the newest if the pause has passed."""
        if self._snapshot is None:
            self._snapshot = _own(checkpoint_of(trainer, self.save_weights_only))
        self._held[filepath] = self._snapshot
        if filepath == self.last_path and self._throttle.due():
            self._write(trainer)

    def _write(self, trainer: pl.Trainer) -> None:
        if trainer.is_global_zero and self._held:
            with held():
                for callback in trainer.callbacks:  # type: ignore[attr-defined]
                    if isinstance(callback, History):
                        callback.write(trainer)
                Path(str(self.dirpath)).mkdir(exist_ok=True)
                for filepath in sorted(self._held, key=lambda path: path == self.last_path):
                    save(self._held[filepath], Path(filepath), durable=True)
        self._held.clear()
        self._within_epoch.restart()
        for logger in trainer.loggers if trainer.is_global_zero else []:
            logger.after_save_checkpoint(self)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write what is held."""
        super().on_train_end(trainer, pl_module)
        self._write(trainer)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write what is held: the state after the last complete epoch, from which a resumed run continues exactly."""
        super().on_exception(trainer, pl_module, exception)
        self._write(trainer)


def _goes_on_within_epoch(trainer: pl.Trainer, module: pl.LightningModule) -> bool:
    """Whether a run can be resumed from here: this process sees all rows, and no gradients are being accumulated."""
    progress = trainer.fit_loop.epoch_loop.batch_progress
    between_steps = progress.current.ready % trainer.accumulate_grad_batches == 0 and not progress.is_last_batch
    is_ours = as_head(module) is not None and isinstance(trainer.train_dataloader, BlockLoader)
    return between_steps and is_ours and trainer.world_size == 1


def _moved(state: dict[str, Any], folder: str) -> dict[str, Any]:
    """The state of a ModelCheckpoint as if its files had always been in this folder."""

    def here(path: str) -> str:
        return os.path.join(folder, Path(path).name) if path else path

    paths = {key: here(state.get(key, "")) for key in ("best_model_path", "kth_best_model_path", "last_model_path")}
    best = {here(path): score for path, score in state.get("best_k_models", {}).items()}
    return {**state, **paths, "best_k_models": best, "dirpath": folder}


def _own(checkpoint: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint that later steps cannot change; Lightning rebuilds the state of its loops each time."""
    return {key: part if key == "loops" else _copy(part) for key, part in checkpoint.items()}


def _copy(state: Any) -> Any:
    """A copy of nested containers and their tensors, whose originals training goes on changing."""
    if isinstance(state, Tensor):
        return state.detach().clone()
    if isinstance(state, dict):
        return {key: _copy(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return type(state)(_copy(value) for value in state)
    return state
