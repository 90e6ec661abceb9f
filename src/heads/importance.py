"""Which columns of a table a head's answers rest on."""

from typing import NamedTuple

import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.heads.base import Head
from src.metrics.importance import Lost, accuracy_lost, r2_lost, shuffles

_AT_ONCE = 65_536  # rows of a forward pass
_FEWEST_ROWS = 100


class Importances(NamedTuple):
    """What a head loses on test rows where a column is shuffled.

    Attributes:
        score: `accuracy` or `r2`.
        columns: What is lost by the column's name, the most important first.
        num_rows: Test rows.
        repeats: Shuffles of each column.
    """

    score: str
    columns: dict[str, Lost]
    num_rows: int
    repeats: int


@torch.no_grad()
def importances(head: Head, data: InMemoryDataModule, repeats: int, most_numbers: int) -> Importances | None:
    """What each column of a table is worth on its test rows; None where they are no table's, or too wide.

    A category's inputs are shuffled together, as are a number with the mark of its missing cells and a date's parts.

    Args:
        head: With the weights and the threshold that answer.
        data: Its rows.
        repeats: Shuffles of each column.
        most_numbers: Rows times inputs that are computed; of more rows, some are drawn.
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
    """Labels [N] or [N, L], or values [N], of rows x [N, F] as the dataset holds them."""
    parts = [head(data.served(part).to(head.device)).float().cpu() for part in x.split(_AT_ONCE // data.members)]
    return torch.cat([head.predictions(part) for part in parts])


def _lost(answers: Tensor, shuffled: Tensor, y: Tensor) -> Lost:
    if y.is_floating_point():
        return r2_lost(answers, shuffled, y)
    right, right_shuffled = (answers == y).double(), (shuffled == y).double()
    if y.ndim == 2:
        right, right_shuffled = right.mean(dim=-1), right_shuffled.mean(dim=-1)
    return accuracy_lost(right, right_shuffled)
