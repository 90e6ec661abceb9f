"""A number instead of a class."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer
from torchmetrics import MeanAbsoluteError, MeanSquaredError, MetricCollection, R2Score

from src.heads.base import Head, Scheduling
from src.rules import checked
from src.spec import DataSpec

_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {"mse": F.mse_loss, "l1": F.l1_loss, "huber": F.huber_loss}


class RegressionHead(Head):
    """Values [N] and their mean squared, absolute or Huber error.

    Args:
        network: Rows to one value each.
        spec: What the dataset is.
        make_optimizer: Parameters to optimizer.
        scheduling: How the learning rate changes.
        loss: Which error is minimised.
    """

    tasks = ("regression",)

    @checked
    def __init__(
        self,
        network: nn.Module,
        spec: DataSpec,
        make_optimizer: Callable[[Iterator[nn.Parameter]], Optimizer],
        scheduling: Scheduling | None = None,
        loss: Literal["mse", "l1", "huber"] = "mse",
    ) -> None:
        super().__init__(network, spec, make_optimizer, scheduling)
        self.loss_name = loss

    @classmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """One value."""
        return 1

    def forward(self, x: Tensor) -> Tensor:
        """Values [N]."""
        values: Tensor = self.network(x)
        return values.squeeze(1)

    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean error over values [N] and targets [N]."""
        return _LOSSES[self.loss_name](logits, y)

    def predictions(self, logits: Tensor) -> Tensor:
        """The values themselves."""
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
        """R², mean absolute error and root mean squared error."""
        return dict(metric.compute())

    @classmethod
    def score_names(cls) -> tuple[str, ...]:
        """Names of the scores."""
        return ("loss", "r2", "mae", "rmse")
