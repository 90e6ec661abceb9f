"""The base of every dataset that is held in memory: splits, scaling, label noise, loaders and the `DataSpec`."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from src.data.blocks import BlockLoader
from src.errors import ConfigError
from src.rules import Count, Fraction, Seed, checked
from src.spec import DataSpec, Task

Split = Literal["train", "val", "test"]

_EVALUATION_ROWS = 16_384  # rows of a forward pass without gradients: few calls, yet bounded memory for any N
_BLOCK_BYTES = 64 * 2**20  # a block's copy of its rows stays below this
_BLOCK_STEPS = 256  # an upper bound, so that the progress bar moves and Ctrl-C is answered

_LABEL_NOISE_STREAM = 101  # apart from the streams that `load` uses, which count from 0


class Rows(NamedTuple):
    """Inputs x [N, …] (float32) and targets y [N] (int64 labels, or float32 values for regression)."""

    x: Tensor
    y: Tensor


class Splits(NamedTuple):
    """The three parts of a dataset."""

    train: Rows
    val: Rows
    test: Rows


def stream_seed(seed: int, stream: int) -> int:
    """A seed for one of several independent random streams of the same `seed`."""
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0])


class InMemoryDataModule(LightningDataModule, ABC):
    """Rows held as tensors, split, scaled and served as blocks of minibatches.

    A dataset names its `task`, its classes and, in `load`, its rows. Scaling is fitted on the training rows and is part
    of the checkpoint; label noise touches the training labels only, so that validation and test measure the truth.

    Args:
        batch_size: Rows of a training minibatch; None is the whole training split.
        seed: Seed of the rows and of the label noise.
        shuffle_seed: Seed of the order in which training sees them; None is `seed`.
        steps_per_execution: Optimiser steps of one `training_step`; `auto` lets `src.build` choose.
        standardize: Shift and scale each column to mean 0 and standard deviation 1 over the training rows.
        label_noise: Fraction of the training labels replaced by another class.
    """

    task: ClassVar[Task]
    feature_names: tuple[str, ...] = ()

    @checked
    def __init__(
        self,
        *,
        batch_size: Count | None = 32,
        seed: Seed = 0,
        shuffle_seed: Seed | None = None,
        steps_per_execution: Count | Literal["auto"] = "auto",
        standardize: bool = False,
        label_noise: Fraction = 0.0,
    ) -> None:
        super().__init__()
        self.batch_size, self.seed = batch_size, seed
        self.shuffle_seed = seed if shuffle_seed is None else shuffle_seed
        self.steps_per_execution: int | Literal["auto"] = steps_per_execution
        self.standardize, self.label_noise = standardize, label_noise
        self.mean: Tensor | None = None
        self.scale: Tensor | None = None
        self._splits: Splits | None = None

    @abstractmethod
    def load(self) -> Splits:
        """The raw rows of each split."""

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Name of each class by its label; empty for regression."""

    @property
    def splits(self) -> Splits:
        """The rows as networks see them: scaled, the training labels with their noise."""
        if self._splits is None:
            raw = self.load()
            for name, rows in zip(Splits._fields, raw, strict=True):
                if len(rows.x) == 0:
                    raise ConfigError(f"data: the {name} split has no rows; draw more rows or change the fractions")
            if self.standardize and self.mean is None:
                self._fit_scaler(raw.train.x)
            train, val, test = (Rows(self.scaled(rows.x), rows.y) for rows in raw)
            self._splits = Splits(Rows(train.x, self._with_label_noise(train.y)), val, test)
        return self._splits

    @property
    def spec(self) -> DataSpec:
        """What networks, heads and plots need to know of this dataset."""
        x, y = self.splits.train
        names = self.class_names
        counts = tuple(torch.bincount(y, minlength=len(names)).tolist()) if names else ()
        features = self.feature_names or (tuple(f"x{i + 1}" for i in range(x.shape[1])) if x.ndim == 2 else ())
        return DataSpec(self.task, tuple(x.shape[1:]), names, counts, features)

    def setup(self, stage: str | None = None) -> None:
        """Lightning's hook: makes the splits ready, once."""
        _ = self.splits

    def _fit_scaler(self, x: Tensor) -> None:
        self.mean = x.mean(dim=0)
        deviation = x.std(dim=0, correction=0)
        self.scale = torch.where(deviation > 0, deviation, torch.ones_like(deviation))

    def scaled(self, x: Tensor) -> Tensor:
        """Raw inputs x [N, …] as the network sees them."""
        return x if self.mean is None or self.scale is None else (x - self.mean) / self.scale

    def _with_label_noise(self, y: Tensor) -> Tensor:
        num_flips = round(self.label_noise * len(y))
        if num_flips == 0:
            return y
        generator = torch.Generator().manual_seed(stream_seed(self.seed, _LABEL_NOISE_STREAM))
        flipped = torch.randperm(len(y), generator=generator)[:num_flips]
        num_classes = len(self.class_names)
        if num_classes == 0:
            raise ConfigError(f"data.label_noise: these rows have numbers for targets (got {self.label_noise}); use 0")
        shift = torch.randint(1, num_classes, (num_flips,), generator=generator)  # never 0: always another class
        y = y.clone()
        y[flipped] = (y[flipped] + shift) % num_classes
        return y

    def block_size(self) -> int:
        """Minibatches of a block that `auto` would choose: an epoch if that is short, else a bounded part of one."""
        x = self.splits.train.x
        batch_bytes = max(1, self.batch_rows * x[:1].nbytes)
        return max(1, min(-(-len(x) // self.batch_rows), _BLOCK_STEPS, _BLOCK_BYTES // batch_bytes))

    @property
    def batch_rows(self) -> int:
        """Rows of a full training minibatch."""
        return self.batch_size or len(self.splits.train.x)

    def _loader(self, split: Split, shared: bool, **settings: Any) -> BlockLoader:
        """Rows of a split on the Trainer's device; `shared` among the processes that train together, or whole."""
        rows: Rows = getattr(self.splits, split)
        if self.trainer is None:
            return BlockLoader(rows.x, rows.y, **settings)
        device = self.trainer.strategy.root_device
        if shared:
            settings |= {"rank": self.trainer.global_rank, "world_size": self.trainer.world_size}
        return BlockLoader(rows.x.to(device), rows.y.to(device), **settings)

    def train_dataloader(self) -> BlockLoader:
        """Blocks of shuffled training minibatches."""
        steps = 1 if self.steps_per_execution == "auto" else self.steps_per_execution
        return self._loader(
            "train",
            shared=True,
            batch_size=self.batch_rows,
            block_size=steps,
            shuffle=self.batch_rows < len(self.splits.train.x),  # the order within one batch changes nothing
            seed=self.shuffle_seed,
        )

    def val_dataloader(self) -> BlockLoader:
        """The validation rows."""
        return self._loader("val", shared=True, batch_size=_EVALUATION_ROWS)

    def test_dataloader(self) -> BlockLoader:
        """The test rows."""
        return self._loader("test", shared=True, batch_size=_EVALUATION_ROWS)

    def whole(self, split: Split) -> BlockLoader:
        """All rows of a split in their order, in every process."""
        return self._loader(split, shared=False, batch_size=_EVALUATION_ROWS)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """The batch as it is: the loaders' rows are on the device already, and looking at each costs time."""
        return batch

    def state_dict(self) -> dict[str, Any]:
        """The scaler as plain tensors, for the checkpoint."""
        return {} if self.mean is None else {"mean": self.mean, "scale": self.scale}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the scaler of a checkpoint."""
        if state_dict and not torch.equal(state_dict["mean"], self.mean if self.mean is not None else torch.empty(0)):
            self.mean, self.scale = state_dict["mean"], state_dict["scale"]
            self._splits = None
