"""Running scores of M runs at once: torchmetrics Metrics with states of shape [M, …]."""

from abc import ABC, abstractmethod
from typing import Any

import torch
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor
from torchmetrics import Metric


class Scores(Metric, ABC):
    """Scores of the predictions of M runs, including M = 1.

    Args:
        num_runs: Number of runs M.
        **settings: Arguments of torchmetrics' `Metric`.
    """

    def __init__(self, num_runs: int = 1, **settings: Any) -> None:
        super().__init__(**settings)
        self.num_runs = num_runs

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Names of the scores; the first is shown next to the loss."""

    @abstractmethod
    def update(self, predictions: Tensor, y: Tensor) -> None:
        """Add predictions [M, N, …] and targets y [M, N, …], both as a head has them."""

    @abstractmethod
    def compute(self) -> dict[str, Tensor]:
        """Each score [M] by name. torchmetrics turns them into scalars if M is 1."""

    def tables(self) -> list[dict[str, Any]]:
        """Further results besides the scores: for each run, values by name, as nested lists."""
        return [{} for _ in range(self.num_runs)]


class EachRun(Scores):
    """Plain torchmetrics metrics, which support a single run: one copy per run. Slower than shared states, as exact.

    Args:
        metrics: Metrics that map predictions [N, …] and targets [N, …] to a scalar, by the name of the score.
        num_runs: Number of runs M.
        **settings: Arguments of torchmetrics' `Metric`.

    Example:
        >>> from torchmetrics import MeanAbsoluteError
        >>> scores = EachRun({"mae": MeanAbsoluteError()}, num_runs=2)
        >>> scores.update(torch.tensor([[1.0, 2.0], [5.0, 5.0]]), torch.tensor([[1.0, 1.0], [1.0, 1.0]]))
        >>> scores.compute()["mae"].tolist()
        [0.5, 4.0]
    """

    def __init__(self, metrics: dict[str, Metric], num_runs: int = 1, **settings: Any) -> None:
        super().__init__(num_runs, **settings)
        self._names = tuple(metrics)
        copies = [[metric.clone() for metric in metrics.values()] for _ in range(num_runs)]
        self.each = torch.nn.ModuleList(torch.nn.ModuleList(own) for own in copies)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the scores."""
        return self._names

    def update(self, predictions: Tensor, y: Tensor) -> None:
        """Add predictions [M, N, …] and targets y [M, N, …]."""
        for own, *rows in zip(self.each, predictions, y, strict=True):
            for metric in own:  # type: ignore[attr-defined]
                metric.update(*rows)

    def compute(self) -> dict[str, Tensor]:
        """Each score [M] by name."""
        columns = zip(*self.each, strict=True)
        return {
            name: torch.stack([each.compute() for each in column])
            for name, column in zip(self.names, columns, strict=True)
        }

    def reset(self) -> None:
        """Discard what has been counted."""
        super().reset()
        for own in self.each:
            for metric in own:  # type: ignore[attr-defined]
                metric.reset()


class MeanLoss(Metric):
    """The mean over rows, from mean losses of minibatches of different sizes, for each of M runs.

    torchmetrics' `MeanMetric` checks for NaN at each update, and ignores the weights if told not to.

    Args:
        num_runs: Number of runs M.
        **settings: Arguments of torchmetrics' `Metric`.

    Example:
        >>> mean = MeanLoss()
        >>> mean.update(torch.tensor([1.0]), num_rows=3)
        >>> mean.update(torch.tensor([5.0]), num_rows=1)
        >>> mean.compute().item()
        2.0
    """

    total: Tensor
    num_rows: Tensor

    def __init__(self, num_runs: int = 1, **settings: Any) -> None:
        super().__init__(**settings)
        exact = torch.promote_types(torch.get_default_dtype(), torch.float32)  # even in half-precision training
        self.add_state("total", torch.zeros(num_runs, dtype=exact), dist_reduce_fx="sum")
        self.add_state("num_rows", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, loss: Tensor, num_rows: int) -> None:
        """Add the mean loss [M] over `num_rows` rows of each run."""
        self.total += loss * num_rows
        self.num_rows += num_rows

    def compute(self) -> Tensor:
        """The mean over all rows [M]."""
        return self.total / self.num_rows


class Meter:
    """The loss and the scores of the rows of M runs seen since the last reset.

    Args:
        scores: Scores of M runs.
        device: The device of the rows.
        everywhere: Whether to count the rows of all processes that train together instead of only this one's; `scores`
            must do the same.
    """

    def __init__(self, scores: Scores, device: torch.device, everywhere: bool = True) -> None:
        self.loss = MeanLoss(scores.num_runs, sync_on_compute=everywhere).to(device)
        self.scores = scores.to(device)

    def update(self, loss: Tensor, predictions: Tensor, y: Tensor) -> None:
        """Add the mean loss [M], the predictions [M, N, …] and the targets y [M, N, …] of some rows."""
        self.loss.update(loss, y.shape[1])
        self.scores.update(predictions, y)

    def values(self) -> dict[str, Tensor]:
        """Mean loss and scores [M] by name."""
        computed = {"loss": self.loss.compute(), **self.scores.compute()}
        return {name: value.reshape(self.scores.num_runs) for name, value in computed.items()}

    def reset(self) -> None:
        """Discard what has been counted."""
        self.loss.reset()
        self.scores.reset()

    def state_dict(self) -> dict[str, list[Any]]:
        """The counts so far, for a checkpoint; empty if nothing has been counted."""
        if not self.loss.num_rows:
            return {}
        return {name: [dict(each.metric_state) for each in _metrics(self, name)] for name in ("loss", "scores")}

    def load_state_dict(self, state_dict: dict[str, list[Any]]) -> bool:
        """Continue counting from a `state_dict`; returns False, and changes nothing, if it belongs to other metrics."""
        wanted = [metric for name in state_dict for metric in _metrics(self, name)]
        given = [state for states in state_dict.values() for state in states]
        if [metric.metric_state.keys() for metric in wanted] != [state.keys() for state in given]:
            return False
        for metric, state in zip(wanted, given, strict=True):
            for key, value in state.items():
                setattr(metric, key, apply_to_collection(value, Tensor, Tensor.to, metric.device))
        return True


def _metrics(meter: Meter, name: str) -> list[Metric]:
    return [each for each in getattr(meter, name).modules() if isinstance(each, Metric)]
