"""BlockLoader: each row once, in an order determined only by the seed and the epoch."""

import pytest
import torch

from src.data.blocks import BlockLoader

X, Y = torch.arange(103).float().unsqueeze(1), torch.arange(103)


def rows_seen(loader):
    return torch.cat([y for block in loader for _, y in block]).tolist()


@pytest.mark.parametrize("block_size", [1, 3, 100])
def test_each_row_comes_once_with_its_target(block_size):
    loader = BlockLoader(X, Y, 10, block_size=block_size, shuffle=True)
    batches = [batch for block in loader for batch in block]
    assert all(torch.equal(x[:, 0].long(), y) for x, y in batches)
    assert [len(y) for _, y in batches] == [10] * 10 + [3]
    assert sorted(rows_seen(loader)) == list(range(103))
    assert len(loader) == len(list(loader))


def test_block_size_does_not_change_the_order():
    orders = [rows_seen(BlockLoader(X, Y, 10, block_size=size, shuffle=True, seed=5)) for size in (1, 4, 11)]
    assert orders[0] == orders[1] == orders[2]


def test_order_changes_with_epoch_and_seed_and_comes_back():
    loader = BlockLoader(X, Y, 10, shuffle=True, seed=1)
    first = rows_seen(loader)
    loader.set_epoch(1)
    second = rows_seen(loader)
    loader.set_epoch(0)
    assert first == rows_seen(loader)
    assert first != second
    assert first != rows_seen(BlockLoader(X, Y, 10, shuffle=True, seed=2))


def test_order_does_not_touch_or_depend_on_the_global_random_state():
    torch.manual_seed(0)
    first, state = rows_seen(BlockLoader(X, Y, 10, shuffle=True)), torch.get_rng_state()
    torch.manual_seed(0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(1)
    assert first == rows_seen(BlockLoader(X, Y, 10, shuffle=True))


def test_processes_share_evaluation_rows_completely_and_training_rows_equally():
    shared = [rows_seen(BlockLoader(X, Y, 10, rank=rank, world_size=4)) for rank in range(4)]
    assert sorted(row for rows in shared for row in rows) == list(range(103))
    training = [BlockLoader(X, Y, 10, shuffle=True, rank=rank, world_size=4) for rank in range(4)]
    parts = [rows_seen(loader) for loader in training]
    assert [len(part) for part in parts] == [25] * 4
    assert len({row for part in parts for row in part}) == 100


def test_memory_beyond_the_data_is_a_block():
    loader = BlockLoader(X, Y, 103)
    ((x, _),) = next(iter(loader))
    assert x.data_ptr() == X.data_ptr()
