"""A circle inside a circle, which no line separates."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.settings.rules import BelowOne, Spread, checked


class Circles(DrawnWhole):
    """scikit-learn's `make_circles`.

    Args:
        noise: Standard deviation of the noise; the outer radius is 1.
        factor: Inner radius over outer radius.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> x, y = Circles(num_samples=100, noise=0, factor=0.5).splits.train
        >>> [round(x[y == label].norm(dim=1).mean().item(), 4) for label in (0, 1)]
        [1.0, 0.5]
    """

    task = "binary"
    class_names = ("outer", "inner")

    @checked
    def __init__(self, *, noise: Spread = 0.05, factor: BelowOne = 0.8, **common: Any) -> None:
        super().__init__(**common)
        self.noise, self.factor = noise, factor

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 2] and labels y [N]."""
        from sklearn.datasets import make_circles

        x, y = make_circles(num_rows, noise=self.noise, factor=self.factor, random_state=seed)
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y))
