"""The rows of M runs, side by side: each run sees its own data in its own order."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from src.data.blocks import BlockLoader
from src.data.rows import Rows

_FEW_COLUMNS = 16  # rows this short are gathered five times faster column by column, and multiplied twice as fast
_EVALUATION_NUMBERS = 2**22  # inputs of one forward pass without gradients

Convert = Callable[[Tensor], Tensor]
"""Converts targets [*] to those of a loss, in the same shape."""


class Alike(NamedTuple):
    """Neighbouring runs with equally many rows.

    Attributes:
        runs: The runs.
        size: Rows of each run.
    """

    runs: slice
    size: int


def alike(counts: list[int]) -> list[Alike]:
    """Neighbouring runs grouped by equal `counts`.

    Example:
        >>> alike([7, 7, 8])
        [Alike(runs=slice(0, 2, None), size=7), Alike(runs=slice(2, 3, None), size=8)]
    """
    bounds = [0, *(place for place in range(1, len(counts)) if counts[place] != counts[place - 1]), len(counts)]
    return [Alike(slice(*pair), counts[pair[0]]) for pair in pairwise(bounds) if counts]


class StackRows:
    """One split of M runs; runs of the same data share its memory.

    Attributes:
        counts: Rows of each run.

    Args:
        datasets: The split of each of D datasets, with rows of one shape; shorter ones are padded with zeros.
        which: Index [M] of each run's dataset.
    """

    _converted: Tensor | None = None

    def __init__(self, datasets: list[Rows], which: Tensor) -> None:
        self.counts = [len(datasets[place].y) for place in which.tolist()]
        x = pad_sequence([rows.x for rows in datasets], batch_first=True)
        self.as_columns = x.ndim == 3 and x.shape[2] <= _FEW_COLUMNS
        self.x = x.transpose(1, 2).contiguous() if self.as_columns else x
        self.y = pad_sequence([rows.y for rows in datasets], batch_first=True)
        self.which = which
        self._own = torch.equal(which, torch.arange(len(datasets)))  # one dataset per run, in order

    def to(self, device: torch.device) -> "StackRows":
        """Move to a device."""
        self.x, self.y, self.which = self.x.to(device), self.y.to(device), self.which.to(device)
        self._converted = None
        return self

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        self.which, self._own = self.which[runs], False
        self.counts = [self.counts[run] for run in runs.tolist()]

    def whole(self, runs: slice) -> tuple[Tensor, Tensor]:
        """All rows x [m, N, *input_shape] and targets y [m, N, …] of some runs with N rows each."""
        x, count = self._of(self.x, runs), self.counts[runs][0]
        return (x[..., :count].transpose(1, 2) if self.as_columns else x[:, :count]), self._of(self.y, runs)[:, :count]

    def gather(self, runs: slice, order: Tensor, counts: list[int], convert: Convert) -> tuple[Tensor, Tensor]:
        """The rows of some runs at the indices `order` [m, B]: x [m, B, *input_shape] and y [m, B, …].

        Args:
            runs: The runs.
            order: The indices; those of runs with fewer rows are padded.
            counts: How many belong to each run.
            convert: What makes y of the targets, the same at each call: they are converted once for all steps.
        """
        targets = self._of(self.targets(convert), runs)
        places = order.view(*order.shape, *[1] * (targets.ndim - 2)).expand(-1, -1, *targets.shape[2:])
        y = targets.gather(1, places)
        if self.as_columns:
            columns = self._of(self.x, runs)
            return columns.gather(2, order.unsqueeze(1).expand(-1, columns.shape[1], -1)).transpose(1, 2), y
        flat = (self.which[runs].unsqueeze(1) * self.y.shape[1] + order).flatten()
        return self.x.flatten(0, 1).index_select(0, flat).unflatten(0, order.shape), y

    def targets(self, convert: Convert) -> Tensor:
        """The targets y [D, N, …] of all datasets as `convert` makes them, which is asked at the first call only."""
        if self._converted is None:
            self._converted = convert(self.y)
        return self._converted

    def _of(self, stored: Tensor, runs: slice) -> Tensor:
        if self._own:
            return stored[runs]
        which = self.which[runs]
        return stored.expand(len(which), *stored.shape[1:]) if len(stored) == 1 else stored[which]

    def parts(self) -> Iterator[slice]:
        """All runs, a few with equally many rows at a time, to limit the size of a forward pass over all their rows."""
        return self.parts_of(self.x[:1].numel())

    def parts_of(self, numbers: int) -> Iterator[slice]:
        """All runs, a few with equally many rows at a time, if a forward pass of one needs some `numbers`."""
        most = max(1, _EVALUATION_NUMBERS // numbers)
        for runs, _ in alike(self.counts):
            for start in range(runs.start, runs.stop, most):
                yield slice(start, min(start + most, runs.stop))


class StackLoader:
    """Blocks of an epoch as the indices [M, rows] that each run sees next, in the same orders as from `BlockLoader`.

    During an epoch, a thread draws the orders of the next one.

    Args:
        counts: Rows of each run; all have equally many minibatches, and the last may differ in size.
        batch_size: Rows per minibatch.
        block_size: Minibatches per block.
        seeds: Seed of each run's order.
        totals: Rows from which each run draws its `counts` in each epoch; None uses all its rows.
    """

    batch_sampler = None  # Lightning asks for it besides `sampler`

    def __init__(
        self, counts: list[int], batch_size: int, block_size: int, seeds: list[int], totals: list[int] | None = None
    ) -> None:
        self.counts, self.batch_size, self.block_size = counts, batch_size, block_size
        self.seeds, self.totals = seeds, totals or counts
        self.most = max(counts)  # rows of the largest run still training
        self.shuffle = batch_size < self.most or self.totals != counts
        self._thread = ThreadPoolExecutor(1)
        self._drawn: dict[int, Future[Tensor]] = {}
        self.epoch = 0

    @property
    def sampler(self) -> "StackLoader":
        """Where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the orders of `epoch`; the Trainer calls this at the start of each epoch."""
        self.epoch = epoch

    @property
    def num_batches(self) -> int:
        """Number of minibatches in an epoch."""
        return -(-self.most // self.batch_size)

    def __len__(self) -> int:
        """Number of blocks in an epoch."""
        return -(-self.most // (self.batch_size * self.block_size))

    def counts_in(self, block: int) -> list[int]:
        """Rows of each run in block number `block` of an epoch."""
        size = self.batch_size * self.block_size
        return [min(count - block * size, size) for count in self.counts]

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        kept = self.seeds, self.counts, self.totals
        self.seeds, self.counts, self.totals = ([each[i] for i in runs.tolist()] for each in kept)
        self.most = max(self.counts, default=self.most)
        for epoch, drawn in list(self._drawn.items()):
            self._drawn[epoch] = self._thread.submit(drawn.result().index_select, 0, runs)

    def _orders(self, epoch: int, runs: list[tuple[int, int]]) -> Tensor:
        """The orders [M, rows] of runs given by seed and number of rows; shorter ones are padded with row 0."""
        orders = torch.zeros(len(runs), max((count for _, count in runs), default=0), dtype=torch.int64)
        drawn: dict[tuple[int, int], Tensor] = {}
        for run, order in zip(runs, orders, strict=True):
            own = order[: run[1]]
            if run in drawn:
                own.copy_(drawn[run])
            else:
                drawn[run] = BlockLoader.order(run[0], epoch, run[1], out=own)
        return orders

    def _draw(self, epoch: int) -> None:
        if epoch not in self._drawn:
            self._drawn[epoch] = self._thread.submit(
                self._orders, epoch, list(zip(self.seeds, self.totals, strict=True))
            )

    def __iter__(self) -> Iterator[Tensor]:
        """Yield the blocks of one epoch; a batch of all rows keeps their order."""
        if not self.shuffle:
            yield torch.arange(self.most).expand(len(self.seeds), -1)
            return
        self._draw(self.epoch)
        orders = self._drawn.pop(self.epoch).result()
        self._draw(self.epoch + 1)
        yield from orders[:, : self.most].split(self.batch_size * self.block_size, dim=1)

    def close(self) -> None:
        """Stop the thread."""
        self._thread.shutdown(cancel_futures=True)
