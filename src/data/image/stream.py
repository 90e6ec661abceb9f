"""Minibatches of images that are decoded during training, for folders that do not fit in memory."""

import logging
from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from src.data.blocks import BlockLoader
from src.data.image.files import ImageFiles, left_out
from src.errors import ConfigError
from src.spec import Block

log = logging.getLogger(__name__)


class _Batches(Dataset[tuple[Tensor, list[int]]]):
    """Decoded images by the file indices of a minibatch."""

    def __init__(self, files: ImageFiles, batches: list[list[int]]) -> None:
        self.files, self.batches = files, batches

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Tensor, list[int]]:
        return self.files.read(self.batches[number])


class StreamLoader(BlockLoader):
    """`BlockLoader`'s order and augmentation for images in files, one minibatch per block, decoded by workers.

    Args:
        files: The images.
        y: Their labels [N].
        num_workers: Number of decoding processes; 0 decodes in this one.
        **settings: Arguments of `BlockLoader`.
    """

    def __init__(self, files: ImageFiles, y: Tensor, *, num_workers: int, **settings: Any) -> None:
        super().__init__(files, y, **settings)  # type: ignore[arg-type]
        self.block_size = 1
        self.num_workers = num_workers
        self._told = False

    def _placed(self, x: Tensor) -> Tensor:
        return x

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of one epoch."""
        order = self._order()
        places = torch.arange(len(self.x)) if order is None else order
        batches = [part.tolist() for part in places.split(self.batch_size)][self._begin() :]
        files: Any = self.x
        decoded = DataLoader(
            _Batches(files, batches),
            batch_size=None,
            num_workers=self.num_workers,
            pin_memory=self.device.type == "cuda",
            generator=Generator(),  # or it would draw from the run's own random state and so change it
        )
        lost = 0
        try:
            for (x, kept), batch in zip(decoded, batches, strict=True):
                self._served += 1
                lost += len(batch) - len(kept)
                if len(kept):
                    yield [(self._view(x), self.y[torch.as_tensor(kept).to(self.device)])]
        except ConfigError as error:  # from a worker it arrives with the worker's traceback first
            raise ConfigError(str(error).strip().splitlines()[-1].rpartition("ConfigError: ")[2]) from None
        if lost and not self._told:
            log.warning(left_out(lost, len(places)))
            self._told = True
