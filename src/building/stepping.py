"""How often training is interrupted: what must see each optimiser step, and the epochs between validations."""

from collections.abc import Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig

_PLAIN = {
    "gradient_clip_val": None,
    "accumulate_grad_batches": 1,
    "limit_train_batches": None,
    "overfit_batches": 0.0,
    "fast_dev_run": False,
    "devices": 1,
    "max_steps": -1,
    "min_steps": None,
    "val_check_interval": None,
}
"""Arguments of the Trainer that count or change steps, and the values that switch them off."""

_UNSCALED = "32-true", "bf16-mixed"
"""Precisions in which a step needs nothing from the Trainer; others scale the loss, or are rare."""

_TUNERS = pl.callbacks.LearningRateFinder, pl.callbacks.BatchSizeFinder
"""Callbacks that train a few steps before training begins."""

_HOOKS = (
    "on_train_epoch_start",  # where Lightning's callbacks replace the schedule or the number of steps to accumulate
    "on_train_batch_start",
    "on_train_batch_end",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
)


def seen_by(cfg: DictConfig, optimizer: type[torch.optim.Optimizer], callbacks: list[pl.Callback]) -> list[str]:
    """What must see each step, in the words of the configuration; empty if nothing must.

    Args:
        cfg: The composed configuration, with its precision resolved.
        optimizer: The optimizer's class.
        callbacks: The Trainer's.
    """
    arguments = [
        f"trainer.{key}={cfg.trainer[key]}" for key, plain in _PLAIN.items() if cfg.trainer.get(key, plain) != plain
    ]
    if cfg.trainer.precision not in _UNSCALED:
        arguments.append(f"trainer.precision={cfg.trainer.precision}")
    needs_closure = not optimizer.__module__.startswith("torch.optim.") or issubclass(optimizer, torch.optim.LBFGS)
    watching = [type(each).__name__ for each in callbacks if _watches_steps(each)]
    return [*arguments, *([f"optimizer {optimizer.__name__}"] if needs_closure else []), *watching]


def epochs_between_validations(trainer: Mapping[Any, Any]) -> int | None:
    """Epochs from one validation to the next: at most those of the whole run, so that each run is validated.

    Args:
        trainer: The config group, in which None means that steps are counted instead, across epochs.

    Example:
        >>> epochs_between_validations({"check_val_every_n_epoch": 10, "max_epochs": 2})
        2
    """
    every: int | None = trainer["check_val_every_n_epoch"]
    return None if every is None else min(every, trainer["max_epochs"])


def _watches_steps(callback: Any) -> bool:
    """Whether a callback from elsewhere acts on each step; this project's own callbacks handle blocks."""
    kind = type(callback)
    if isinstance(callback, _TUNERS):
        return True
    if kind.__module__.startswith("src.") or isinstance(callback, pl.callbacks.Timer):  # a block takes at most a second
        return False
    return any(getattr(kind, hook) is not getattr(pl.Callback, hook) for hook in _HOOKS)
