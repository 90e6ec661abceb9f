"""When a training stops early: after so many validations without a new best loss."""

import math


class Waits:
    """How long a training has waited for a new lowest loss, and had to wait before.

    What it waits for is what Lightning's EarlyStopping waits for. Since no patience is fixed here, another one can be
    asked about at any time.

    Example:
        >>> waits = Waits()
        >>> for loss in (0.5, 0.4, 0.4, 0.3, 0.31):
        ...     waits.add(loss)
        >>> waits.now, waits.stops(1), waits.has_stopped(1), waits.has_stopped(2)
        (1, True, True, False)
    """

    def __init__(self) -> None:
        self.now = 0
        self._lowest, self._longest_before = math.inf, 0

    def add(self, loss: float) -> None:
        """Take up the `loss` of one more validation."""
        self._longest_before = max(self._longest_before, self.now)
        self.now = 0 if loss < self._lowest else self.now + 1
        self._lowest = min(loss, self._lowest)

    def stops(self, patience: float) -> bool:
        """Whether training with this `patience` stops now, or would have stopped before."""
        return max(self.now, self._longest_before) >= patience

    def has_stopped(self, patience: float) -> bool:
        """Whether training with this `patience` would have stopped before now."""
        return self._longest_before >= patience
