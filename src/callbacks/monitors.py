"""Finds callbacks that monitor a metric a module never logs, as soon as that can be known."""

from typing import Any

import lightning.pytorch as pl

from src.errors import ConfigError


class Monitors(pl.Callback):
    """Checks, when a module has logged for the first time, that every monitored metric was logged.

    Lightning calls monitoring callbacks after all others, so this check comes before their own errors.
    """

    def __init__(self) -> None:
        self._checked = False

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check callbacks that act at the end of a validation."""
        if trainer.check_val_every_n_epoch != 1 or trainer.val_check_interval != 1.0:
            self._check(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Check callbacks that act at the end of an epoch."""
        if trainer.check_val_every_n_epoch == 1 and trainer.val_check_interval == 1.0:
            self._check(trainer, pl_module)

    def _check(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Raise `ConfigError` for a monitored metric that was not logged."""
        if self._checked:
            return
        self._checked = True
        logged = trainer.callback_metrics
        callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]
        watched = {type(each).__name__: getattr(each, "monitor", None) for each in callbacks}
        missing = {name: each for name, each in watched.items() if isinstance(each, str) and each not in logged}
        if missing:
            wrong = " and ".join(f"{name} monitors {monitor}" for name, monitor in missing.items())
            choices = ", ".join(sorted(logged)) or "nothing yet: call self.log"
            raise ConfigError(
                f"callbacks: {wrong}, which {type(module).__name__} does not log; "
                f"set monitor to what it logs ({choices})"
            )
