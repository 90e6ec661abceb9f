"""The rows of several runs side by side are those that each run has, in the order that it asks for."""

import pytest
import torch

from src.data.rows import Rows
from src.stacking.rows import StackRows


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (20,), (2, 2)], ids=str)
@pytest.mark.parametrize("which", [[0, 1, 2], [2, 0, 2, 1]], ids=["own", "shared"])
def test_rows_are_those_of_each_runs_data(which, shape, dtype):
    datasets = [Rows(torch.randn(n, *shape, dtype=dtype), torch.randint(0, 2, (n,))) for n in (5, 5, 4)]
    rows = StackRows(datasets, torch.tensor(which))
    runs = slice(1, len(which))
    order = torch.stack([torch.randperm(4) for _ in which[1:]])
    x, y = rows.gather(runs, order, [4] * len(order), torch.Tensor.float)
    for own, indices, ours, targets in zip(which[1:], order, x, y, strict=True):
        assert torch.equal(ours, datasets[own].x[indices])
        assert torch.equal(targets, datasets[own].y[indices].float())
    last = slice(len(which) - 1, len(which))
    x, y = rows.whole(last)
    assert torch.equal(x[0], datasets[which[-1]].x)
    assert torch.equal(y[0], datasets[which[-1]].y)
