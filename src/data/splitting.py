"""Which rows are for training, which for validation and which for the test."""

from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.data.folds import Fold, Places, fold_parts
from src.data.groups import group_parts
from src.errors import ConfigError
from src.settings.rules import BelowOne

SplitFraction = BelowOne


def check_fractions(test_fraction: float, val_fraction: float, fold: Fold | None = None) -> None:
    """Raise `ConfigError` where the test and validation rows leave none to train on.

    Args:
        test_fraction: Part of all rows that is the test split.
        val_fraction: Part of all rows that is the validation split.
        fold: The test split, instead of a fraction.
    """
    if fold is not None and fold.share + val_fraction >= 1:
        raise ConfigError(
            f"data.val_fraction: one of {fold.folds} folds and the validation fraction must leave rows to train on "
            f"(got {val_fraction}); lower it"
        )
    if fold is None and test_fraction + val_fraction >= 1:
        raise ConfigError(
            "data.val_fraction: the test and validation fractions must leave rows to train on "
            f"(got {test_fraction} + {val_fraction}); lower one of them"
        )


def split_rows(
    rows: Tensor,
    test_fraction: float,
    val_fraction: float,
    seed: int,
    labels: Tensor | None = None,
    class_names: tuple[str, ...] = (),
    fold: Fold | None = None,
    groups: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Divide row numbers [N] into those of train, val and test with scikit-learn's `train_test_split`.

    Folds, and groups that stay whole, are those of its `StratifiedKFold` and its kin.

    Args:
        rows: Numbers [N] of the rows to divide.
        test_fraction: Part of them that is the test split, taken off first.
        val_fraction: Part of them that is the validation split; 0 validates on the training rows.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each of `rows`, to keep the classes' shares equal in all splits; None does not.
        class_names: Name of each class by its label, for messages.
        fold: The test split, instead of `test_fraction`.
        groups: Group [N] of each of `rows`, all of whose rows are in one split; None divides anywhere.

    Raises:
        ConfigError: Too few rows for these fractions.

    Example:
        >>> [len(rows) for rows in split_rows(torch.arange(50), test_fraction=0.2, val_fraction=0.1, seed=0)]
        [35, 5, 10]
    """
    places = np.arange(len(rows))
    if fold is not None:
        rest, test = fold_parts(places, fold, seed, labels, class_names, groups)
    else:
        rest, test = _two_parts(places, "test", ceil(test_fraction * len(rows)), seed, labels, groups)
    num_val = max(round(val_fraction * len(rows)), int(val_fraction > 0))
    train, val = _two_parts(rest, "validation", num_val, seed, labels, groups)
    if val_fraction == 0:
        val = train
    return rows[torch.from_numpy(train)], rows[torch.from_numpy(val)], rows[torch.from_numpy(test)]


def _two_parts(
    places: "np.ndarray[Any, Any]",
    split: str,
    size: int,
    seed: int,
    labels: Tensor | None,
    groups: Tensor | None,
) -> Any:
    """Divide `places` in two; the second has `size` of them, with groups about so many, and is called `split`."""
    from sklearn.model_selection import train_test_split

    if size == 0:
        return places, places[:0]
    remaining = len(places) - size
    if remaining < 1:
        raise ConfigError(
            f"data: the {split} split takes {size} of {len(places)} rows, which leaves none to train on; "
            "draw more rows or change the fractions"
        )
    if groups is not None:
        kept = None if labels is None else labels[places]
        return group_parts(places, split, size, seed, kept, groups[places])
    if labels is None:
        return train_test_split(places, test_size=size, random_state=seed)
    return _classes_apart(places, size, seed, labels.numpy()[places])


def _classes_apart(places: Places, size: int, seed: int, labels: Places) -> Any:
    """Divide `places` [N] with the classes' shares equal in both parts, as far as there are rows for that.

    The only row of a class stays in the first part. Where a part has fewer rows than there are classes, rows are drawn
    whatever their class. A doubt names the classes that a split has no row of.

    Args:
        places: Numbers of rows.
        size: Rows of the second part.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each row.
    """
    from sklearn.model_selection import train_test_split

    alone = np.bincount(labels)[labels] == 1
    if size >= np.count_nonzero(~alone):
        alone[:] = False
    rest, kinds = places[~alone], labels[~alone]
    enough = min(size, len(rest) - size) >= len(np.unique(kinds)) and np.bincount(kinds)[kinds].min() > 1
    first, second = train_test_split(rest, test_size=size, random_state=seed, stratify=kinds if enough else None)
    return np.concatenate([first, places[alone]]), second
