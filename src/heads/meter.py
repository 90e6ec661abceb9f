"""What a split's rows have come to so far: their mean loss and their scores."""

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric, MetricCollection

ScoreKeeper = Metric | MetricCollection


class MeanLoss(Metric):
    """The mean over rows of losses that are means over minibatches of different sizes.

    torchmetrics' `MeanMetric` looks for NaN at each update, and forgets the weights when told not to.

    Args:
        **settings: Arguments of torchmetrics' `Metric`.

    Example:
        >>> mean = MeanLoss()
        >>> mean.update(torch.tensor(1.0), num_rows=3)
        >>> mean.update(torch.tensor(5.0), num_rows=1)
        >>> mean.compute().item()
        2.0
    """

    total: Tensor
    num_rows: Tensor

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        exact = torch.promote_types(torch.get_default_dtype(), torch.float32)  # also inside half-precision training
        self.add_state("total", torch.zeros((), dtype=exact), dist_reduce_fx="sum")
        self.add_state("num_rows", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss: Tensor, num_rows: int) -> None:
        """Take in the mean loss, a scalar, of `num_rows` rows."""
        self.total += loss * num_rows
        self.num_rows += num_rows

    def compute(self) -> Tensor:
        """The mean over all rows, a scalar."""
        return self.total / self.num_rows


class Meter:
    """The loss and the scores of the rows seen since the last reset.

    Args:
        scores: Updated with predictions [N] and targets [N].
        device: Where the rows are.
        everywhere: Count the rows of all processes that train together, not this one's alone; `scores` likewise.
    """

    def __init__(self, scores: ScoreKeeper, device: torch.device, everywhere: bool = True) -> None:
        self.loss = MeanLoss(sync_on_compute=everywhere).to(device)
        self.scores = scores.to(device)

    def update(self, loss: Tensor, predictions: Tensor, y: Tensor) -> None:
        """Take in the mean loss, a scalar, the predictions [N] and the targets y [N] of some rows."""
        self.loss.update(loss, len(y))
        self.scores.update(predictions, y)

    def reset(self) -> None:
        """Begin anew."""
        self.loss.reset()
        self.scores.reset()

    def state_dict(self) -> dict[str, list[Any]]:
        """What has been counted, for a checkpoint; empty where nothing has."""
        if not self.loss.num_rows:
            return {}
        return {"loss": _states(self.loss), "scores": _states(self.scores)}

    def load_state_dict(self, state_dict: dict[str, list[Any]]) -> None:
        """Go on counting from a `state_dict`."""
        for name, states in state_dict.items():
            for metric, state in zip(_metrics(getattr(self, name)), states, strict=True):
                for key, value in state.items():
                    setattr(metric, key, value.to(metric.device))


def _metrics(keeper: ScoreKeeper) -> list[Metric]:
    return list(keeper.values()) if isinstance(keeper, MetricCollection) else [keeper]


def _states(keeper: ScoreKeeper) -> list[dict[str, Any]]:
    return [dict(metric.metric_state) for metric in _metrics(keeper)]
