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


class _Decoder(Dataset[tuple[Tensor, list[int]]]):
    """Decodes the files of a minibatch. A worker is sent these alone, so its memory does not grow with the folder."""

    def __getitem__(self, files: ImageFiles) -> tuple[Tensor, list[int]]:
        return files.read(range(len(files)))


class _Minibatches:
    """The files of each minibatch of an epoch, found when a worker is free.

    Args:
        files: All files.
    """

    def __init__(self, files: ImageFiles) -> None:
        self.files = files
        self.places: list[Tensor] = []

    def __iter__(self) -> Iterator[ImageFiles]:
        return (self.files.at(each.tolist()) for each in self.places)


class StreamLoader(BlockLoader):
    """`BlockLoader`'s order and augmentation for images in files, one minibatch per block, decoded by workers.

    The workers start with the first epoch and stay; each is at most two minibatches ahead.

    Args:
        files: The images.
        y: Their labels [N].
        num_workers: Number of decoding processes; 0 decodes in this one.
        **settings: Arguments of `BlockLoader`.
    """

    def __init__(self, files: ImageFiles, y: Tensor, *, num_workers: int, **settings: Any) -> None:
        super().__init__(files, y, **settings)  # type: ignore[arg-type]
        self.block_size = 1
        self._minibatches = _Minibatches(files)
        self._decoded = DataLoader(
            _Decoder(),
            batch_size=None,
            sampler=self._minibatches,
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            pin_memory=self.device.type == "cuda",
            generator=Generator(),  # or it would draw from the run's own random state and so change it
        )
        self._told = False

    def _placed(self, x: Tensor) -> Tensor:
        return x

    def __iter__(self) -> Iterator[Block]:
        """Yield the blocks of one epoch."""
        order = self._order()
        rows = torch.arange(len(self.x)) if order is None else order
        self._minibatches.places = places = list(rows.split(self.batch_size)[self._begin() :])
        lost = 0
        try:
            for (x, kept), those in zip(self._decoded, places, strict=True):
                self._served += 1
                lost += len(those) - len(kept)
                if len(kept):
                    yield [(self._view(x), self.y[those[kept].to(self.device)])]
        except ConfigError as error:  # from a worker it arrives with the worker's traceback first
            raise ConfigError(str(error).strip().splitlines()[-1].rpartition("ConfigError: ")[2]) from None
        if lost and not self._told:
            log.warning(left_out(lost, len(rows)))
            self._told = True
