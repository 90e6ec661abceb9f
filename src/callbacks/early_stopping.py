"""Lightning's EarlyStopping, with the patience of the current configuration and the rule that stacks have too."""

from typing import Any

import torch
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor

from src.callbacks.judging import Direction, StopRule, Wait
from src.compat.lightning import JudgedEarlyStopping
from src.settings.rules import Mode, checked, resolved_mode


class EarlyStopping(JudgedEarlyStopping):
    """Stops when a metric has not improved for `patience` validations.

    A checkpoint holds the patience of the run that wrote it, and Lightning restores it when the run is resumed. Here
    the configuration decides, so that a resumed run can have more patience.

    Args:
        monitor: The metric to watch.
        mode: `min`, `max`, or `auto` by the metric's name.
        **kwargs: Further arguments of Lightning's EarlyStopping.
    """

    @checked
    def __init__(self, monitor: str = "val/loss", mode: Mode = "auto", **kwargs: Any) -> None:
        super().__init__(monitor=monitor, mode=resolved_mode(monitor, mode), **kwargs)

    @property
    def rule(self) -> StopRule:
        """When training stops."""
        mode: Direction = "min" if self.mode == "min" else "max"
        bounds = self.stopping_threshold, self.divergence_threshold
        return StopRule(self.monitor, mode, self.patience, abs(self.min_delta), self.check_finite, *bounds)

    def judge(self, value: Tensor) -> tuple[bool, str | None]:
        """Whether to stop at this `value` [] of the metric, and a sentence if so or if it is the best so far."""
        value, best = value.cpu(), self.best_score.cpu()
        wait = self.rule.judge(Wait(best, torch.tensor(self.wait_count), torch.tensor(0)), value)
        self.best_score, self.wait_count = wait.best, int(wait.checks)
        self.stopping_reason = EarlyStoppingReason(int(wait.reason))
        if self.stopping_reason is EarlyStoppingReason.NOT_STOPPED and self.wait_count:
            return False, None
        return self.stopping_reason is not EarlyStoppingReason.NOT_STOPPED, self._sentence(value)

    def _sentence(self, value: Tensor) -> str:
        sentences = {
            EarlyStoppingReason.NOT_STOPPED: "the best so far",
            EarlyStoppingReason.PATIENCE_EXHAUSTED: f"no better than {self.best_score:.4g}; patience={self.patience}",
            EarlyStoppingReason.NON_FINITE_METRIC: "not a finite number",
            EarlyStoppingReason.STOPPING_THRESHOLD: f"better than stopping_threshold={self.stopping_threshold}",
            EarlyStoppingReason.DIVERGENCE_THRESHOLD: f"worse than divergence_threshold={self.divergence_threshold}",
        }
        return f"{self.monitor} is {value:.4g}: {sentences[self.stopping_reason]}"

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the count and the best score of a checkpoint."""
        super().load_state_dict({**state_dict, "patience": self.patience})
