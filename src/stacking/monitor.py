"""Early stopping and the choice of the best epoch for M runs at once."""

from typing import Any

import torch
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor

from src.callbacks.judging import Best, BestRule, StopRule, Wait, worst


class StackMonitor:
    """Decides after each validation which runs improved and which have waited long enough.

    Attributes:
        best: The best epoch of each run [M].
        wait: How long each run has waited for a better one [M].

    Args:
        num_runs: Number of runs M.
        best: The settings of `ModelCheckpoint`; None if no epoch is chosen.
        stopping: The settings of `EarlyStopping`; None if it is off.
    """

    def __init__(self, num_runs: int, best: dict[str, Any] | None, stopping: dict[str, Any] | None) -> None:
        self._best_rule = None if best is None else BestRule.of(best)
        self._stop_rule = None if stopping is None else StopRule.of(stopping)
        none, zero = torch.full((num_runs,), torch.nan), torch.zeros(num_runs, dtype=torch.int64)
        self.best = Best(none, torch.full_like(none, torch.inf))
        self.wait = Wait(worst(self._stop_rule.mode if self._stop_rule else "min").repeat(num_runs), zero, zero)

    def improved(self, metrics: dict[str, Tensor]) -> Tensor:
        """Which runs [M] are at their best now, by metrics [M]; the first time always counts as the best."""
        if self._best_rule is None:
            return torch.zeros_like(self.best.value, dtype=torch.bool)
        value = metrics[self._best_rule.monitor]
        better, self.best = self._best_rule.judge(self.best, value, metrics.get("val/loss", value))
        return better

    def stopped(self, metrics: dict[str, Tensor]) -> Tensor:
        """Which runs [M] should stop, by metrics [M]."""
        if self._stop_rule is not None:
            self.wait = self._stop_rule.judge(self.wait, metrics[self._stop_rule.monitor])
        return self.wait.reason != EarlyStoppingReason.NOT_STOPPED.value

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        self.restore({name: each[runs] for name, each in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """The input of `restore`: tensors [M], by name."""
        (best, tied), (stop_best, waited, stop_reason) = self.best, self.wait
        return {"best": best, "tied": tied, "stop_best": stop_best, "waited": waited, "stop_reason": stop_reason}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore attributes from `tensors` [M], by name."""
        self.best = Best(tensors["best"], tensors["tied"])
        self.wait = Wait(tensors["stop_best"], tensors["waited"], tensors["stop_reason"])
