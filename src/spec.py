"""What a dataset promises to everything downstream: the frozen `DataSpec`, and the blocks it serves."""

import re
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, NamedTuple

from torch import Tensor

Batch = tuple[Tensor, Tensor]
"""A minibatch: inputs x [B, *input_shape] and targets y [B], or [B, L] for rows with several labels."""


class WeightedBatch(NamedTuple):
    """A minibatch whose rows have weights in the loss.

    Attributes:
        x: Inputs [B, *input_shape].
        y: Targets [B], or [B, L].
        weights: The weight of each row [B]; the mean over all training rows is 1.
    """

    x: Tensor
    y: Tensor
    weights: Tensor


class HeardBatch(NamedTuple):
    """Rows that only some members of an ensemble predict.

    Attributes:
        x: Inputs [B, M, *input_shape], as each member sees them.
        y: Targets [B], or [B, L].
        voices: Which members predict each row: bool [B, M].
    """

    x: Tensor
    y: Tensor
    voices: Tensor


AnyBatch = Batch | WeightedBatch | HeardBatch

Block = list[Batch] | list[WeightedBatch] | list[HeardBatch]
"""The minibatches of one `training_step`."""

Task = Literal["binary", "multiclass", "multilabel", "regression"]


@dataclass(frozen=True)
class DataSpec:
    """Shape and meaning of a dataset's rows; `src.building.build` sizes the network and the head by it.

    Attributes:
        task: What is predicted from a row.
        input_shape: Shape of one row x, without the batch dimension.
        class_names: Name of each class by its index, or of each label if rows have several; empty for regression.
        class_counts: Training rows per class or per label; empty for regression.
        feature_names: Name of each input column; empty if inputs are not columns.
        target_centre: The target that an output of 0 stands for, if the target is a number.
        target_unit: The scale of the target: an output of 1 stands for `target_centre + target_unit`.
        num_numbers: How many of a table's inputs are numbers, which come first; the zeros and ones of categories
            follow. None if all inputs are of one kind.

    Example:
        >>> spec = DataSpec("binary", input_shape=(1, 28, 28), class_names=("T-shirt/top", "Ankle boot"))
        >>> spec.num_inputs, spec.is_image, spec.num_classes
        (784, True, 2)
    """

    task: Task
    input_shape: tuple[int, ...]
    class_names: tuple[str, ...] = ()
    class_counts: tuple[int, ...] = ()
    feature_names: tuple[str, ...] = ()
    target_centre: float = 0.0
    target_unit: float = 1.0
    num_numbers: int | None = None

    @property
    def num_inputs(self) -> int:
        """Numbers in one row, over all dimensions."""
        return prod(self.input_shape)

    @property
    def is_image(self) -> bool:
        """Whether rows are images (C, H, W)."""
        return len(self.input_shape) == 3

    @property
    def asked(self) -> tuple[str, ...]:
        """Names of the outputs that are predicted for a row: class 1 of two, each of more classes, or each label.

        Example:
            >>> DataSpec("binary", (2,), ("no", "yes")).asked, DataSpec("multiclass", (2,), ("a", "b", "c")).asked
            (('yes',), ('a', 'b', 'c'))
        """
        return self.class_names[1:] if self.task == "binary" else self.class_names

    @property
    def num_choices(self) -> int:
        """Choices per prediction: 2 for two classes or for labels, otherwise the classes; 0 for regression.

        Example:
            >>> DataSpec("multilabel", (2,), ("a", "b", "c")).num_choices
            2
        """
        return self.num_classes if self.task == "multiclass" else 2 * bool(self.class_names)

    @property
    def num_classes(self) -> int:
        """Classes to choose from, or labels to give; 0 for regression."""
        return len(self.class_names)

    @property
    def has_numbers_for_classes(self) -> bool:
        """Whether all names of more than two classes are numbers, which may then be amounts.

        Example:
            >>> DataSpec("multiclass", (2,), ("1", "2", "3.5")).has_numbers_for_classes
            True
        """
        return self.task == "multiclass" and all(re.fullmatch(r"-?\d+(\.\d+)?", name) for name in self.class_names)


def as_block(batch: Any) -> Block:
    """The minibatches (x [B, …], y [B, …]) that a loader serves at once; a DataLoader's `batch` is a block of one."""
    if isinstance(batch, WeightedBatch):
        return [batch]
    return [(batch[0], batch[1])] if isinstance(batch[0], Tensor) else batch


def num_rows(batch: Any) -> int:
    """Rows of a batch: those of its first tensor, or of all minibatches of a block.

    Example:
        >>> import torch
        >>> pair = (torch.zeros(3, 2), torch.zeros(3))
        >>> num_rows(pair), num_rows([pair, pair]), num_rows({"x": pair[0]})
        (3, 6, 3)
    """
    if isinstance(batch, Tensor):
        return len(batch)
    parts = list(batch.values()) if isinstance(batch, dict) else list(batch)
    return num_rows(parts[0]) if isinstance(parts[0], Tensor) else sum(map(num_rows, parts))
