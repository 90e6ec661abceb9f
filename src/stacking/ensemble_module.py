"""The LightningModule that trains the members of one run as a stack, and reports on them together."""

from typing import Any

import torch
from torch import Tensor

from src.errors import TrainingDivergedError
from src.stacking.history import State, States
from src.stacking.measuring import on_cpu
from src.stacking.module import StackModule


class EnsembleModule(StackModule):
    """A stack that is one run: callbacks and loggers see the mean over all members.

    A member that has stopped early counts with the values of its last epoch.

    Args:
        *parts: Arguments of `StackModule`, in its order.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.strict_loading = False  # weights are not parameters of this module, but a checkpoint holds some
        self._newest: dict[str, Tensor] = {}

    def training_step(self, order: Tensor, batch_idx: int) -> None:
        """Train as in any stack; the last step of an epoch logs its metrics."""
        super().training_step(order, batch_idx)
        if self._broken:
            place, reason = min(self._broken.items())
            raise TrainingDivergedError(f"member {int(self.runs[place]) + 1} of the ensemble: {reason}")
        if self.trainer.is_last_batch:
            each = [on_cpu(meter.values()) for meter in self._train_meters]
            rates = self.schedules.now()["lr"]
            self._publish({"lr": rates} | {f"train/{name}": torch.cat([one[name] for one in each]) for name in each[0]})

    def on_validation_epoch_end(self) -> None:
        """Log the validation metrics."""
        self._publish({name: value for name, value in self.metrics.items() if name.startswith("val/")})

    def _publish(self, values: dict[str, Tensor]) -> None:
        """Pass the means over all members, given `values` [m] of those still training, to callbacks and loggers."""
        for name, value in values.items():
            self._newest.setdefault(name, self._unknown(value))[self.runs] = value
        means = {name: self._newest[name].nanmean() for name in values}
        self.trainer.callback_metrics.update(means)
        numbers = {name: value.item() for name, value in means.items()}
        if "lr" in numbers:
            numbers["epoch"] = self.current_epoch + 1
        for logger in self.loggers:
            logger.log_metrics(numbers, self.trainer.global_step)

    def _unknown(self, like: Tensor) -> Tensor:
        return torch.full((self.history.num_runs,), torch.nan, dtype=like.dtype)

    def _release(self, stopped: Tensor, healthy: Tensor, state: State, last: bool) -> None:
        """Release members that have stopped; those that have trained to the last epoch can be trained further."""
        super()._release(stopped, healthy, state, last=False)
        if last:
            self.interrupt()

    def chosen(self) -> Tensor:
        """Each member's best weights [M, P], or its newest if nothing chooses the best."""
        return self._chosen_states.tensors["params"]

    def chosen_epochs(self) -> list[int]:
        """The epochs, from 1, of the weights that `chosen` returns."""
        return self._chosen_states.epoch

    @property
    def _chosen_states(self) -> States:
        return self.history.best if self.history.best.tensors else self.history.last

    def restore(self, checkpoint: dict[str, Any], leave_out: Tensor) -> None:
        """Continue from a `checkpoint`, like any stack, without the members of `leave_out`."""
        super().restore(checkpoint, leave_out)
        for epoch in self.history.epochs:
            known = {"lr": epoch.rates} | dict(zip(self.history.columns, epoch.values.T, strict=False))
            for name, value in known.items():
                self._newest.setdefault(name, self._unknown(value))[epoch.runs] = value
