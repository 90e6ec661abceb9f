"""BlockLoader with sizes that do not divide: lengths in closed form, and processes that share rows."""

from math import ceil

import pytest
import torch

from src.data.blocks import BlockLoader


def loader_of(num_rows, batch_size, **settings):
    return BlockLoader(torch.arange(num_rows).float(), torch.arange(num_rows), batch_size, **settings)


def rows_seen(loader):
    return [row for block in loader for _, y in block for row in y.tolist()]


@pytest.mark.parametrize("num_rows", [1, 12, 13])
@pytest.mark.parametrize("batch_size", [1, 4, 20])
@pytest.mark.parametrize("block_size", [1, 2, 50])
def test_length_is_the_number_of_blocks(num_rows, batch_size, block_size):
    loader = loader_of(num_rows, batch_size, block_size=block_size)
    sizes = [len(block) for block in loader]
    assert len(loader) == len(sizes) == ceil(ceil(num_rows / batch_size) / block_size)
    assert sum(sizes) == loader.num_batches == ceil(num_rows / batch_size)
    assert max(sizes) <= block_size


def test_without_shuffling_rows_keep_their_order_in_every_epoch():
    loader = loader_of(13, 4, block_size=2)
    loader.set_epoch(5)
    assert rows_seen(loader) == list(range(13))


@pytest.mark.parametrize("block_size", [1, 3])
def test_processes_partition_an_epoch_of_one_process(block_size):
    settings = {"shuffle": True, "seed": 2, "block_size": block_size}
    alone = rows_seen(loader_of(12, 2, **settings))
    parts = [rows_seen(loader_of(12, 2, rank=rank, world_size=3, **settings)) for rank in range(3)]
    assert sorted(row for part in parts for row in part) == list(range(12))
    assert [row for rows in zip(*parts, strict=True) for row in rows] == alone


def test_neighbouring_seeds_and_epochs_share_no_order():
    orders = set()
    for seed in range(3):
        loader = loader_of(50, 10, shuffle=True, seed=seed)
        for epoch in range(3):
            loader.set_epoch(epoch)
            orders.add(tuple(rows_seen(loader)))
    assert len(orders) == 9
