"""Which rows are for training, validation and testing."""

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
    """Raise `ConfigError` if the test and validation rows leave none to train on.

    Args:
        test_fraction: Fraction of all rows in the test split.
        val_fraction: Fraction of all rows in the validation split.
        fold: The fold that is the test split, instead of a fraction.
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
    """Divide row numbers [N] into training, validation and test rows with scikit-learn's `train_test_split`.

    Folds, and splits of whole groups, are those of its `StratifiedKFold` and related classes.

    Args:
        rows: Numbers [N] of the rows to divide.
        test_fraction: Fraction of them in the test split, taken off first.
        val_fraction: Fraction of them in the validation split; 0 validates on the training rows.
        seed: scikit-learn's `random_state`.
        labels: Label [N] of each of `rows`, to stratify by; None does not stratify.
        class_names: Name of each class by its index, for messages.
        fold: The fold that is the test split, instead of `test_fraction`.
        groups: Group [N] of each of `rows`; each group stays within one split. None divides at any row.

    Raises:
        ConfigError: There are too few rows for these fractions.

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
    """Divide `places` in two; the second part, `split`, has `size` of them, or about as many with groups."""
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
    """Divide `places` [N] with equal class proportions in both parts, as far as the rows allow.

    The only row of a class stays in the first part. If a part has fewer rows than there are classes, rows are drawn
    regardless of their class. A remark names the classes that are missing from a split.

    Args:
        places: Row numbers.
        size: Number of rows of the second part.
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
