"""Continuous XOR: the four corners of a square, blurred by noise."""

from typing import Any

import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnBySplit
from src.settings.rules import Spread, checked


class XOR(DrawnBySplit):
    """Two random bits, labelled by whether they differ, with Gaussian noise added to them.

    Args:
        noise: Standard deviation of the noise; corners are 1 apart.
        **common: Arguments of `DrawnBySplit`.

    Example:
        >>> x, y = XOR(num_train=100, num_val=10, num_test=10, noise=0).splits.train
        >>> bool(((x[:, 0] != x[:, 1]) == y).all())
        True
    """

    task = "binary"
    class_names = ("same", "different")

    @checked
    def __init__(self, *, noise: Spread = 0.1, **common: Any) -> None:
        super().__init__(**common)
        self.noise = noise

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 2] and labels y [N]."""
        generator = torch.Generator().manual_seed(seed)
        bits = torch.randint(0, 2, (num_rows, 2), generator=generator)
        x = torch.randn(num_rows, 2, generator=generator).mul_(self.noise).add_(bits)
        return Rows(x, bits[:, 0] ^ bits[:, 1])
