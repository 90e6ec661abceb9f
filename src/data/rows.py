"""The rows of a dataset, and the three parts into which they are split."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor

Split = Literal["train", "val", "test"]

_NAMES: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}


class Rows(NamedTuple):
    """Inputs x [N, …] and targets y [N].

    x is float32, or uint8 [N, C, H, W] for images, or a sequence that reads such images from files when indexed. y
    holds int64 labels, float32 values for regression, or int64 zeros and ones [N, L] for several labels per row.
    """

    x: Tensor
    y: Tensor


def split_named(name: str) -> Split | None:
    """The split that a name usually stands for, ignoring case; None for any other name.

    Example:
        >>> split_named("Validation"), split_named("fold 1")
        ('val', None)
    """
    return _NAMES.get(name.lower())


class Splits(NamedTuple):
    """The three parts of a dataset.

    Attributes:
        train: Training rows.
        val: Rows on which the best epoch and the threshold are chosen.
        test: Rows to evaluate on once, at the end.
    """

    train: Rows
    val: Rows
    test: Rows


def label_counts(y: Tensor, num_classes: int) -> Tensor:
    """Rows [num_classes] of each class among labels y [N], or with each label of y [N, L]."""
    return torch.bincount(y, minlength=num_classes) if y.ndim == 1 else y.sum(dim=0)
