"""How far numbers are from their targets."""

from typing import Any

import torch
from torch import Tensor

from src.metrics.running import Scores

_ROUNDING = 1e-13  # a spread below this share of the targets' squares counts as none


class ErrorScores(Scores):
    """R², mean absolute error and root mean squared error, for each of M runs.

    R² is 1 minus the squared errors over the squared deviations of the targets from their mean. As in scikit-learn it
    is NaN for a single row; if all targets are equal it is 1 without errors and 0 with any.

    Attributes:
        sums: The sums of absolute errors, squared errors, targets and their squares: [M, 4].

    Args:
        num_runs: M.
        dtype: The dtype of the sums; float64, except on accelerators without it.
        **settings: Arguments of torchmetrics' `Metric`.

    Example:
        >>> scores = ErrorScores()
        >>> scores.update(torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[1.0, 3.0, 5.0]]))
        >>> {name: round(value.item(), 4) for name, value in scores.compute().items()}
        {'r2': 0.375, 'mae': 1.0, 'rmse': 1.291}
    """

    sums: Tensor
    num_rows: Tensor
    names = ("r2", "mae", "rmse")

    def __init__(self, num_runs: int = 1, dtype: torch.dtype = torch.float64, **settings: Any) -> None:
        super().__init__(num_runs, **settings)
        self.add_state("sums", torch.zeros(num_runs, 4, dtype=dtype), dist_reduce_fx="sum")
        self.add_state("num_rows", torch.tensor(0), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, y: Tensor) -> None:
        """Add predicted values [M, N] and targets y [M, N]."""
        true = y.to(self.sums.dtype)
        error = predictions.to(self.sums.dtype) - true
        parts = error.abs(), error.square(), true, true.square()
        self.sums += torch.stack([part.sum(dim=1) for part in parts], dim=1)
        self.num_rows += y.shape[1]

    def compute(self) -> dict[str, Tensor]:
        """Each score [M]."""
        absolute, squared, total, total_squared = self.sums.unbind(1)
        spread = total_squared - total.square() / self.num_rows
        flat = spread <= _ROUNDING * total_squared
        r2 = torch.where(flat, (squared == 0).to(spread), 1 - squared / spread)
        r2 = torch.where(self.num_rows > 1, r2, torch.nan)
        scores = {"r2": r2, "mae": absolute / self.num_rows, "rmse": (squared / self.num_rows).sqrt()}
        return {name: value.float() for name, value in scores.items()}


class ErrorStatistics:
    """R², mean absolute error and root mean squared error as a function of the rows' weights, in float64.

    Args:
        predictions: Values [N].
        y: Targets [N].

    Example:
        >>> statistics = ErrorStatistics(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, 3.0, 5.0]))
        >>> {name: round(value.item(), 4) for name, value in statistics(torch.ones(1, 3)).items()}
        {'r2': 0.375, 'mae': 1.0, 'rmse': 1.291}
    """

    def __init__(self, predictions: Tensor, y: Tensor) -> None:
        true = y.detach().cpu().double()
        error = predictions.detach().cpu().double() - true
        true = true - true.mean()  # small numbers have smaller rounding errors
        self.summands = torch.stack([error.abs(), error.square(), true, true.square()], dim=1)

    def __call__(self, weights: Tensor) -> dict[str, Tensor]:
        """Scores [R] for weights [R, N], whole numbers in float32: how often each row was drawn."""
        sums = weights.double() @ self.summands / weights.double().sum(dim=1, keepdim=True)
        absolute, squared, mean, mean_squared = sums.unbind(1)
        return {"r2": 1 - squared / (mean_squared - mean.square()), "mae": absolute, "rmse": squared.sqrt()}
