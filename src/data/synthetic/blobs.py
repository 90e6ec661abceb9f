"""Round clouds around random centres, one per class."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.settings.rules import Count, NumClasses, Spread, checked


class Blobs(DrawnWhole):
    """scikit-learn's `make_blobs`; two centres make a binary problem.

    Args:
        centers: Number of clouds; each is a class.
        num_features: Numbers per row.
        noise: Standard deviation of each cloud along each axis.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> spec = Blobs(num_samples=100, centers=3, num_features=2).spec
        >>> spec.task, spec.input_shape, spec.class_names
        ('multiclass', (2,), ('blob 0', 'blob 1', 'blob 2'))
    """

    @checked
    def __init__(
        self,
        *,
        centers: NumClasses = 4,
        num_features: Count = 2,
        noise: Spread = 1.5,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.centers, self.num_features, self.noise = centers, num_features, noise
        self.task = "binary" if centers == 2 else "multiclass"  # type: ignore[misc]

    @property
    def class_names(self) -> tuple[str, ...]:
        """`blob 0`, `blob 1`, …."""
        return tuple(f"blob {i}" for i in range(self.centers))

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, num_features] and labels y [N]."""
        from sklearn.datasets import make_blobs

        x, y = make_blobs(
            num_rows,
            n_features=self.num_features,
            centers=self.centers,
            cluster_std=self.noise,
            random_state=seed,
        )
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y).long())
