"""How much the scores would vary with other rows: percentile bootstrap.

Resampling N of N rows amounts to giving each row a whole number as its weight. So every score is computed from weights,
for many resamples at once, and each class is sorted only once.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from src.metrics.agreement import agreement_scores, with_the_other
from src.metrics.columns import Task, columns_of
from src.metrics.scores import mean_count_scores, row_scores

_CHUNK = 1_000_000  # weights held at once: about 30 MB
_MANY_ROWS = 20_000
_FEWEST = 200


class Ranking(NamedTuple):
    """A class's rows by decreasing probability, and for each of its P positive rows where its ties begin and end.

    Attributes:
        order: Rows [N] by decreasing probability.
        positive: Positions [P] in `order` of the positive rows.
        above: Number of rows [P] with a higher probability.
        reached: Number of rows [P] with the same or a higher probability.
        positive_above: Number [P] of positive rows among `above`.
        positive_reached: Number [P] of positive rows among `reached`.
    """

    order: Tensor
    positive: Tensor
    above: Tensor
    reached: Tensor
    positive_above: Tensor
    positive_reached: Tensor


class Statistics:
    """Every score of `overall_scores` except the calibration error, as a function of the rows' weights.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].

    Example:
        >>> y, predictions = torch.tensor([0, 1]), torch.tensor([1, 1])
        >>> statistics = Statistics("binary", torch.eye(2)[predictions], predictions, y)
        >>> statistics(torch.tensor([[1.0, 1.0], [2.0, 0.0], [0.0, 2.0]]))["accuracy"].tolist()
        [0.5, 0.0, 1.0]
    """

    def __init__(self, task: Task, probabilities: Tensor, predictions: Tensor, y: Tensor) -> None:
        columns = columns_of(task, probabilities, predictions, y)
        rows = row_scores(task, probabilities, predictions, y)
        counts = torch.cat([columns.guess & columns.truth, columns.guess, columns.truth], dim=1)
        self.task = task
        self.row_names = tuple(rows)
        self.summands = torch.cat([torch.stack(list(rows.values()), dim=1), counts.double()], dim=1)
        self.rankings = [_rank(p, truth) for p, truth in columns.each()]

    def __call__(self, weights: Tensor) -> dict[str, Tensor]:
        """Scores [R] for weights [R, N], whole numbers in float32: how often each row was drawn."""
        sums = weights.double() @ self.summands
        means, counts = sums.split([len(self.row_names), sums.shape[1] - len(self.row_names)], dim=1)
        num_rows = weights.double().sum(dim=1, keepdim=True)
        hits, predicted, true = counts.chunk(3, dim=1)
        both = hits, predicted, true
        if self.task == "binary":
            both = with_the_other(*both, num_rows)
        ranks = torch.stack([_rank_scores(ranking, weights) for ranking in self.rankings]).nanmean(dim=0)
        return {
            **dict(zip(self.row_names, (means / num_rows).unbind(1), strict=True)),
            **mean_count_scores(self.task, hits, predicted, true),
            **({} if self.task == "multilabel" else agreement_scores(*both)),
            "roc_auc": ranks[0],
            "average_precision": ranks[1],
        }


def intervals(
    task: Task,
    probabilities: Tensor,
    predictions: Tensor,
    y: Tensor,
    resamples: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, tuple[float, float]]:
    """Lower and upper end of each score's percentile interval, for `overall_scores` except the calibration error.

    Resamples that leave a score undefined are ignored; if all do, both ends are NaN. Above 20,000 rows the number of
    resamples decreases in proportion, to no less than 200.

    Args:
        task: Which convention the tensors follow, see `src.metrics`.
        probabilities: [N, C], or [N, L] for multilabel.
        predictions: Labels [N], or 0 and 1 in [N, L].
        y: Labels [N] or [N, L].
        resamples: Number of resamples.
        seed: Seed of the resamples.
        level: Share of the resamples within the interval.

    Example:
        >>> y = torch.tensor([0, 1, 1, 0])
        >>> intervals("binary", torch.eye(2)[y], y, y)["accuracy"]  # right in every resample
        (1.0, 1.0)
    """
    statistics = Statistics(task, probabilities, predictions, y)
    chunks = [statistics(weights) for weights in draws(len(y), resamples, seed)]
    ends = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=torch.float64)
    found = {}
    for name in chunks[0]:
        low, high = torch.cat([chunk[name] for chunk in chunks]).nanquantile(ends).tolist()
        found[name] = (low, high)
    return found


def draws(num_rows: int, resamples: int, seed: int) -> Iterator[Tensor]:
    """Weights [R, N] in float32, exact up to 16 million rows, in chunks of several resamples.

    Args:
        num_rows: Number of rows N.
        resamples: Number of resamples in all chunks, reduced by `affordable`.
        seed: Seed of the resamples.
    """
    resamples = affordable(num_rows, resamples)
    generator = torch.Generator().manual_seed(seed)
    at_once = max(1, _CHUNK // num_rows)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = torch.randint(num_rows, (size, num_rows), generator=generator)
        drawn += num_rows * torch.arange(size).unsqueeze(1)
        yield torch.bincount(drawn.flatten(), minlength=size * num_rows).view(size, num_rows).float()


def affordable(num_rows: int, resamples: int) -> int:
    """The number of `resamples` to draw of `num_rows` rows: fewer above 20,000 rows, but at least 200.

    Example:
        >>> affordable(20_000, 1000), affordable(40_000, 1000), affordable(1_000_000, 1000), affordable(1_000_000, 50)
        (1000, 500, 200, 50)
    """
    if num_rows <= _MANY_ROWS:
        return resamples
    return min(resamples, max(_FEWEST, resamples * _MANY_ROWS // num_rows))


def _rank(p: Tensor, truth: Tensor) -> Ranking:
    falling, order = p.sort(descending=True)
    _, place, ties = falling.unique_consecutive(return_inverse=True, return_counts=True)
    ends = ties.cumsum(0)
    positive = truth[order].nonzero().squeeze(1)
    reached = ends[place[positive]]
    above = reached - ties[place[positive]]
    return Ranking(
        order, positive, above, reached, torch.searchsorted(positive, above), torch.searchsorted(positive, reached)
    )


def _rank_scores(ranking: Ranking, weights: Tensor) -> Tensor:
    """ROC AUC and average precision [2, R] for weights [R, N]; NaN if the weights leave no rows to count.

    Both are sums over positive rows: the share of negative rows ranked below, with ties as half, and the precision
    there.
    """
    ranked = weights.index_select(1, ranking.order)
    own = ranked.index_select(1, ranking.positive)
    rows, positive = _from_nothing(ranked), _from_nothing(own)
    num_positive = positive[:, -1].double()
    num_negative = rows[:, -1].double() - num_positive
    reached, hits = rows.index_select(1, ranking.reached), positive.index_select(1, ranking.positive_reached)
    above = rows.index_select(1, ranking.above) - positive.index_select(1, ranking.positive_above)
    passed = num_negative.unsqueeze(1) - ((reached - hits).double() + above) / 2
    own = own.double()
    auc = (own * passed).sum(dim=1) / (num_positive * num_negative)
    precision = (own * hits / reached.clamp(min=1)).sum(dim=1) / num_positive
    return torch.stack([auc, precision])


def _from_nothing(weights: Tensor) -> Tensor:
    """Sums [R, N + 1] of the first 0, 1, … N of weights [R, N]."""
    return torch.cat([weights.new_zeros(len(weights), 1), weights.cumsum(dim=1)], dim=1)
