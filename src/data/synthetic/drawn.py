"""The two ways in which a synthetic dataset gets its splits: drawn split by split, or drawn whole and then split."""

from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
import torch
from pydantic import Field

from src.data.base import InMemoryDataModule, Rows, Splits, stream_seed
from src.errors import ConfigError
from src.rules import Count, Seed, checked

SplitFraction = Annotated[float, Field(ge=0, lt=1)]


class DrawnDataModule(InMemoryDataModule):
    """A dataset that `draw` can make any number of rows of."""

    @abstractmethod
    def draw(self, num_rows: int, seed: int) -> Rows:
        """Make `num_rows` rows; the same seed makes the same rows."""


class DrawnBySplit(DrawnDataModule):
    """Each split is drawn from a random stream of its own.

    Args:
        num_train: Training rows.
        num_val: Validation rows.
        num_test: Test rows.
        **common: Arguments of `InMemoryDataModule`.
    """

    @checked
    def __init__(self, *, num_train: Count, num_val: Count, num_test: Count, **common: Any) -> None:
        super().__init__(**common)
        self.num_rows = (num_train, num_val, num_test)

    def load(self) -> Splits:
        """Draw the three splits."""
        return Splits(*(self.draw(n, stream_seed(self.seed, i)) for i, n in enumerate(self.num_rows)))


class DrawnWhole(DrawnDataModule):
    """All rows are drawn at once and split, first the test rows off all, then the validation rows off the rest.

    Args:
        num_samples: Rows of all splits together.
        test_fraction: Part of all rows that is the test split.
        val_fraction: Part of all rows that is the validation split; 0 validates on the training rows, as sources
            with two splits do.
        stratify: Keep the classes' shares equal in all splits.
        split_seed: Seed of the split (scikit-learn's `random_state`); None is `seed`.
        **common: Arguments of `InMemoryDataModule`.
    """

    @checked
    def __init__(
        self,
        *,
        num_samples: Annotated[int, Field(ge=4)],
        test_fraction: SplitFraction = 0.2,
        val_fraction: SplitFraction = 0.1,
        stratify: bool = True,
        split_seed: Seed | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if test_fraction + val_fraction >= 1:
            raise ConfigError(
                "data.val_fraction: the test and validation fractions must leave rows to train on "
                f"(got {test_fraction} + {val_fraction}); lower one of them"
            )
        self.num_samples = num_samples
        self.test_fraction, self.val_fraction = test_fraction, val_fraction
        self.stratify = stratify
        self.split_seed = self.seed if split_seed is None else split_seed

    def load(self) -> Splits:
        """Draw and split, with scikit-learn's `train_test_split`."""
        x, y = self.draw(self.num_samples, self.seed)
        rest, test = self._split(np.arange(len(x)), y, self.test_fraction)
        train, val = self._split(rest, y, round(self.val_fraction * len(x)))
        if self.val_fraction == 0:
            val = train
        return Splits(*(Rows(x[rows], y[rows]) for rows in map(torch.from_numpy, (train, val, test))))

    def _split(self, rows: "np.ndarray[Any, Any]", y: torch.Tensor, size: float) -> Any:
        """Divide indices into two parts; the second is `size` of them, a fraction or a number of rows."""
        from sklearn.model_selection import train_test_split

        if size == 0:
            return rows, rows[:0]
        labels = y.numpy()[rows] if self.stratify and self.class_names else None
        try:
            return train_test_split(rows, test_size=size, random_state=self.split_seed, stratify=labels)
        except ValueError as error:
            raise ConfigError(f"data: {error} draw more rows or change the fractions") from error
