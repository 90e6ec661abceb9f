"""The images of M runs, held as bytes: each run augments and scales its own minibatches."""

from collections.abc import Iterator

import torch
from torch import Generator, Tensor

from src.data.base import InMemoryDataModule
from src.data.blocks import BlockLoader
from src.data.rows import Split
from src.stacking.rows import Convert, StackLoader, StackRows

_CHANNELS = 32  # about as many numbers per pixel as convolutions make of each


class ImageRows(StackRows):
    """A split of runs whose data scale images when they are served.

    Args:
        datasets: The D datasets.
        split: The name of the split.
        which: Index [M] of each run's dataset.

    Attributes:
        loader: What says the epoch, the size of minibatches and each run's seed, if runs train on this split.
    """

    def __init__(self, datasets: list[InMemoryDataModule], split: Split, which: Tensor) -> None:
        super().__init__([getattr(data.splits, split) for data in datasets], which)
        self.datasets = datasets
        self.loader: StackLoader | None = None
        self._views: dict[int, tuple[int, Generator]] = {}

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index, as in `StackRows`."""
        super().select(runs)
        self._views = {}

    def whole(self, runs: slice) -> tuple[Tensor, Tensor]:
        """All images x [m, N, C, H, W] and targets y [m, N, …] of some runs with N rows each, scaled."""
        x, y = super().whole(runs)
        return torch.stack([data.served(own) for data, own in zip(self._data_of(runs), x, strict=True)]), y

    def gather(self, runs: slice, order: Tensor, counts: list[int], convert: Convert) -> tuple[Tensor, Tensor]:
        """The images x [m, B, C, H, W] and targets y [m, B, …] at indices `order` [m, B], augmented and scaled.

        Args:
            runs: The runs.
            order: The indices; those of runs with fewer rows are padded.
            counts: How many belong to each run.
            convert: What makes y of the targets, as in `StackRows`.
        """
        assert self.loader is not None
        x, y = super().gather(runs, order, counts, convert)
        found = []
        for run, data, own, count in zip(range(runs.start, runs.stop), self._data_of(runs), x, counts, strict=True):
            generator = self._generator(run)
            seen = [data.augment(batch, generator) for batch in own[:count].split(self.loader.batch_size)]
            found.append(data.served(torch.cat([*seen, own[count:]])))
        return torch.stack(found), y

    def parts(self) -> Iterator[slice]:
        """All runs, a few at a time, to limit the size of a forward pass through convolutions."""
        return self.parts_of(_CHANNELS * self.x[:1].numel())

    def _generator(self, run: int) -> Generator:
        """The generator of a run's augmentation in this epoch."""
        assert self.loader is not None
        if run not in self._views or self._views[run][0] != self.loader.epoch:
            self._views[run] = self.loader.epoch, BlockLoader.views(self.loader.seeds[run], self.loader.epoch)
        return self._views[run][1]

    def _data_of(self, runs: slice) -> list[InMemoryDataModule]:
        return [self.datasets[place] for place in self.which[runs].tolist()]
