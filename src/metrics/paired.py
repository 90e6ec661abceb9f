"""The difference between the scores of two sets of predictions for the same rows, with its interval."""

from collections.abc import Callable

import torch
from torch import Tensor

from src.metrics.bootstrap import draws
from src.statistics.intervals import LEVEL, Ends, newcombe_paired

_ROUNDING = 1e-12

Scored = Callable[[Tensor], dict[str, Tensor]]
"""Maps weights [R, N] to scores [R] by name, like `Statistics` and `ErrorStatistics`."""


def share_difference(first: Tensor, second: Tensor) -> tuple[float, Ends]:
    """The difference of two accuracies on the same rows, first minus second, and its 95 % interval.

    Args:
        first: Whether the first prediction of each row [N] is right.
        second: Whether the second prediction of each row [N] is right.

    Example:
        >>> right = torch.tensor([True, True, True, False]).repeat(50)
        >>> difference, (low, high) = share_difference(right, right.roll(1))
        >>> difference, round(low, 3), round(high, 3)
        (0.0, -0.098, 0.098)
    """
    first, second = first.cpu(), second.cpu()
    counts = [int(each.sum()) for each in (first & second, first & ~second, ~first & second, ~first & ~second)]
    return (counts[1] - counts[2]) / len(first), newcombe_paired(*counts)


def score_difference(
    first: Scored, second: Scored, name: str, num_rows: int, resamples: int, seed: int = 0
) -> tuple[float, Ends | None]:
    """The difference of a score, first minus second, and its 95 % interval from scores on the same resamples.

    Args:
        first: Scores of the first predictions.
        second: Scores of the second predictions.
        name: Name of the score.
        num_rows: Number of rows N.
        resamples: Number of resamples; without any, or if the difference is the same in all or undefined in some, there
            is no interval.
        seed: Seed of the resamples.
    """
    whole = torch.ones(1, num_rows)
    value = float(first(whole)[name] - second(whole)[name])
    if not resamples:
        return value, None
    differences = torch.cat([first(each)[name] - second(each)[name] for each in draws(num_rows, resamples, seed)])
    ends = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2], dtype=torch.float64)
    low, high = differences.double().quantile(ends).tolist()
    return value, (low, high) if high - low > _ROUNDING else None
