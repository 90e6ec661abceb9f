"""A number instead of a class."""

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from src.heads.base import Head
from src.heads.outcome import ValueOutcome
from src.metrics.errors import ErrorScores
from src.settings.rules import checked
from src.spec import DataSpec

_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": F.mse_loss, "l1": F.l1_loss, "huber": F.huber_loss}
_TITLES = {"mse": "mean squared error", "l1": "mean absolute error", "huber": "Huber"}


class RegressionHead(Head):
    """Values [N] and their mean squared, absolute or Huber error.

    The network's outputs are in the dataset's `target_unit` around its `target_centre`, and so are the errors it learns
    from. Values and scores are in the target's own units.

    Args:
        loss: The error to minimise.
        *parts: Arguments of `Head`, in order.
        **more: Arguments of `Head`.

    Example:
        >>> head = RegressionHead(torch.nn.Linear(1, 1), DataSpec("regression", (1,)), torch.optim.SGD)
        >>> head.loss(torch.tensor([1.0, 3.0]), torch.tensor([0.0, 1.0])).item()  # (1 + 4) / 2
        2.5
    """

    tasks = ("regression",)

    @checked
    def __init__(
        self,
        *parts: Any,
        loss: Literal["mse", "l1", "huber"] = "mse",
        **more: Any,
    ) -> None:
        super().__init__(*parts, **more)
        self.loss_name = loss
        self.loss_title = f"loss ({_TITLES[loss]})"

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """1: one value."""
        return 1

    def logits(self, outputs: Tensor) -> Tensor:
        """Values [..., N] in the target's own units."""
        return outputs.squeeze(-1) * self.spec.target_unit + self.spec.target_centre

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean error, a scalar in the dataset's unit, over values `logits` [N] and targets y [N]."""
        unit = self.spec.target_unit
        return _LOSSES[self.loss_name](logits / unit, y / unit)

    def predictions(self, logits: Tensor) -> Tensor:
        """The values [N] themselves."""
        return logits

    def outcome(self, logits: Tensor, y: Tensor) -> ValueOutcome:
        """The head's predictions for rows with values `logits` [N] and targets y [N], and their scores."""
        return ValueOutcome(self, logits, y)

    def new_scores(self, num_runs: int = 1, everywhere: bool = True) -> ErrorScores:
        """R², mean absolute error and root mean squared error."""
        exact = torch.float32 if self.device.type == "mps" else torch.float64
        return ErrorScores(num_runs, exact, sync_on_compute=everywhere)
