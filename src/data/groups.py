"""Rows that belong together, such as those of one patient: each group stays within one split."""

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

_FINEST = 20  # maximum number of parts that splits are made of


def group_numbers(cells: list[Any], source: str, first_row: int = 1) -> Tensor:
    """The group number [N] of each row, from the `cells` of the column that names the groups.

    Args:
        cells: One per row.
        source: Where they are from, for messages.
        first_row: Number of the first row in the source.

    Raises:
        ConfigError: A cell is empty, or all are the same.

    Example:
        >>> group_numbers(["ann", "bob", " ann"], "rows.csv").tolist()
        [0, 1, 0]
    """
    names = [as_text(cell) for cell in cells]
    if None in names:
        row = names.index(None) + first_row
        raise ConfigError(f"data.group: {source} has no group in row {row}; fill it in or remove the row")
    known: dict[str | None, int] = {}
    numbers = torch.tensor([known.setdefault(name, len(known)) for name in names])
    if len(known) == 1:
        raise ConfigError(
            f"data.group: all {len(names):,} rows of {source} are in one group (got {names[0]!r}), so none is left "
            "to test on; name another column"
        )
    return numbers


def group_parts(places: Places, split: str, size: int, seed: int, labels: Tensor | None, groups: Tensor) -> Any:
    """Divide `places` [N] in two without dividing a group; the second part, `split`, has about `size` of them.

    It consists of the first folds of scikit-learn's `StratifiedGroupKFold`, or `GroupKFold` without labels.

    Args:
        places: Row numbers.
        split: Name of the second part in messages.
        size: Number of rows it should have.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each row, to stratify by; None does not stratify.
        groups: Group [N] of each row.

    Raises:
        ConfigError: There is only one group.
    """
    count = len(groups.unique())
    if count < 2:
        raise ConfigError(
            f"data.group: only one group is left for the {split} and training splits, but groups are not divided; "
            "add rows of other groups, or change the fractions"
        )
    share = Fraction(size, len(places)).limit_denominator(min(count, _FINEST))
    taken, number = (share.numerator, share.denominator) if 0 < share < 1 else (1, min(count, _FINEST))
    parts = [part for _, part in split_by(number, seed, places, labels, groups)]
    part = np.sort(np.concatenate(parts[:taken]))
    return np.setdiff1d(places, part), part


def check_whole(groups: Tensor, places: Mapping[Split, list[int]], source: str, row_numbers: Sequence[int]) -> None:
    """Raise `ConfigError` if a group is in several of the given splits.

    Args:
        groups: Group [N] of each row.
        places: The rows of each split.
        source: Where they are from, for messages.
        row_numbers: Numbers of all rows in the source.
    """
    found: dict[int, tuple[Split, int]] = {}
    for split, rows in places.items():
        for row in rows:
            other, before = found.setdefault(int(groups[row]), (split, row))
            if other != split:
                raise ConfigError(
                    f"data.group: rows {row_numbers[before]} and {row_numbers[row]} of {source} are in one group, but "
                    f"data.split_column puts them in {other} and {split}; fix it, or leave out one of the two keys"
                )
