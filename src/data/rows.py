"""The rows of a dataset, and the three parts into which they are split."""

from typing import Literal, NamedTuple

from torch import Tensor

Split = Literal["train", "val", "test"]


class Rows(NamedTuple):
    """Inputs x [N, …] and targets y [N].

    x is float32, or uint8 [N, C, H, W] for images, or a sequence that reads such images from files when indexed. y
    holds int64 labels, float32 values for regression, or int64 zeros and ones [N, L] for several labels a row.
    """

    x: Tensor
    y: Tensor


class Splits(NamedTuple):
    """The three parts of a dataset.

    Attributes:
        train: Rows that networks are trained on.
        val: Rows that choose the best epoch and the threshold.
        test: Rows that are measured once, at the end.
    """

    train: Rows
    val: Rows
    test: Rows
