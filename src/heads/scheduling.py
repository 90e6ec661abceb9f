"""How the learning rate of a run changes."""

from collections.abc import Callable
from typing import Literal

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler


class Scheduling:
    """How the learning rate changes: a scheduler yet without its optimizer, and when it steps.

    Args:
        make: Optimizer to scheduler.
        interval: Step after each `epoch` or after each optimiser `step`.
        monitor: Metric that `ReduceLROnPlateau` watches.
    """

    def __init__(
        self,
        make: Callable[[Optimizer], LRScheduler],
        interval: Literal["epoch", "step"] = "epoch",
        monitor: str | None = None,
    ) -> None:
        self.make, self.interval, self.monitor = make, interval, monitor
