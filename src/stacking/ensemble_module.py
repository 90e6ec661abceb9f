"""The LightningModule that trains the members of one run as a stack, and tells of them together."""

from typing import Any

import torch
from torch import Tensor

from src.errors import TrainingDivergedError
from src.stacking.history import State, States
from src.stacking.measuring import on_cpu
from src.stacking.module import StackModule


class EnsembleModule(StackModule):
    """A stack that is one run: what callbacks and loggers see of an epoch is the mean over all members.

    A member that has stopped early counts with what it came to in its last epoch.

    Args:
        *parts: Arguments of `StackModule`, in its order.
    """

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.strict_loading = False  # weights are no parameters of this module, and a checkpoint holds some
        self._newest: dict[str, Tensor] = {}

    def training_step(self, order: Tensor, batch_idx: int) -> None:
        """As of any stack; the last of an epoch tells what it came to."""
        super().training_step(order, batch_idx)
        if self._broken:
            place, reason = min(self._broken.items())
            raise TrainingDivergedError(f"member {int(self.runs[place]) + 1} of the ensemble: {reason}")
        if self.trainer.is_last_batch:
            each = [on_cpu(meter.values()) for meter in self._train_meters]
            rates = torch.tensor(self.schedules.rates(), dtype=torch.float64)
            self._publish({"lr": rates} | {f"train/{name}": torch.cat([one[name] for one in each]) for name in each[0]})

    def on_validation_epoch_end(self) -> None:
        """Tell what validation came to."""
        self._publish({name: value for name, value in self.metrics.items() if name.startswith("val/")})

    def _publish(self, values: dict[str, Tensor]) -> None:
        """Hand the means of `values` [m], of the members that still train, to callbacks and loggers."""
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
        """Let members go that have stopped; those that have trained to the last epoch can be trained on."""
        super()._release(stopped, healthy, state, last=False)
        if last:
            self.interrupt()

    def chosen(self) -> Tensor:
        """Each member's best weights [M, P]; its newest where nothing chooses."""
        return self._chosen_states.tensors["params"]

    def chosen_epochs(self) -> list[int]:
        """The epochs, from 1, of the weights that `chosen` returns."""
        return self._chosen_states.epoch

    @property
    def _chosen_states(self) -> States:
        return self.history.best if self.history.best.tensors else self.history.last

    def restore(self, checkpoint: dict[str, Any], leave_out: Tensor) -> None:
        """Go on where an ensemble was, as any stack."""
        super().restore(checkpoint, leave_out)
        for epoch in self.history.epochs:
            known = {"lr": epoch.rates} | dict(zip(self.history.columns, epoch.values.T, strict=False))
            for name, value in known.items():
                self._newest.setdefault(name, self._unknown(value))[epoch.runs] = value
