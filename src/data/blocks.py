"""Minibatches of tensors held in memory, several at once.

Lightning's Trainer costs about half a millisecond per `training_step`, more than a small network's whole gradient step.
A block carries many minibatches through one `training_step`, so that this cost is paid once per block. Keras calls the
number `steps_per_execution`.
"""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from src.spec import AnyBatch, Block, HeardBatch, WeightedBatch

_EPOCHS_PER_SEED = 2**20  # room for the epochs of one seed before those of the next seed begin
_AUGMENTATION_STREAM = 2**62  # separate from the orders of all seeds


class BlockLoader:
    """Iterate over rows x [N, …] and y [N, …] as blocks: lists of minibatches (x [B, …], y [B, …]).

    The order of an epoch depends only on `seed` and the epoch's number, so a resumed run sees the same order as an
    uninterrupted one. Rows are gathered block by block, so at most one block is held in addition to the data.

    Args:
        x: Inputs, first dimension N.
        y: Targets, first dimension N.
        batch_size: Rows per minibatch; the last of an epoch may be smaller.
        block_size: Minibatches per block; the last block of an epoch may hold fewer.
        shuffle: Whether to draw a new order for each epoch.
        seed: Seed of the order and of the augmentation.
        device: The device of the minibatches; rows that fit there are moved at once, others batch by batch.
        scale: Maps raw inputs [B, …] to what the network sees; None if rows are held that way.
        augment: Maps raw inputs [B, …] and a generator to augmented inputs; None leaves them unchanged.
        weights: The weight of each row [N]; None serves minibatches without weights.
        voices: Which members of an ensemble predict each row [N, M]; None if all do.
        rank: Number of this process among the `world_size` that share the rows.
        world_size: Number of processes that train together.

    Example:
        >>> x, y = torch.arange(10.0).view(5, 2), torch.arange(5)
        >>> [[batch.tolist() for _, batch in block] for block in BlockLoader(x, y, batch_size=2, block_size=2)]
        [[[0, 1], [2, 3]], [[4]]]
    """

    batch_sampler = None  # Lightning asks for it as well as for `sampler`

    def __init__(
        self,
        x: Tensor,
        y: Tensor,
        batch_size: int,
        *,
        block_size: int = 1,
        shuffle: bool = False,
        seed: int = 0,
        device: torch.device | str = "cpu",
        scale: Callable[[Tensor], Tensor] | None = None,
        augment: Callable[[Tensor, Generator], Tensor] | None = None,
        weights: Tensor | None = None,
        voices: Tensor | None = None,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.device = torch.device(device)
        self.x, self.y = self._placed(x), y.to(self.device)
        self.scale, self.augment = scale, augment
        self.weights, self.voices = (None if each is None else each.to(self.device) for each in (weights, voices))
        self.batch_size, self.block_size = batch_size, block_size
        self.shuffle, self.seed = shuffle, seed
        self.rank, self.world_size = rank, world_size
        self.epoch = 0
        self._served = 0
        self._views = self.views(self.seed, self.epoch)
        self._resumed: dict[str, Any] = {}

    @property
    def num_rows(self) -> int:
        """Rows that this process sees in an epoch; in training equal for all processes, so that none has to wait."""
        return len(self.x) // self.world_size if self.shuffle else len(range(self.rank, len(self.x), self.world_size))

    @property
    def num_batches(self) -> int:
        """Number of minibatches in an epoch."""
        return -(-self.num_rows // self.batch_size)

    def __len__(self) -> int:
        """Number of blocks in an epoch."""
        return -(-self.num_batches // self.block_size)

    @property
    def sampler(self) -> "BlockLoader":
        """Where Lightning looks for `set_epoch`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the order of `epoch`; the Trainer calls this at the start of each epoch."""
        self.epoch = epoch

    @staticmethod
    def order(seed: int, epoch: int, num_rows: int, out: Tensor | None = None) -> Tensor:
        """The order [num_rows] in which an epoch sees all rows: a permutation for each `seed` and `epoch`.

        Args:
            seed: The seed.
            epoch: The epoch.
            num_rows: How many rows there are.
            out: Where the order is written [num_rows]; None is a new tensor.
        """
        generator = torch.Generator().manual_seed(seed * _EPOCHS_PER_SEED + epoch)
        return torch.randperm(num_rows, generator=generator, out=out)

    def _order(self) -> Tensor | None:
        """The rows of this epoch and process as indices, or None for all rows in their given order."""
        if self.shuffle:
            order = self.order(self.seed, self.epoch, len(self.x))
        elif self.world_size > 1:
            order = torch.arange(len(self.x))
        else:
            return None
        return order[self.rank :: self.world_size][: self.num_rows]

    @staticmethod
    def views(seed: int, epoch: int) -> Generator:
        """The random generator of an epoch's augmentation, one for each `seed` and `epoch`."""
        return Generator().manual_seed(_AUGMENTATION_STREAM + seed * _EPOCHS_PER_SEED + epoch)

    # Checkpoints within an epoch

    def state_dict(self) -> dict[str, Any]:
        """The progress within this epoch, which the Trainer keeps in a checkpoint."""
        views = {} if self.augment is None else {"views": self._views.get_state()}
        return {"epoch": self.epoch, "served": self._served, **views}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Let the same epoch begin where `state_dict` was taken; other epochs are served whole."""
        self._resumed = state_dict

    def _begin(self) -> int:
        """Blocks of this epoch that were served before a resume."""
        state, self._resumed = self._resumed, {}
        resumed = bool(state) and state["epoch"] == self.epoch
        self._served = int(state["served"]) if resumed else 0
        self._views = self.views(self.seed, self.epoch)
        if resumed and "views" in state:
            self._views.set_state(state["views"])
        return self._served

    def _placed(self, x: Tensor) -> Tensor:
        """The rows on the device, unless they would fill more than half of its free memory."""
        if self.device.type == "cuda" and x.nbytes > torch.cuda.mem_get_info(self.device)[0] // 2:
            return x.pin_memory()
        return x.to(self.device)

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of one epoch."""
        order = self._order()
        rows = self.batch_size * self.block_size
        for start in range(self._begin() * rows, self.num_rows, rows):
            self._served += 1
            chosen: slice | Tensor = slice(start, min(start + rows, self.num_rows))
            if order is not None:
                chosen = order[chosen].to(self.x.device)
            targets = chosen.to(self.device) if isinstance(chosen, Tensor) else chosen
            x, y = self.x[chosen].split(self.batch_size), self.y[targets].split(self.batch_size)
            if self.augment is not None or self.scale is not None:
                x = tuple(self._view(each) for each in x)
            if self.weights is not None:
                yield list(map(WeightedBatch, x, y, self.weights[targets].split(self.batch_size)))
            elif self.voices is not None:
                yield list(map(HeardBatch, x, y, self.voices[targets].split(self.batch_size)))
            else:
                yield list(zip(x, y, strict=True))

    def _view(self, x: Tensor) -> Tensor:
        """Inputs of a minibatch as the network sees them."""
        x = x.to(self.device, non_blocking=True)
        if self.augment is not None:
            x = self.augment(x, self._views)
        return x if self.scale is None else self.scale(x)


class BatchLoader:
    """A `BlockLoader`'s minibatches (x [B, …], y [B, …]) one by one, like any DataLoader.

    Each pass is a separate epoch with its own order, even if nobody calls `set_epoch`.

    Args:
        blocks: The loader.

    Example:
        >>> x, y = torch.arange(10.0).view(5, 2), torch.arange(5)
        >>> [y.tolist() for _, y in BatchLoader(BlockLoader(x, y, batch_size=2))]
        [[0, 1], [2, 3], [4]]
    """

    batch_sampler = None

    def __init__(self, blocks: BlockLoader) -> None:
        self.blocks = blocks

    def __len__(self) -> int:
        """Number of minibatches in an epoch."""
        return self.blocks.num_batches

    @property
    def sampler(self) -> BlockLoader:
        """Where Lightning looks for `set_epoch`."""
        return self.blocks

    def __iter__(self) -> Iterator[AnyBatch]:
        """Yield the minibatches of one epoch."""
        for block in self.blocks:
            yield from block
        self.blocks.set_epoch(self.blocks.epoch + 1)
