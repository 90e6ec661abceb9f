"""When a training stops early: after so many validations without a new best loss."""

import torch

from src.callbacks.judging import StopRule, Wait, worst

_RULE = StopRule("val/loss", "min", patience=torch.inf, check_finite=False)


class Waits:
    """How long a training has waited for a new lowest loss, and had to wait before.

    It waits by the rule of `EarlyStopping`. Since its patience is not fixed, any can be asked about at any time.

    Example:
        >>> waits = Waits()
        >>> for loss in (0.5, 0.4, 0.4, 0.3, 0.31):
        ...     waits.add(loss)
        >>> waits.now, waits.stops(1), waits.has_stopped(1), waits.has_stopped(2)
        (1, True, True, False)
    """

    def __init__(self) -> None:
        self._wait, self._longest_before = Wait(worst("min"), torch.tensor(0), torch.tensor(0)), 0

    @property
    def now(self) -> int:
        """Validations since the lowest loss."""
        return int(self._wait.checks)

    def add(self, loss: float) -> None:
        """Take up the `loss` of one more validation."""
        self._longest_before = max(self._longest_before, self.now)
        self._wait = _RULE.judge(self._wait, torch.tensor(loss))

    def stops(self, patience: float) -> bool:
        """Whether training with this `patience` stops now, or would have stopped before."""
        return max(self.now, self._longest_before) >= patience

    def has_stopped(self, patience: float) -> bool:
        """Whether training with this `patience` would have stopped before now."""
        return self._longest_before >= patience
