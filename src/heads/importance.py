"""Which columns of a table matter to a head's predictions."""

from typing import NamedTuple

import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.heads.base import Head
from src.metrics.importance import Lost, accuracy_lost, r2_lost, shuffles

_AT_ONCE = 65_536  # rows of a forward pass
_FEWEST_ROWS = 100


class Importances(NamedTuple):
    """How much a head's score drops on test rows when a column is shuffled.

    Attributes:
        score: `accuracy` or `r2`.
        columns: The drop by column name, the most important column first.
        num_rows: Number of test rows.
        repeats: Shuffles of each column.
    """

    score: str
    columns: dict[str, Lost]
    num_rows: int
    repeats: int


@torch.no_grad()
def importances(head: Head, data: InMemoryDataModule, repeats: int, most_numbers: int) -> Importances | None:
    """The importance of each column of a table on its test rows; None for other data and for too many columns.

    The inputs of a category are shuffled together, and so are a number with its missing-cell indicator and the parts of
    a date.

    Args:
        head: The head with its final weights and threshold.
        data: The dataset.
        repeats: Shuffles of each column.
        most_numbers: Limit on rows times inputs to compute; beyond it, a sample of the rows is used.
    """
    x, y = data.splits.test
    columns = data.inputs_of_columns
    if not columns or not isinstance(x, Tensor):
        return None
    most = most_numbers // (repeats * len(columns) * x.shape[1])
    if most < min(_FEWEST_ROWS, len(x)):
        return None
    if most < len(x):
        drawn = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:most].sort().values
        x, y = x[drawn], y[drawn]
    orders = shuffles(len(x), repeats)
    head.eval()
    answers = _answers(head, data, x)
    lost = {}
    for name, places in columns.items():
        shuffled = x.repeat(repeats, 1)
        shuffled[:, places] = x[:, places][orders.flatten()]
        lost[name] = _lost(answers, _answers(head, data, shuffled).unflatten(0, orders.shape), y)
    in_order = dict(sorted(lost.items(), key=lambda item: -item[1].mean))
    return Importances("accuracy" if data.class_names else "r2", in_order, len(x), repeats)


def _answers(head: Head, data: InMemoryDataModule, x: Tensor) -> Tensor:
    """Labels [N] or [N, L], or values [N], for rows x [N, F] as the dataset holds them."""
    parts = [head(data.served(part).to(head.device)).float().cpu() for part in x.split(_AT_ONCE // data.members)]
    return torch.cat([head.predictions(part) for part in parts])


def _lost(answers: Tensor, shuffled: Tensor, y: Tensor) -> Lost:
    if y.is_floating_point():
        return r2_lost(answers, shuffled, y)
    right, right_shuffled = (answers == y).double(), (shuffled == y).double()
    if y.ndim == 2:
        right, right_shuffled = right.mean(dim=-1), right_shuffled.mean(dim=-1)
    return accuracy_lost(right, right_shuffled)
