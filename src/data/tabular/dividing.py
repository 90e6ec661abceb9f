"""Splits the rows of a table for training, validation and testing: by a column, by time, or at random, stratified."""

from typing import NamedTuple

import torch
from torch import Tensor

from src.data.folds import Fold
from src.data.groups import check_whole
from src.data.rows import Split, split_named
from src.data.splitting import split_rows
from src.data.tabular.labelled import Labelled
from src.data.tabular.timing import split_in_time
from src.errors import ConfigError


class Division(NamedTuple):
    """How rows are divided.

    Attributes:
        test_fraction: Fraction of all rows in the test split.
        val_fraction: Fraction of all rows in the validation split; 0 validates on the training rows.
        seed: Seed of the split.
        fold: The fold that is the test split, instead of a fraction.
    """

    test_fraction: float
    val_fraction: float
    seed: int
    fold: Fold | None


def divide(found: Labelled, how: Division, labels: Tensor | None, names: tuple[str, ...]) -> tuple[Tensor, ...]:
    """Row numbers of the training, validation and test splits.

    Args:
        found: The rows, with splits, groups and times from their source.
        how: How to divide rows whose split the source does not give.
        labels: Label [N] of each row; None for regression.
        names: Names of the classes by index, for messages.

    Raises:
        ConfigError: A split has an unknown name, a group is in two splits, or there are too few rows.
    """
    if found.moments is not None:
        return split_in_time(found.moments, how.test_fraction, how.val_fraction)
    if found.split is None:
        every = torch.arange(len(found.inputs))
        fractions = how.test_fraction, how.val_fraction
        return split_rows(every, *fractions, how.seed, labels, names, how.fold, found.groups)
    inputs, groups = found.inputs, found.groups
    places: dict[Split, list[int]] = {"train": [], "val": [], "test": []}
    for row, name in enumerate(found.split):
        split = split_named(str(name))
        if split is None:
            raise ConfigError(
                f"{inputs.source}: the split in row {inputs.row_numbers[row]} should be train, val or test "
                f"(got {name!r}); fix it"
            )
        places[split].append(row)
    if groups is not None:
        check_whole(groups, places, inputs.source, inputs.row_numbers)
    train, val, test = (torch.tensor(places[split], dtype=torch.long) for split in ("train", "val", "test"))
    if not places["val"]:  # a source with two splits: validation rows are taken from the training rows
        kept, together = (None if each is None else each[train] for each in (labels, groups))
        train, val, _ = split_rows(train, 0.0, how.val_fraction, how.seed, kept, names, groups=together)
    return train, val, test
