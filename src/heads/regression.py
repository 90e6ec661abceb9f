"""A number instead of a class."""

from collections.abc import Callable
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import MeanAbsoluteError, MeanSquaredError, MetricCollection, R2Score

from src.heads.base import Head
from src.rules import checked
from src.spec import DataSpec

_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": F.mse_loss, "l1": F.l1_loss, "huber": F.huber_loss}


class RegressionHead(Head):
    """Values [N] and their mean squared, absolute or Huber error.

    Args:
        loss: Which error is minimised.
        *parts: Arguments of `Head`, in its order.
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

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """One value."""
        return 1

    def forward(self, x: Tensor) -> Tensor:
        """Values [N]."""
        return self.run_network(x).squeeze(1)

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean error, a scalar, over values `logits` [N] and targets y [N]."""
        return _LOSSES[self.loss_name](logits, y)

    def predictions(self, logits: Tensor) -> Tensor:
        """The values [N] themselves."""
        return logits

    def new_metric(self, everywhere: bool = True) -> MetricCollection:
        """R², mean absolute error and root mean squared error."""
        return MetricCollection(
            {
                "r2": R2Score(sync_on_compute=everywhere),
                "mae": MeanAbsoluteError(sync_on_compute=everywhere),
                "rmse": MeanSquaredError(squared=False, sync_on_compute=everywhere),
            }
        )

    def scores(self, metric: Any) -> dict[str, Tensor]:
        """R² (NaN for a single row, which has no variance), mean absolute and root mean squared error: scalars."""
        if metric["r2"].total < 2:
            return {"r2": torch.tensor(torch.nan), "mae": metric["mae"].compute(), "rmse": metric["rmse"].compute()}
        return dict(metric.compute())

    @classmethod
    def score_names(cls) -> tuple[str, ...]:
        """Names of the scores."""
        return ("loss", "r2", "mae", "rmse")
