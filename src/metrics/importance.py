"""Permutation importance: how much a score drops when the cells of a column are shuffled among the rows.

Breiman, Random Forests (2001); Fisher, Rudin and Dominici (2019). The shuffles and the means are those of
scikit-learn's `permutation_importance`. The intervals are over rows: another test split would give another importance,
and more shuffles do not make it more certain.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

_NORMAL = 1.959964  # 95 % of a standard normal distribution lie within it


class Lost(NamedTuple):
    """The drop in a score, in its own units.

    Attributes:
        mean: The mean over the shuffles.
        low: The lower end of its 95 % interval.
        high: The upper end.
    """

    mean: float
    low: float
    high: float


def shuffles(num_rows: int, repeats: int, seed: int = 0) -> Tensor:
    """Orders [repeats, num_rows] of the rows, the same as scikit-learn's with `random_state=seed` for each column."""
    stream = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
    drawn, order = np.arange(num_rows), np.arange(num_rows)
    orders = []
    for _ in range(repeats):
        stream.shuffle(drawn)
        order = order[drawn]  # scikit-learn shuffles the shuffled rows again
        orders.append(order)
    return torch.from_numpy(np.stack(orders))


def accuracy_lost(right: Tensor, shuffled: Tensor) -> Lost:
    """The drop in accuracy.

    The interval is Agresti and Min's (2005) for paired right and wrong predictions, which adds two rows, so that it is
    not empty if no prediction changes.

    Args:
        right: 1 for a right prediction [N], or the share of right labels.
        shuffled: The same with a column shuffled [R, N].

    Example:
        >>> lost = accuracy_lost(torch.tensor([1.0, 1.0, 0.0, 1.0]), torch.tensor([[0.0, 1.0, 0.0, 1.0]]))
        >>> lost.mean
        0.25
    """
    each = right.double() - shuffled.double().mean(dim=0)
    count = len(each) + 2
    centre, square = each.sum() / count, (each.square().sum() + 1) / count
    half = _NORMAL * ((square - centre.square()) / count).sqrt()
    return Lost(each.mean().item(), (centre - half).item(), (centre + half).item())


def r2_lost(values: Tensor, shuffled: Tensor, y: Tensor) -> Lost:
    """The drop in R², with an interval by the delta method, since R² is a ratio of two means over rows.

    Args:
        values: Predictions [N].
        shuffled: The same with a column shuffled [R, N].
        y: Targets [N].
    """
    values, shuffled, y = values.double(), shuffled.double(), y.double()
    more = (shuffled - y).square().mean(dim=0) - (values - y).square()
    spread = (y - y.mean()).square()
    mean = (more.mean() / spread.mean()).item()
    half = _NORMAL * (more - mean * spread).std().item() / spread.mean().item() / len(y) ** 0.5
    return Lost(mean, mean - half, mean + half)
