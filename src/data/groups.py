"""Rows that belong together, such as those of one patient: all of a group are in the same split."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.data.folds import Places, split_by
from src.data.rows import Split
from src.data.table import as_text
from src.errors import ConfigError

_FINEST = 20  # parts of which a split is made up


def group_numbers(cells: list[Any], source: str, first_row: int = 1) -> Tensor:
    """The number [N] of each row's group, given the `cells` of the column that names them.

    Args:
        cells: One a row.
        source: Where they are from, for messages.
        first_row: Number of the first row there.

    Raises:
        ConfigError: A cell is empty, or all are the same.

    Example:
        >>> group_numbers(["ann", "bob", " ann"], "rows.csv").tolist()
        [0, 1, 0]
    """
    names = [as_text(cell) for cell in cells]
    if None in names:
        row = names.index(None) + first_row
        raise ConfigError(f"data.group: {source} says nothing of the group of row {row}; fill it in or remove the row")
    known: dict[str | None, int] = {}
    numbers = torch.tensor([known.setdefault(name, len(known)) for name in names])
    if len(known) == 1:
        raise ConfigError(
            f"data.group: all {len(names):,} rows of {source} are of one group (got {names[0]!r}), so that none is "
            "left to test; name another column"
        )
    return numbers


def group_parts(places: Places, split: str, size: int, seed: int, labels: Tensor | None, groups: Tensor) -> Any:
    """Divide `places` [N] in two without dividing a group; the second is called `split` and has about `size` of them.

    It is the first few of several folds of scikit-learn's `StratifiedGroupKFold`, or `GroupKFold` without labels.

    Args:
        places: Numbers of rows.
        split: What the second part is called in messages.
        size: How many rows it should have.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each row, whose shares are to be equal in both parts; None does not look at labels.
        groups: Group [N] of each row.

    Raises:
        ConfigError: There is one group only.
    """
    count = len(groups.unique())
    if count < 2:
        raise ConfigError(
            f"data.group: one group is left before the {split} split is taken off, and groups are not divided; "
            "add rows of others, or change the fractions"
        )
    share = Fraction(size, len(places)).limit_denominator(min(count, _FINEST))
    taken, number = (share.numerator, share.denominator) if 0 < share < 1 else (1, min(count, _FINEST))
    parts = [part for _, part in split_by(number, seed, places, labels, groups)]
    part = np.sort(np.concatenate(parts[:taken]))
    return np.setdiff1d(places, part), part


def check_whole(groups: Tensor, places: Mapping[Split, list[int]], source: str, row_numbers: Sequence[int]) -> None:
    """Raise `ConfigError` where a group is in several splits that are given.

    Args:
        groups: Group [N] of each row.
        places: The rows of each split.
        source: Where they are from, for messages.
        row_numbers: Of all rows there.
    """
    found: dict[int, tuple[Split, int]] = {}
    for split, rows in places.items():
        for row in rows:
            other, before = found.setdefault(int(groups[row]), (split, row))
            if other != split:
                raise ConfigError(
                    f"data.group: rows {row_numbers[before]} and {row_numbers[row]} of {source} are of one group, and "
                    f"data.split_column has them in {other} and {split}; mend it, or leave one of the two keys out"
                )
