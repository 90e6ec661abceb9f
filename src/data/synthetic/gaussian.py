"""Two Gaussian clouds, which a line separates."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnBySplit
from src.settings.rules import Spread, checked

_CENTER = 2.0  # clouds sit at (2, 2) and (-2, -2), as in the TensorFlow Playground


class Gaussian(DrawnBySplit):
    """Round clouds of equal spread at (-2, -2) and (2, 2).

    Args:
        noise: Standard deviation of each cloud along each axis.
        **common: Arguments of `DrawnBySplit`.

    Example:
        >>> x, y = Gaussian(num_train=100, num_val=10, num_test=10, noise=0).splits.train
        >>> x[y == 1].unique(dim=0).tolist(), x[y == 0].unique(dim=0).tolist()
        ([[2.0, 2.0]], [[-2.0, -2.0]])
    """

    task = "binary"
    class_names = ("lower", "upper")

    @checked
    def __init__(self, *, noise: Spread = 1.0, **common: Any) -> None:
        super().__init__(**common)
        self.noise = noise

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 2] and labels y [N]."""
        generator = torch.Generator().manual_seed(seed)
        y = torch.randint(0, 2, (num_rows,), generator=generator)
        x = torch.randn(num_rows, 2, generator=generator).mul_(self.noise)
        return Rows(x.add_((2.0 * y - 1.0).mul_(_CENTER).unsqueeze(1)), y)
