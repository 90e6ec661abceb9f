"""The two ways to generate a synthetic dataset: split by split, or as a whole that is then split."""

from abc import abstractmethod
from typing import Annotated, Any

import torch
from pydantic import Field

from src.data.base import InMemoryDataModule, stream_seed
from src.data.identity import numbered
from src.data.rows import Rows, Splits
from src.data.splitting import SplitFraction, check_fractions, split_rows
from src.errors import ConfigError
from src.memory import refuse_beyond
from src.settings.rules import Count, Seed, Whole, checked

_BYTES_PER_NUMBER = 24  # generated in float64, with a copy of everything and the float32 that is kept


class DrawnDataModule(InMemoryDataModule):
    """A dataset of which `draw` can generate any number of rows."""

    shares_unit = True

    @property
    def numbers_per_row(self) -> int:
        """Numbers in a row, including its target."""
        return 1 + getattr(self, "num_features", 2) + getattr(self, "num_labels", 0)

    def _refuse_too_many(self, **counts: int) -> None:
        """Refuse more rows than memory can hold; the message names the key with the most."""
        num_rows, numbers = sum(counts.values()), self.numbers_per_row
        widths = {name: getattr(self, name) for name in ("num_features", "num_labels") if hasattr(self, name)}
        asked = counts | widths
        refuse_beyond(
            num_rows * numbers * _BYTES_PER_NUMBER,
            f"data.{max(asked, key=lambda name: asked[name])}",
            f"{num_rows:,} rows of {numbers:,} numbers",
        )

    @abstractmethod
    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate `num_rows` rows; the same seed gives the same rows."""


class DrawnBySplit(DrawnDataModule):
    """A dataset whose splits are generated separately, each from its own random stream.

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
        """Generate the three splits."""
        self._refuse_too_many(**dict(zip(("num_train", "num_val", "num_test"), self.num_rows, strict=True)))
        return Splits(*(self.draw(n, stream_seed(self.seed, i)) for i, n in enumerate(self.num_rows)))


class DrawnWhole(DrawnDataModule):
    """A dataset generated as a whole and then split: first the test rows are taken, then the validation rows.

    Args:
        num_samples: Rows of all splits together.
        test_fraction: Fraction of all rows in the test split.
        val_fraction: Fraction of all rows in the validation split; 0 validates on the training rows, as sources with
            two splits do.
        stratify: Whether to keep the class proportions equal in all splits; None does so if each row has one class.
        split_seed: Seed of the split (scikit-learn's `random_state`); None is `seed`.
        **common: Arguments of `InMemoryDataModule`.
    """

    divides_rows = True

    @checked
    def __init__(
        self,
        *,
        num_samples: Annotated[Whole, Field(ge=4)],
        test_fraction: SplitFraction = 0.2,
        val_fraction: SplitFraction = 0.1,
        stratify: bool | None = None,
        split_seed: Seed | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        check_fractions(test_fraction, val_fraction, self.fold)
        self.num_samples = num_samples
        self.test_fraction, self.val_fraction = test_fraction, val_fraction
        self.stratify = stratify
        self.split_seed = self.seed if split_seed is None else split_seed

    def load(self) -> Splits:
        """Generate the rows and split them, with scikit-learn's `train_test_split`."""
        self._refuse_too_many(num_samples=self.num_samples)
        x, y = self.draw(self.num_samples, self.seed)
        has_classes = bool(self.class_names) and y.ndim == 1
        if self.stratify and not has_classes:
            raise ConfigError("data.stratify: needs rows with one class each (got True); set it to false")
        labels = y if has_classes and self.stratify is not False else None
        fractions = self.test_fraction, self.val_fraction
        parts = split_rows(torch.arange(len(x)), *fractions, self.split_seed, labels, self.class_names, self.fold)
        if self.fold is not None:
            self.identity = numbered(len(x), *parts)
        return Splits(*(Rows(x[rows], y[rows]) for rows in parts))
