"""The rows of M runs, side by side: each run sees its own data in its own order."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import torch
from torch import Tensor

from src.data.blocks import BlockLoader
from src.data.rows import Rows

_FEW_COLUMNS = 16  # as columns, rows of so few numbers are gathered five times faster
_EVALUATION_NUMBERS = 2**22  # inputs of one forward pass without gradients


class StackRows:
    """One split of M runs; runs of the same data share its memory.

    Args:
        datasets: The split in each of D datasets, all of one shape.
        which: The dataset of each run: indices [M].
    """

    def __init__(self, datasets: list[Rows], which: Tensor) -> None:
        x = torch.stack([rows.x for rows in datasets])
        self.as_columns = x.ndim == 3 and x.shape[2] <= _FEW_COLUMNS
        self.x = x.transpose(1, 2).contiguous() if self.as_columns else x
        self.y = torch.stack([rows.y for rows in datasets])
        self.which = which
        self._own = torch.equal(which, torch.arange(len(datasets)))  # a dataset for each run, in their order

    def to(self, device: torch.device) -> "StackRows":
        """Move to a device."""
        self.x, self.y, self.which = self.x.to(device), self.y.to(device), self.which.to(device)
        return self

    @property
    def num_rows(self) -> int:
        """Rows of each run."""
        return self.y.shape[1]

    def select(self, runs: Tensor) -> None:
        """Keep some runs [k] only, by their indices."""
        self.which, self._own = self.which[runs], False

    def whole(self, runs: slice) -> tuple[Tensor, Tensor]:
        """All rows x [m, N, *input_shape] and targets y [m, N, …] of some runs."""
        x = self._of(self.x, runs)
        return (x.transpose(1, 2) if self.as_columns else x), self._of(self.y, runs)

    def gather(self, runs: slice, order: Tensor) -> tuple[Tensor, Tensor]:
        """The rows of some runs that `order` [m, B] names: x [m, B, *input_shape] and y [m, B, …]."""
        targets = self._of(self.y, runs)
        places = order.view(*order.shape, *[1] * (targets.ndim - 2)).expand(-1, -1, *targets.shape[2:])
        y = targets.gather(1, places)
        if self.as_columns:
            columns = self._of(self.x, runs)
            return columns.gather(2, order.unsqueeze(1).expand(-1, columns.shape[1], -1)).transpose(1, 2), y
        flat = (self.which[runs].unsqueeze(1) * self.num_rows + order).flatten()
        return self.x.flatten(0, 1).index_select(0, flat).unflatten(0, order.shape), y

    def _of(self, stored: Tensor, runs: slice) -> Tensor:
        if self._own:
            return stored[runs]
        which = self.which[runs]
        return stored.expand(len(which), *stored.shape[1:]) if len(stored) == 1 else stored[which]

    def parts(self) -> Iterator[slice]:
        """All runs, a few at a time, so that a forward pass over all their rows stays small."""
        each = max(1, _EVALUATION_NUMBERS // self.x[:1].numel())
        for start in range(0, len(self.which), each):
            yield slice(start, start + each)


class StackLoader:
    """Blocks of an epoch as the indices [M, rows] that each run sees next, in the orders that `BlockLoader` gives.

    While an epoch is trained, a thread draws the next one's orders.

    Args:
        num_rows: Rows of each run.
        batch_size: Rows of a minibatch.
        block_size: Minibatches of a block.
        seeds: Seed of each run's order.
    """

    batch_sampler = None  # Lightning asks for it beside `sampler`

    def __init__(self, num_rows: int, batch_size: int, block_size: int, seeds: list[int]) -> None:
        self.num_rows, self.batch_size, self.block_size = num_rows, batch_size, block_size
        self.seeds = seeds
        self.shuffle = batch_size < num_rows
        self._thread = ThreadPoolExecutor(1)
        self._drawn: dict[int, Future[Tensor]] = {}
        self.epoch = 0

    @property
    def sampler(self) -> "StackLoader":
        """Where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the orders of `epoch`; the Trainer calls this as each epoch begins."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Blocks of an epoch."""
        return -(-self.num_rows // (self.batch_size * self.block_size))

    def select(self, runs: Tensor) -> None:
        """Keep some runs [k] only, by their indices."""
        self.seeds = [self.seeds[i] for i in runs.tolist()]
        for epoch, drawn in list(self._drawn.items()):
            self._drawn[epoch] = self._thread.submit(drawn.result().index_select, 0, runs)

    def _orders(self, epoch: int, seeds: list[int]) -> Tensor:
        drawn = {seed: BlockLoader.order(seed, epoch, self.num_rows) for seed in set(seeds)}
        return torch.stack([drawn[seed] for seed in seeds])

    def _draw(self, epoch: int) -> None:
        if epoch not in self._drawn:
            self._drawn[epoch] = self._thread.submit(self._orders, epoch, list(self.seeds))

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the blocks of one epoch; a batch of all rows has them as they stand."""
        if not self.shuffle:
            yield torch.arange(self.num_rows).expand(len(self.seeds), -1)
            return
        self._draw(self.epoch)
        orders = self._drawn.pop(self.epoch).result()
        self._draw(self.epoch + 1)
        yield from orders.split(self.batch_size * self.block_size, dim=1)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(cancel_futures=True)
