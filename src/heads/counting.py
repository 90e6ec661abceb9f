"""The scores of an epoch: rows are counted as they come, and the Trainer gets the numbers once."""

import logging
from typing import Any, Literal

import torch
from lightning.pytorch import LightningModule
from lightning.pytorch.trainer.states import TrainerFn
from torch import Tensor

from src.metrics.running import Meter

log = logging.getLogger(__name__)

Stage = Literal["train", "val", "test"]


class Counting(LightningModule):
    """Counts rows, even across a checkpoint within an epoch.

    Attributes:
        new_scores: Makes empty scores for a head.
    """

    new_scores: Any

    def __init__(self) -> None:
        super().__init__()
        self._meter_resumed: dict[str, Any] = {}
        self._meters: dict[Stage, Meter] = {}  # not submodules, which the Trainer walks through several times per epoch

    def _meter(self, stage: Stage) -> Meter:
        if stage not in self._meters:
            self._meters[stage] = Meter(self.new_scores(), self.device)
            if stage == "train":
                if not self._meters[stage].load_state_dict(self._meter_resumed):
                    log.info(
                        "train metrics of this epoch only count rows since the resume, because the scores have changed"
                    )
                self._meter_resumed = {}
        return self._meters[stage]

    def count(self, stage: Stage, loss: Tensor, predictions: Tensor, y: Tensor) -> None:
        """Add the mean loss, a scalar, the predictions [N, …] and the targets y [N, …] of rows of a `stage`."""
        self._meter(stage).update(loss[None], predictions[None], y[None])

    def publish(self, stage: Stage) -> None:
        """Pass the metrics of an epoch of a `stage` to callbacks and loggers, all at once.

        `LightningModule.log` does the same at ten times the cost, more than a whole epoch of a small network.
        """
        meter = self._meter(stage)
        values = {f"{stage}/{name}": value[0] for name, value in meter.values().items()}
        meter.reset()
        if self.trainer.state.fn != TrainerFn.FITTING:  # `trainer.validate` and `trainer.test` return what was logged
            del self._meters[stage]  # made in inference mode, so later training could not use it
            self.log_dict(values)
            return
        self.trainer.callback_metrics.update(values)
        numbers = dict(zip(values, torch.stack(list(values.values())).tolist(), strict=True))
        if stage == "train":
            numbers |= {"lr": self.trainer.optimizers[0].param_groups[0]["lr"], "epoch": self.current_epoch + 1}
        uncounted = stage == "train" and self.automatic_optimization  # the Trainer counts this step after we return
        for logger in self.loggers:
            logger.log_metrics(numbers, self.trainer.global_step + uncounted)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the scores within an epoch."""
        if "train" in self._meters and (counted := self._meters["train"].state_dict()):
            checkpoint["train_meter"] = counted

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the scores within an epoch."""
        self._meters.pop("train", None)
        self._meter_resumed = checkpoint.get("train_meter", {})
