"""Cross-validation: the rows are divided into folds, each of which is the test split once."""

import warnings
from typing import Annotated, Any, NamedTuple

from pydantic import Field
from torch import Tensor

from src.errors import ConfigError
from src.settings.rules import Whole

NumFolds = Annotated[Whole, Field(ge=2)]

Places = Any
"""Row numbers [N] as a NumPy array."""


class Fold(NamedTuple):
    """One of several folds, which is the test split.

    Attributes:
        number: Number of the fold, from 0.
        folds: Total number of folds.
    """

    number: int
    folds: int

    @property
    def share(self) -> float:
        """The fraction of all rows in the fold."""
        return 1 / self.folds


def chosen_fold(folds: int | None, fold: int | None) -> Fold | None:
    """The fold given by `data.folds` and `data.fold`; None if neither is set.

    Raises:
        ConfigError: One of them is missing, or there are not that many folds.
    """
    if folds is None and fold is None:
        return None
    if folds is None:
        raise ConfigError(f"data.fold: needs the number of folds (got data.fold={fold} alone); set data.folds=5 too")
    if fold is None:
        raise ConfigError(
            f"data.folds: needs the fold that is the test split (got data.folds={folds} alone); "
            f"set data.fold=0, or sweep over them all: -m 'data.fold=range(0,{folds})'"
        )
    if fold >= folds:
        raise ConfigError(f"data.fold: should be from 0 to {folds - 1} with data.folds={folds} (got {fold})")
    return Fold(fold, folds)


def fold_parts(
    places: Places, fold: Fold, seed: int, labels: Tensor | None, class_names: tuple[str, ...], groups: Tensor | None
) -> Any:
    """Divide `places` [N] into those of the other folds and those of one fold, with one of scikit-learn's splitters.

    Args:
        places: Row numbers.
        fold: The fold that is the second part.
        seed: scikit-learn's `random_state`; another seed gives another repetition of all folds.
        labels: Label [N] of each row, to stratify by; None does not stratify.
        class_names: Name of each class by its index, for messages.
        groups: Group [N] of each row; groups are not divided. None divides at any row.

    Raises:
        ConfigError: There are more folds than rows, rows of a class, or groups.
    """
    _check_enough(fold.folds, len(places), labels, class_names, groups)
    parts = list(split_by(fold.folds, seed, places, labels, groups))
    return parts[fold.number]


def split_by(number: int, seed: int, places: Places, labels: Tensor | None, groups: Tensor | None) -> Any:
    """For each of several parts of `places` [N]: all the others, then the part.

    Args:
        number: Number of parts.
        seed: scikit-learn's `random_state`.
        places: Row numbers.
        labels: As for `fold_parts`.
        groups: As for `fold_parts`.
    """
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    kinds: dict[tuple[bool, bool], Any] = {
        (False, False): KFold,
        (True, False): StratifiedKFold,
        (False, True): GroupKFold,
        (True, True): StratifiedGroupKFold,
    }
    splitter = kinds[labels is not None, groups is not None](number, shuffle=True, random_state=seed)
    y, of_group = (None if each is None else each.numpy() for each in (labels, groups))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # classes in fewer groups than parts; we warn about them
        for others, part in splitter.split(places, y, of_group):
            yield places[others], places[part]


def _check_enough(
    folds: int, num_rows: int, labels: Tensor | None, class_names: tuple[str, ...], groups: Tensor | None
) -> None:
    """Refuse folds if some would have no rows, or no row of a class."""
    if folds > num_rows:
        raise ConfigError(f"data.folds: there are {num_rows:,} rows (got {folds} folds); lower it")
    if groups is not None and folds > (found := len(groups.unique())):
        raise ConfigError(f"data.folds: there are {found:,} groups, but groups are not divided (got {folds}); lower it")
    if labels is not None:
        kinds, counts = labels.unique(return_counts=True)
        rarest = int(counts.argmin())
        if folds > (count := int(counts[rarest])):
            name = class_names[int(kinds[rarest])] if class_names else int(kinds[rarest])
            raise ConfigError(
                f"data.folds: class {name} has {count} {'row' if count == 1 else 'rows'}, but each fold needs one "
                f"(got {folds}); lower it, or leave the class out"
            )
