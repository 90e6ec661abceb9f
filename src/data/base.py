"""The base of every dataset held in memory: splits, scaling, label noise, loaders and the `DataSpec`."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from copy import copy
from math import prod
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from lightning.pytorch import LightningDataModule, Trainer
from torch import Tensor

from src.data import choosing
from src.data.blocks import BatchLoader, BlockLoader
from src.data.folds import NumFolds, chosen_fold
from src.data.identity import Keys
from src.data.label_noise import with_label_noise
from src.data.member_scaler import MemberScaler
from src.data.reading.dialect import PLAIN, Dialect, Told
from src.data.rows import Rows, Split, Splits, label_counts
from src.data.scaler import Scaler
from src.data.shared import Shared
from src.data.sourced import Sourced
from src.data.table import Table
from src.errors import ConfigError
from src.settings.rules import Count, Fraction, Natural, Seed, checked
from src.spec import DataSpec, Task

_EVALUATION_ROWS = 16_384  # rows of a forward pass without gradients: few calls, yet bounded memory for any N
_EVALUATION_NUMBERS = 2**18  # and numbers in these rows, since a convolution turns each into many
_BLOCK_BYTES = 64 * 2**20  # a block's copy of its rows stays below this
_BLOCK_STEPS = 256  # an upper limit, so that the progress bar moves and Ctrl-C is answered
_LABEL_NOISE_STREAM = 101  # separate from the streams of `load`, which count from 0


def stream_seed(seed: int, stream: int) -> int:
    """The seed of one of several independent random streams of the same `seed`, by the number of the `stream`."""
    return int(np.random.SeedSequence([seed, stream]).generate_state(1)[0])


class InMemoryDataModule(Sourced, Shared, LightningDataModule, ABC):
    """Rows held as tensors, split, scaled and served as blocks of minibatches.

    A dataset defines its `task`, its classes and, in `load`, its rows. Scaling is fitted on the training rows and
    stored in the checkpoint; label noise affects only training labels, so that validation and test scores are true.

    Args:
        batch_size: Rows of a training minibatch; None is the whole training split.
        seed: Seed of the rows and of the label noise.
        shuffle_seed: Seed of the order of the rows in training; None is `seed`.
        steps_per_execution: Optimiser steps of one `training_step`; `auto` lets `src.building.plan` choose.
        standardize: Whether to shift and scale each column to mean 0 and standard deviation 1 over the training rows.
        label_noise: Fraction of the training labels to replace by another class.
        folds: Number of folds of the rows, each of which is the test split once; None uses a single test split.
        fold: Number of the fold that is the test split, from 0.
        blocks: Whether to serve blocks of minibatches, for the heads of this project; False serves ordinary batches (x,
            y) of `batch_size` rows, for any LightningModule and any loop.
    """

    task: ClassVar[Task]
    divides_rows: ClassVar[bool] = False  # into training and test rows, and therefore into folds on request
    draws_rows: ClassVar[bool] = True  # by `seed`; a source of fixed rows uses the seed only to split them
    shares_unit: ClassVar[bool] = False  # whether all inputs have the same unit, so that planes are drawn to scale
    feature_names: tuple[str, ...] = ()
    target_name = "target"  # what is predicted, if the source has a name for it
    inputs_of_columns: Mapping[str, list[int]] = {}  # positions of the inputs that each column of a table becomes
    weights: Tensor | None = None  # of the training rows [N], with mean 1, if some count more than others
    target_scale: tuple[float, float] = (0.0, 1.0)  # centre and unit of targets that are numbers
    reading: Dialect | Told = PLAIN  # the format of files of rows to predict from
    as_seen = True  # how images to predict from are decoded
    scaled_when_served: ClassVar[bool] = (
        False  # images: unscaled ones take a quarter of the memory, and scaling a batch is cheap
    )

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
        folds: NumFolds | None = None,
        fold: Natural | None = None,
        blocks: bool = True,
    ) -> None:
        super().__init__()
        self.fold = chosen_fold(folds, fold)
        if self.fold is not None and not self.divides_rows:
            raise ConfigError(
                f"data.folds: {type(self).__name__} already has a test split, so its rows are not divided into "
                f"folds (got {folds}); leave it out"
            )
        self.batch_size, self.seed = batch_size, seed
        self.shuffle_seed = seed if shuffle_seed is None else shuffle_seed
        self.steps_per_execution: int | Literal["auto"] = steps_per_execution
        self.standardize: bool | Literal["robust"] = standardize
        self.label_noise, self.blocks = label_noise, blocks
        self.scaler: Scaler | None = None
        self.same_rows = False  # training rows are also the test rows, as in a truth table
        self.doubts: list[tuple[str, str]] = []  # kind and text of what is probably a mistake in a source
        self._splits: Splits | None = None

    @property
    def title(self) -> str:
        """The name of the data in messages."""
        return type(self).__name__

    # What a dataset defines

    @abstractmethod
    def load(self) -> Splits:
        """The raw rows of each split."""

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """Name of each class by its index, or of each label if rows have several; empty for regression."""

    def fit_scaler(self, x: Tensor) -> Scaler | None:
        """The scaler fitted to raw training rows x [N, …]; None leaves inputs unchanged."""
        return Scaler.fitted(x) if self.standardize else None

    def augment(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Augmented versions [B, …] of the raw training rows x [B, …] of a minibatch, drawn from `generator`."""
        return x

    def encode(self, table: Table, spec: DataSpec) -> Tensor:
        """Raw inputs x [N, F] of a table's rows, with the columns that `spec` names.

        Raises:
            ConfigError: A column is missing, or a cell is not a number.
        """
        names = self.columns_used(spec)
        table.require(names)
        return torch.from_numpy(np.stack([table.numbers(name) for name in names], axis=1)).float()

    def choose(self) -> choosing.Choice:
        """The task that fits the target, for a run that names no head; reads no more data than needed."""
        return choosing.Choice(self.spec.task, f"the data has {self.spec.num_classes or 'no'} classes")

    def columns_used(self, spec: DataSpec) -> list[str]:
        """The columns of a table that `encode` reads for a dataset with this `spec`."""
        return list(spec.feature_names)

    def settle(self, source: str) -> list[tuple[str, str]]:
        """Kind and text of the remarks about rows from a `source` that were encoded since the last call."""
        return []

    # What it provides

    @property
    def splits(self) -> Splits:
        """The rows as they are held: with label noise, and scaled unless that happens when they are served."""
        if self._splits is None:
            raw = self.load()
            self.same_rows = raw.test.x is raw.train.x
            for name, rows in zip(Splits._fields, raw, strict=True):
                if len(rows.x) == 0:
                    raise ConfigError(f"data: the {name} split has no rows; draw more rows or change the fractions")
            if self.scaler is None:
                self.scaler = self.fit_scaler(raw.train.x)
            if not self.scaled_when_served:
                raw = Splits(*(Rows(self.scaled(rows.x), rows.y) for rows in raw))
            self._splits = raw._replace(train=Rows(raw.train.x, self._noisy(raw.train.y)))
        return self._splits

    def _noisy(self, y: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(stream_seed(self.seed, _LABEL_NOISE_STREAM))
        return with_label_noise(y, self.label_noise, len(self.class_names), generator)

    def holding(self, splits: Splits) -> Self:
        """A copy of this dataset with the rows of other `splits`, as the network sees them."""
        other = copy(self)
        other._splits, other.scaled_when_served = splits, False  # type: ignore[misc]
        return other

    @property
    def spec(self) -> DataSpec:
        """What networks, heads and plots need to know about this dataset."""
        x, y = self.splits.train
        names = self.class_names
        counts = tuple(label_counts(y, len(names)).tolist()) if names else ()
        features = self.feature_names or (tuple(f"x{i + 1}" for i in range(x.shape[1])) if x.ndim == 2 else ())
        return DataSpec(self.task, tuple(x.shape[1:]), names, counts, features, *self.target_scale)

    def leave_out(self, seen: Keys | None) -> None:
        """Read the rows again when they are next needed, without test rows that a run has `seen`."""
        self.rows_seen, self._splits = seen, None

    @property
    def validates_on_training(self) -> bool:
        """Whether the epoch is chosen on the training rows."""
        if self.identity is not None:
            return np.array_equal(self.identity.places["train"], self.identity.places["val"])
        train, val = self.splits.train.x, self.splits.val.x
        return val is train or (isinstance(val, Tensor) and torch.equal(train, val))

    def setup(self, stage: str | None = None) -> None:
        """Lightning's hook: prepares the splits, once."""
        _ = self.splits

    def scaled(self, x: Tensor) -> Tensor:
        """Raw inputs x [N, …] scaled for the network, in the same shape."""
        return x if self.scaler is None else self.scaler(x)

    # Loaders

    def block_size(self, networks: int = 1) -> int:
        """Minibatches per block for a number of networks: those of a short epoch, or a limited part of a long one."""
        x = self.splits.train.x
        batch_bytes = max(1, networks * self.batch_rows * 4 * prod(x.shape[1:]))
        return max(1, min(-(-len(x) // self.batch_rows), _BLOCK_STEPS, _BLOCK_BYTES // batch_bytes))

    @property
    def batch_rows(self) -> int:
        """Rows of a full training minibatch."""
        return self.batch_size or len(self.splits.train.x)

    def make_loader(self, rows: Rows, **settings: Any) -> BlockLoader:
        """A loader of rows as held in memory; `settings` are arguments of `BlockLoader`."""
        return BlockLoader(rows.x, rows.y, scale=self.scaled if self.scaled_when_served else None, **settings)

    def _loader(self, split: Split, shared: bool, **settings: Any) -> BlockLoader:
        """The rows of a split on the Trainer's device: all, or this process's part if `shared` among processes."""
        rows: Rows = getattr(self.splits, split)
        numbers = max(1, prod(rows.x.shape[1:]))
        settings.setdefault("batch_size", max(16, min(_EVALUATION_ROWS, _EVALUATION_NUMBERS // numbers)))
        if self.trainer is not None:
            settings |= {"device": self.trainer.strategy.root_device}
            if shared:
                settings |= {"rank": self.trainer.global_rank, "world_size": self.trainer.world_size}
        return self.make_loader(rows, **settings)

    def train_dataloader(self) -> BlockLoader | BatchLoader:
        """Shuffled training minibatches, in blocks unless `blocks` is False."""
        steps = self.steps_per_execution if self.blocks and self.steps_per_execution != "auto" else 1
        weighted = {} if self.weights is None else {"weights": self.weights}
        return self._served(
            "train",
            **weighted,
            batch_size=self.batch_rows,
            block_size=steps,
            shuffle=self.batch_rows < len(self.splits.train.x),  # the order within one batch changes nothing
            seed=self.shuffle_seed,
            augment=self.augment if type(self).augment is not InMemoryDataModule.augment else None,
        )

    def val_dataloader(self) -> BlockLoader | BatchLoader:
        """The validation rows."""
        return self._served("val")

    def test_dataloader(self) -> BlockLoader | BatchLoader:
        """The test rows."""
        return self._served("test")

    def predict_dataloader(self) -> BlockLoader | BatchLoader:
        """The test rows, in order."""
        return self._served("test")

    def _served(self, split: Split, **settings: Any) -> BlockLoader | BatchLoader:
        if not self.blocks or _counted(self.trainer, split):
            settings = {"batch_size": self.batch_rows} | settings
        loader = self._loader(split, shared=True, **settings)
        return loader if self.blocks else BatchLoader(loader)

    def whole(self, split: Split) -> BlockLoader:
        """All rows of a split in order and unchanged, in every process."""
        voices = self.voices(split)
        return self._loader(split, shared=False, **({} if voices is None else {"voices": voices}))

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """The unchanged batch: the loaders' rows are on the device already, and checking each costs time."""
        return batch

    # Checkpoints

    def state_dict(self) -> dict[str, Any]:
        """The scaler as plain tensors and the source of the rows, for the checkpoint."""
        scaler = {} if self.scaler is None else dict(self.scaler.state_dict())
        return scaler | self.source_state()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the scaler of a checkpoint."""
        state = dict(state_dict)
        self.take_source(state.pop("source", None))
        if not state:
            return
        saved = MemberScaler(**state) if "known" in state else Scaler(**state)
        if self.scaler is None or any(not torch.equal(saved.get_buffer(k), v) for k, v in self.scaler.named_buffers()):
            self.scaler, self._splits = saved, None


def _counted(trainer: Trainer | None, split: Split) -> bool:
    """Whether the Trainer evaluates only part of a split (`limit_val_batches=0.5`), so that the batch size matters."""
    return trainer is not None and (trainer.limit_val_batches if split == "val" else trainer.limit_test_batches) != 1.0
