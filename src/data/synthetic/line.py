"""A noisy straight line, the first regression."""

from typing import Any

import numpy as np
import torch

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.settings.rules import Number, Spread, checked


class Line(DrawnWhole):
    """y = intercept + slope · x + noise over x drawn uniformly from [0, 1).

    Args:
        slope: Rise of y over x.
        intercept: y at x = 0.
        noise: Standard deviation of the noise in y.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> x, y = Line(num_samples=10, slope=2, intercept=1, noise=0).draw(5, seed=0)
        >>> torch.allclose(y, 1 + 2 * x[:, 0])
        True
    """

    task = "regression"
    class_names = ()
    feature_names = ("x",)

    @checked
    def __init__(self, *, slope: Number = 2.0, intercept: Number = 1.0, noise: Spread = 0.1, **common: Any) -> None:
        super().__init__(**common)
        self.slope, self.intercept, self.noise = slope, intercept, noise

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 1] and targets y [N] from NumPy's legacy stream, as after `numpy.random.seed(seed)`."""
        stream = np.random.RandomState(seed)
        x = stream.rand(num_rows)
        y = self.intercept + self.slope * x + self.noise * stream.randn(num_rows)
        return Rows(torch.from_numpy(x).float().unsqueeze(1), torch.from_numpy(y).float())
