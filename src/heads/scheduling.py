"""The learning rate schedule of a run."""

from collections.abc import Callable
from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class Scheduling:
    """A learning rate schedule: a scheduler that has no optimizer yet, and when it steps.

    Args:
        make: Makes a scheduler for an optimizer.
        interval: Whether it steps after each `epoch` or each optimiser `step`.
        monitor: Metric that `ReduceLROnPlateau` watches.
    """

    def __init__(
        self,
        make: Callable[[Optimizer], LRScheduler],
        interval: Literal["epoch", "step"] = "epoch",
        monitor: str | None = None,
    ) -> None:
        self.make, self.interval, self.monitor = make, interval, monitor
