"""Two interleaved half moons."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.settings.rules import Spread, checked


class Moons(DrawnWhole):
    """scikit-learn's `make_moons`.

    Args:
        noise: Standard deviation of the noise; each moon is half a circle of radius 1.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> x, y = Moons(num_samples=100, noise=0).splits.train
        >>> round(x[y == 0].norm(dim=1).mean().item(), 4)  # the upper moon is about the origin
        1.0
    """

    task = "binary"
    class_names = ("upper", "lower")

    @checked
    def __init__(self, *, noise: Spread = 0.2, **common: Any) -> None:
        super().__init__(**common)
        self.noise = noise

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 2] and labels y [N]."""
        from sklearn.datasets import make_moons

        x, y = make_moons(num_rows, noise=self.noise, random_state=seed)
        return Rows(torch.from_numpy(x).float(), torch.from_numpy(y))
