"""Minibatches of tensors held in memory, several handed over at once.

Lightning's Trainer costs about half a millisecond a `training_step`, more than a small network's whole gradient step. A
block carries many minibatches through one `training_step`, so that cost is paid once a block. Keras calls the number
`steps_per_execution`.
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from src.spec import Block

_EPOCHS_PER_SEED = 2**20  # room for the epochs of one seed before the next seed's begin


class BlockLoader:
    """Iterate over rows x [N, …] and y [N, …] as blocks: lists of minibatches (x [B, …], y [B, …]).

    The order of an epoch depends on `seed` and the epoch's number alone, so a resumed run sees the order that the
    uninterrupted run would have seen. Rows are gathered a block at a time: the memory beyond the data is a block.

    Args:
        x: Inputs, first dimension N.
        y: Targets, first dimension N.
        batch_size: Rows of a minibatch; the last of an epoch may be smaller.
        block_size: Minibatches of a block; the last of an epoch may hold fewer.
        shuffle: Draw a new order each epoch.
        seed: Seed of the order.
        rank: This process' number among `world_size`, which share the rows between them.
        world_size: Processes that train together.
    """

    batch_sampler = None  # Lightning asks for it beside `sampler`

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        batch_size: int,
        *,
        block_size: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.x, self.y = x, y
        self.batch_size, self.block_size = batch_size, block_size
        self.shuffle, self.seed = shuffle, seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0

    @property
    def num_rows(self) -> int:
        """Rows that this process sees in an epoch: when training, equal on all, so that none waits for the others."""
        return len(self.x) // self.world_size if self.shuffle else len(range(self.rank, len(self.x), self.world_size))

    @property
    def num_batches(self) -> int:
        """Minibatches of an epoch."""
        return -(-self.num_rows // self.batch_size)

    def __len__(self) -> int:
        """Blocks of an epoch."""
        return -(-self.num_batches // self.block_size)

    @property
    def sampler(self) -> "BlockLoader":
        """Where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of `epoch`; the Trainer calls this as each epoch begins."""
        self.epoch = epoch

    @staticmethod
    def order(seed: int, epoch: int, num_rows: int) -> Tensor:
        """The order [num_rows] in which an epoch sees all rows."""
        generator = torch.Generator().manual_seed(seed * _EPOCHS_PER_SEED + epoch)
        return torch.randperm(num_rows, generator=generator)

    def _order(self) -> Tensor | None:
        """The rows of this epoch and process as indices, or None where that is all rows as they stand."""
        if self.shuffle:
            order = self.order(self.seed, self.epoch, len(self.x))
        elif self.world_size > 1:
            order = torch.arange(len(self.x))
        else:
            return None
        return order[self.rank :: self.world_size][: self.num_rows].to(self.x.device)

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of one epoch."""
        order = self._order()
        rows = self.batch_size * self.block_size
        for start in range(0, self.num_rows, rows):
            stop = min(start + rows, self.num_rows)
            if order is None:
                x, y = self.x[start:stop], self.y[start:stop]
            else:
                chosen = order[start:stop]
                x, y = self.x[chosen], self.y[chosen]
            yield list(zip(x.split(self.batch_size), y.split(self.batch_size), strict=True))
