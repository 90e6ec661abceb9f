"""Weights of rows in training."""

import numpy as np
import torch
from torch import Tensor

from src.data.table import Numbers, Table, as_number
from src.errors import ConfigError

_MOST = 1e30  # the mean of such weights fits float64, and their ratio to it float32


def weights_of(table: Table, name: str) -> Numbers:
    """The weight of each row, float64 [N], from the column of this `name` of a `table`.

    Raises:
        ConfigError: A cell is not a number, missing, below 0 or infinite.
    """
    cells = table.columns[name]
    if isinstance(cells, np.ndarray):
        found: Numbers = cells.astype(np.float64)
    else:
        numbers = (as_number(cell, table.missing) for cell in cells)
        found = np.array([-1.0 if number is None else number for number in numbers])
    wrong = np.flatnonzero(~((found >= 0) & (found <= _MOST)))
    if len(wrong):
        place = int(wrong[0])
        cell = "nothing" if np.isnan(found[place]) else cells[place]
        got = f"{cell:g}" if isinstance(cell, float) else cell
        raise ConfigError(
            f"data.weight: the weight in row {table.row_numbers[place]} of {table.source} should be from 0 to "
            f"{_MOST:g} (got {got}); fix it, remove the row, or name another column"
        )
    return found


def training_weights(weights: Numbers, train: Tensor) -> Tensor:
    """The weights float32 [K] of the training rows, divided by their mean.

    Args:
        weights: The weights of all rows [N].
        train: Numbers [K] of the training rows.

    Raises:
        ConfigError: All of them are 0.
    """
    own = weights[train.numpy()]
    if not own.any():
        raise ConfigError("data.weight: every training row has weight 0, so none counts; name another column")
    return torch.from_numpy(own / own.mean()).float()
