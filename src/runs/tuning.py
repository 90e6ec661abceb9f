"""Lightning's callbacks that try values before training: what they chose, and how to resume runs that use them."""

import lightning.pytorch as pl
from lightning.pytorch.callbacks import BaseFinetuning, BatchSizeFinder, LearningRateFinder

from src.compat.lightning import chosen_rate


def chosen(trainer: pl.Trainer) -> list[str]:
    """One line for each callback of a trainer that has chosen a learning rate or a batch size."""
    lines = []
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, BatchSizeFinder):
            lines.append(f"BatchSizeFinder chose a batch size of {callback.optimal_batch_size}")
        if isinstance(callback, LearningRateFinder) and (found := callback.optimal_lr) is not None:
            rate = chosen_rate(found)
            words = "none" if rate is None else f"a learning rate of {rate:.3g}"
            lines.append(f"LearningRateFinder chose {words}, of {len(found.results['lr'])} that it tried")
    return lines


def resume(trainer: pl.Trainer) -> None:
    """Let a resumed run's trainer continue with the values in its checkpoint.

    It keeps the learning rate instead of searching for one, and layers that fine-tuning has unfrozen stay unfrozen.
    """
    callbacks: list[pl.Callback] = trainer.callbacks  # type: ignore[attr-defined]
    callbacks[:] = [callback for callback in callbacks if not isinstance(callback, LearningRateFinder)]
    if any(isinstance(callback, BaseFinetuning) for callback in callbacks):
        callbacks.append(_Thawing())


class _Thawing(pl.Callback):
    """Unfreezes the parameters of a resumed optimizer: `BaseFinetuning` freezes them again and does not undo that."""

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        for optimizer in trainer.optimizers:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.requires_grad_(True)
