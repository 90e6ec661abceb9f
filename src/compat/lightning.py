"""Internals of Lightning: its step counters, its checkpoints before they are files, its handling of SIGTERM."""

from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch import callbacks
from lightning.pytorch.strategies import launchers
from torch import Tensor

from src.compat.missing import mention

_ONE_PROCESS = "spawn", "fork", "notebook"  # in the names of strategies that return only weights


def counts_blocks(trainer: pl.Trainer) -> bool:
    """Whether `count_steps` works with this `trainer`; if not, the trainer must see each step, which is slower.

    Tested with lightning 2.6.0 and 2.6.6.
    """
    loop = trainer.fit_loop.epoch_loop
    manual = getattr(loop, "manual_optimization", None)
    return hasattr(manual, "optim_step_progress") and hasattr(loop, "_batches_that_stepped")


def count_steps(trainer: pl.Trainer, num_steps: int) -> None:
    """Tell the `trainer` about `num_steps` that it did not see; it would count a block as one step or none.

    The public way is to let it take each step itself, at several times a small network's cost: see `counts_blocks`.
    Tested with lightning 2.6.0 and 2.6.6.
    """
    epoch_loop = trainer.fit_loop.epoch_loop
    progress = epoch_loop.manual_optimization.optim_step_progress
    for tracker in (progress.total, progress.current):
        tracker.ready += num_steps
        tracker.completed += num_steps
    epoch_loop._batches_that_stepped += num_steps - 1  # the loggers' x axis; the Trainer adds the last one itself


def checkpoint_of(trainer: pl.Trainer, weights_only: bool = False) -> dict[str, Any]:
    """The contents of a checkpoint of the `trainer`, without a file; empty in a process that would not write one.

    Lightning makes checkpoints only for a plugin that writes them, so this replaces that plugin. All of it is public,
    but depends on Lightning asking the strategy for the plugin at each checkpoint.
    Tested with lightning 2.6.0 and 2.6.6.

    Args:
        trainer: The trainer, while it trains.
        weights_only: Whether to leave out optimizers, schedulers and callbacks.
    """
    strategy, caught = trainer.strategy, _Caught()
    theirs, strategy.checkpoint_io = strategy.checkpoint_io, caught
    try:
        trainer.save_checkpoint("", weights_only)
    finally:
        strategy.checkpoint_io = theirs
    return caught.checkpoint


class _Caught(CheckpointIO):
    """Keeps the checkpoint that it is asked to write."""

    def __init__(self) -> None:
        self.checkpoint: dict[str, Any] = {}

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        self.checkpoint = checkpoint

    def load_checkpoint(self, path: Any, *_: Any, **__: Any) -> dict[str, Any]:
        raise NotImplementedError

    def remove_checkpoint(self, path: Any) -> None:
        raise NotImplementedError


class HoldingModelCheckpoint(callbacks.ModelCheckpoint):
    """Lightning's ModelCheckpoint, which hands over what it would write.

    Its choice of the best epoch is public; the moment at which it writes is not. If a version of Lightning no longer
    calls `_save_checkpoint`, it writes the best epoch's file at once, as it normally does: slower, but just as correct.
    Tested with lightning 2.6.0 and 2.6.6.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Print a remark if the hand-over does not work."""
        super().setup(trainer, pl_module, stage)
        for name in ("_save_checkpoint", "_monitor_candidates"):
            if not hasattr(callbacks.ModelCheckpoint, name):
                mention("lightning", f"ModelCheckpoint.{name}", "each best epoch is written at once, which is slower")

    def hold(self, trainer: pl.Trainer, filepath: str) -> None:
        """Keep the state of the `trainer` that a file at `filepath` should hold."""
        raise NotImplementedError

    def take(self, trainer: pl.Trainer, filepath: str) -> None:
        """Hold the state of the `trainer` for `filepath`, and count it as saved, so that it is not saved again."""
        self._last_global_step_saved = trainer.global_step
        self._last_checkpoint_saved = filepath
        self.hold(trainer, filepath)

    def _save_checkpoint(self, trainer: pl.Trainer, filepath: str) -> None:
        self.take(trainer, filepath)

    def _monitor_candidates(self, trainer: pl.Trainer) -> dict[str, Tensor]:
        """Lightning's method without copying each metric: heads make new tensors every epoch."""
        return {**trainer.callback_metrics, "epoch": torch.tensor(trainer.current_epoch)}


class JudgedEarlyStopping(callbacks.EarlyStopping):
    """Lightning's EarlyStopping, which asks `judge` whether to stop.

    If a version of Lightning no longer calls `_evaluate_stopping_criteria`, its own criteria decide; they are the same.
    Tested with lightning 2.6.0 and 2.6.6.
    """

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Print a remark if nothing asks."""
        super().setup(trainer, pl_module, stage)
        if not hasattr(callbacks.EarlyStopping, "_evaluate_stopping_criteria"):
            name = "EarlyStopping._evaluate_stopping_criteria"
            mention("lightning", name, "Lightning's own criteria decide when a run stops")

    def judge(self, value: Tensor) -> tuple[bool, str | None]:
        """Whether to stop at this `value` [] of the metric, and a sentence if there is something to say."""
        raise NotImplementedError

    def _evaluate_stopping_criteria(self, current: Tensor) -> tuple[bool, str | None]:
        return self.judge(current)


def limit_batch_size(finder: callbacks.BatchSizeFinder, num_rows: int) -> None:
    """Limit a `finder`'s search to `num_rows`: Lightning asks a `dataset` for its length, and finds none.

    Its own limit is set when it is created, before the data exists. If it cannot be changed, the search takes longer.
    Tested with lightning 2.6.0 and 2.6.6.
    """
    if hasattr(finder, "_max_val"):
        finder._max_val = min(finder._max_val, num_rows)
    else:
        mention("lightning", "BatchSizeFinder._max_val", "it may try batches larger than the data")


def chosen_rate(found: Any) -> float | None:
    """The learning rate that a search has chosen; None if it chose none.

    Args:
        found: `LearningRateFinder.optimal_lr`. Its `suggestion()` would choose again, perhaps with other bounds.

    Tested with lightning 2.6.0 and 2.6.6.
    """
    if not hasattr(found, "_optimal_idx"):
        mention("lightning", "_LRFinder._optimal_idx", "the rate is the one from its default bounds")
        suggested: float | None = found.suggestion()
        return suggested
    place = found._optimal_idx
    return None if place is None else float(found.results["lr"][place])


def hands_back_weights_alone(trainer: pl.Trainer, strategy: Any) -> bool:
    """Whether a `trainer` trains in processes that it forks or spawns and that return only the weights.

    Args:
        trainer: The trainer, before it trains.
        strategy: The name by which it was chosen, which decides if the launcher's class is not found.

    Tested with lightning 2.6.0 and 2.6.6.
    """
    kind = getattr(launchers, "_MultiProcessingLauncher", None)
    if kind is None:
        mention("lightning", "_MultiProcessingLauncher", "processes are recognised by the strategy's name")
        return any(word in str(strategy) for word in _ONE_PROCESS)
    return isinstance(trainer.strategy.launcher, kind)


def leave_sigterm_alone(trainer: pl.Trainer) -> None:
    """Keep a `trainer` from handling SIGTERM itself; it still calls the previous handler.

    Lightning has no option for this. If the notifier is gone, SIGTERM may wait for the end of a block.
    Tested with lightning 2.6.0 and 2.6.6.
    """
    connector: Any = getattr(trainer, "_signal_connector", None)
    if hasattr(connector, "_sigterm_notifier_fn"):
        connector._sigterm_notifier_fn = lambda number, frame: None
    else:
        mention("lightning", "_sigterm_notifier_fn", "a run may take longer to end on SIGTERM")
