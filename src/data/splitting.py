"""Which rows are for training, which for validation and which for the test."""

from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from src.errors import ConfigError

SplitFraction = Annotated[float, Field(ge=0, lt=1)]


def check_fractions(test_fraction: float, val_fraction: float) -> None:
    """Raise `ConfigError` where `test_fraction` and `val_fraction` of all rows leave none to train on."""
    if test_fraction + val_fraction >= 1:
        raise ConfigError(
            "data.val_fraction: the test and validation fractions must leave rows to train on "
            f"(got {test_fraction} + {val_fraction}); lower one of them"
        )


def split_rows(
    rows: Tensor, test_fraction: float, val_fraction: float, seed: int, labels: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Divide row numbers [N] into those of train, val and test with scikit-learn's `train_test_split`.

    Args:
        rows: Numbers [N] of the rows to divide.
        test_fraction: Part of them that is the test split, taken off first.
        val_fraction: Part of them that is the validation split; 0 validates on the training rows.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each of `rows`, to keep the classes' shares equal in all splits; None does not.

    Raises:
        ConfigError: Too few rows for these fractions.

    Example:
        >>> [len(rows) for rows in split_rows(torch.arange(50), test_fraction=0.2, val_fraction=0.1, seed=0)]
        [35, 5, 10]
    """
    places = np.arange(len(rows))
    rest, test = _two_parts(places, test_fraction, seed, labels)
    train, val = _two_parts(rest, round(val_fraction * len(rows)), seed, labels)
    if val_fraction == 0:
        val = train
    return rows[torch.from_numpy(train)], rows[torch.from_numpy(val)], rows[torch.from_numpy(test)]


def _two_parts(places: "np.ndarray[Any, Any]", size: float, seed: int, labels: Tensor | None) -> Any:
    """Divide `places` in two; the second is `size` of them, a fraction or a number."""
    from sklearn.model_selection import train_test_split

    if size == 0:
        return places, places[:0]
    kept = None if labels is None else labels.numpy()[places]
    try:
        return train_test_split(places, test_size=size, random_state=seed, stratify=kept)
    except ValueError as error:
        raise ConfigError(f"data: {str(error).rstrip('.')}; draw more rows or change the fractions") from error
