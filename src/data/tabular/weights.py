"""Weights of rows, which say how often each counts in training."""

import numpy as np
import torch
from torch import Tensor

from src.data.table import Numbers, Table
from src.errors import ConfigError


def weights_of(table: Table, name: str) -> Numbers:
    """The weight of each row, float64 [N], from the column of this `name` of a `table`.

    Raises:
        ConfigError: A cell is no number, is missing, below 0 or infinite.
    """
    found = table.numbers(name)
    wrong = np.flatnonzero(~(found >= 0) | np.isinf(found))
    if len(wrong):
        value = found[wrong[0]]
        raise ConfigError(
            f"data.weight: the weight in row {table.row_numbers[int(wrong[0])]} of {table.source} should be 0 or more "
            f"(got {'nothing' if np.isnan(value) else f'{value:g}'}); mend it or remove the row"
        )
    return found


def training_weights(weights: Numbers, train: Tensor) -> Tensor:
    """The weights float32 [K] of the training rows, divided by their mean.

    Args:
        weights: Of all rows [N].
        train: Numbers [K] of the training rows.

    Raises:
        ConfigError: All of them are 0.
    """
    own = weights[train.numpy()]
    if not own.any():
        raise ConfigError("data.weight: every training row has weight 0, so that none counts; name another column")
    return torch.from_numpy(own / own.mean()).float()
