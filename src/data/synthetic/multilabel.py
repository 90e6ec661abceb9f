"""Rows with several labels each."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.errors import ConfigError
from src.settings.rules import Count, NumClasses, checked


class Multilabel(DrawnWhole):
    """scikit-learn's `make_multilabel_classification`: word counts of documents that have several topics.

    Args:
        num_features: Numbers per row.
        num_labels: Number of labels that a row may have.
        labels_per_row: Number of labels that a row has on average.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> rows = Multilabel(num_samples=100, num_labels=5).draw(7, seed=0)
        >>> rows.x.shape, rows.y.shape
        (torch.Size([7, 20]), torch.Size([7, 5]))
    """

    task = "multilabel"

    @checked
    def __init__(
        self,
        *,
        num_features: Count = 20,
        num_labels: NumClasses = 5,
        labels_per_row: Count = 2,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if labels_per_row > num_labels:
            raise ConfigError(
                f"data.labels_per_row: a row has at most data.num_labels={num_labels} (got {labels_per_row}); lower it"
            )
        self.num_features, self.num_labels, self.labels_per_row = num_features, num_labels, labels_per_row

    @property
    def title(self) -> str:
        """What is special about these data."""
        return "Several labels per row"

    @property
    def class_names(self) -> tuple[str, ...]:
        """`label 0`, `label 1`, …."""
        return tuple(f"label {i}" for i in range(self.num_labels))

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, num_features] and labels y [N, num_labels] of zeros and ones."""
        from sklearn.datasets import make_multilabel_classification

        x, y = make_multilabel_classification(
            num_rows,
            n_features=self.num_features,
            n_classes=self.num_labels,
            n_labels=self.labels_per_row,
            random_state=seed,
        )
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y).long())
