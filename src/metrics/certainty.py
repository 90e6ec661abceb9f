"""The interval of each score of a test set: Wilson's for shares of a fixed number of rows, otherwise bootstrap.

An interval is never a single point at the edge of a score's range: 500 of 500 right is not certainty.
"""

import math

import torch
from torch import Tensor

from src.metrics.bootstrap import draws, intervals
from src.metrics.columns import Task, columns_of
from src.metrics.errors import ErrorStatistics
from src.statistics.intervals import LEVEL, Ends, wilson

_ROUNDING = 1e-12
_RANGES = {"log_loss": (0.0, math.inf), "mcc": (-1.0, 1.0), "kappa": (-1.0, 1.0)}  # the others are from 0 to 1


def score_intervals(
    task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor, resamples: int = 1000, seed: int = 0
) -> dict[str, Ends]:
    """Lower and upper end of the 95 % interval of each score of `overall_scores` except the calibration error.

    Wilson's interval is used for the accuracy of single labels, for `subset_accuracy`, and for a binary task's recall
    (over positive rows) and precision (over rows predicted positive). Other scores are resampled. If a resampled score
    is at the edge of its range in every resample, the other end is Wilson's for all right out of as many rows as the
    rarest class has; a log loss, which has no largest value, then has no interval.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].
        resamples: Number of resamples.
        seed: Seed of the resamples.

    Example:
        >>> y = torch.tensor([0, 1]).repeat(250)
        >>> ends = score_intervals("binary", torch.eye(2)[y], y, y, resamples=50)
        >>> [round(end, 4) for name in ("accuracy", "recall") for end in ends[name]]
        [0.9924, 1.0, 0.9849, 1.0]
    """
    found = intervals(task, probabilities, predictions, y, resamples, seed, LEVEL)
    columns = columns_of(task, probabilities, predictions, y)
    hits = columns.guess & columns.truth
    right = (predictions == y).cpu()
    closed = {"subset_accuracy": right.all(dim=1)} if task == "multilabel" else {"accuracy": right}
    if task == "binary":
        closed |= {"recall": hits[columns.truth], "precision": hits[columns.guess]}
    for name, kept in closed.items():
        found[name] = wilson(int(kept.sum()), kept.numel())
    sizes = [*columns.truth.sum(dim=0).tolist(), *(~columns.truth).sum(dim=0).tolist()]
    rarest = min(size for size in sizes if size)
    ranges = _RANGES | ({"brier": (0.0, 2.0)} if task == "multiclass" else {})
    opened = {name: _opened(ends, rarest, ranges.get(name, (0.0, 1.0))) for name, ends in found.items()}
    return {name: ends for name, ends in opened.items() if ends is not None}


def _opened(ends: Ends, num_rows: int, limits: Ends) -> Ends | None:
    """The interval, unless it is a point: one at the edge gets Wilson's other end, any other becomes None."""
    (low, high), (least, most) = ends, limits
    if not high - low <= _ROUNDING:  # NaN stays: the score is undefined for these rows
        return ends
    at_least, at_most = low - least <= _ROUNDING, most - high <= _ROUNDING
    if math.isinf(most) or not (at_least or at_most):
        return None
    reach = (most - least) * wilson(0, num_rows)[1]
    return (least, least + reach) if at_least else (most - reach, most)


def error_intervals(predictions: Tensor, y: Tensor, resamples: int = 1000, seed: int = 0) -> dict[str, Ends]:
    """Lower and upper end of the bootstrap 95 % intervals of R², mean absolute error and root mean squared error.

    A score that is the same in all resamples has no interval; nor does R² if all targets of a resample are equal.

    Args:
        predictions: Values [N].
        y: Targets [N].
        resamples: Number of resamples.
        seed: Seed of the resamples.

    Example:
        >>> y = torch.arange(100.0)
        >>> low, high = error_intervals(y + (-1.0) ** y * y / 100, y)["mae"]
        >>> 0.4 < low < 0.495 < high < 0.6
        True
    """
    statistics = ErrorStatistics(predictions, y)
    chunks = [statistics(weights) for weights in draws(len(y), resamples, seed)]
    scores = {name: torch.cat([chunk[name] for chunk in chunks]) for name in chunks[0]}
    ends = torch.tensor([(1 - LEVEL) / 2, (1 + LEVEL) / 2], dtype=torch.float64)
    found = {name: values.quantile(ends).tolist() for name, values in scores.items() if bool(values.isfinite().all())}
    return {name: (low, high) for name, (low, high) in found.items() if high - low > _ROUNDING * abs(high)}
