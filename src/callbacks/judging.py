"""Which epoch is the best so far, and when training stops early: one definition for a single run and for M at once.

The rules are those of Lightning's ModelCheckpoint and EarlyStopping. Tensors are shaped [M], or [] for a single run.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, Self

import torch
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor

from src.settings.rules import Ties, resolved_mode

Direction = Literal["min", "max"]


class Best(NamedTuple):
    """The best epoch so far.

    Attributes:
        value: Its value of the metric that chooses [M]; NaN if there was no epoch yet.
        loss: Its `val/loss` [M].
    """

    value: Tensor
    loss: Tensor


class BestRule(NamedTuple):
    """Chooses the best epoch.

    Attributes:
        monitor: The metric.
        mode: Whether smaller (`min`) or larger (`max`) values are better.
        ties: Which of several equally good epochs is the best.
    """

    monitor: str
    mode: Direction
    ties: Ties = "first"

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The rule of a ModelCheckpoint with these `settings`."""
        monitor, mode = settings["monitor"], settings.get("mode", "auto")
        return cls(monitor, resolved_mode(monitor, mode), settings.get("ties", "first"))

    def judge(self, best: Best, value: Tensor, loss: Tensor) -> tuple[Tensor, Best]:
        """Whether one more epoch is the best now [M], and the best epoch after it. The first epoch always is the best.

        Args:
            best: The best epoch so far.
            value: This epoch's value [M]. NaN is as bad as can be.
            loss: This epoch's `val/loss` [M].
        """
        value = torch.where(value.isnan(), worst(self.mode), value)
        better = improves(value, best.value, self.mode) | best.value.isnan()
        if self.ties == "last":
            better = better | (value == best.value)
        elif self.ties == "loss":
            better = better | ((value == best.value) & (loss < best.loss))
        return better, Best(torch.where(better, value, best.value), torch.where(better, loss, best.loss))


class Wait(NamedTuple):
    """How long training has waited for a better value.

    Attributes:
        best: The best value so far [M].
        checks: Validations since then [M].
        reason: Why training stops [M], as the value of an `EarlyStoppingReason`; 0 if it goes on.
    """

    best: Tensor
    checks: Tensor
    reason: Tensor


class StopRule(NamedTuple):
    """Decides when training stops, by the arguments of Lightning's EarlyStopping.

    Attributes:
        monitor: The metric.
        mode: Whether smaller (`min`) or larger (`max`) values are better.
        patience: Validations without a better value after which training stops.
        min_delta: By how much a value has to be better.
        check_finite: Whether training stops at a value that is not finite.
        stopping_threshold: Training stops at a better value than this.
        divergence_threshold: Training stops at a worse value than this.
    """

    monitor: str
    mode: Direction
    patience: float
    min_delta: float = 0.0
    check_finite: bool = True
    stopping_threshold: float | None = None
    divergence_threshold: float | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The rule of an EarlyStopping with these `settings`."""
        monitor, mode = settings["monitor"], settings.get("mode", "auto")
        named = {name: settings[name] for name in cls._fields[2:] if name in settings}
        return cls(monitor, resolved_mode(monitor, mode), **named)

    def judge(self, wait: Wait, value: Tensor) -> Wait:
        """The wait after one more validation with this `value` [M]; one that stops training at once is not counted."""
        reason = torch.zeros_like(wait.reason)
        for why, holds in self._at_once(value):
            reason = torch.where((reason == 0) & holds, why.value, reason)
        goes_on = reason == 0
        needed = value + self.min_delta if self.mode == "min" else value - self.min_delta
        better = goes_on & improves(needed, wait.best, self.mode)
        best, checks = torch.where(better, value, wait.best), torch.where(better, 0, wait.checks + goes_on)
        ran_out = goes_on & ~better & (checks >= self.patience)
        return Wait(best, checks, torch.where(ran_out, EarlyStoppingReason.PATIENCE_EXHAUSTED.value, reason))

    def _at_once(self, value: Tensor) -> Iterator[tuple[EarlyStoppingReason, Tensor]]:
        """Reasons to stop without waiting, and whether each holds; the first one counts."""
        if self.check_finite:
            yield EarlyStoppingReason.NON_FINITE_METRIC, ~value.isfinite()
        if self.stopping_threshold is not None:
            yield EarlyStoppingReason.STOPPING_THRESHOLD, improves(value, self.stopping_threshold, self.mode)
        if self.divergence_threshold is not None:
            yield EarlyStoppingReason.DIVERGENCE_THRESHOLD, improves(-value, -self.divergence_threshold, self.mode)


def worst(mode: Direction) -> Tensor:
    """The value [] that every other one improves on, where smaller (`min`) or larger (`max`) ones are better.

    Args:
        mode: The better direction.
    """
    return torch.tensor(torch.inf if mode == "min" else -torch.inf)


def improves(value: Tensor, on: Tensor | float, mode: Direction) -> Tensor:
    """Whether values are better than others [M].

    Args:
        value: The values [M].
        on: The others [M].
        mode: The better direction.
    """
    return value < on if mode == "min" else value > on
