"""Interleaved spiral arms, one per class."""

from math import tau
from typing import Annotated, Any

import torch
from pydantic import Field

from src.data.rows import Rows
from src.data.synthetic.drawn import DrawnWhole
from src.settings.rules import NumClasses, Positive, Spread, checked


class Spirals(DrawnWhole):
    """Arms that leave the origin at equal angles and turn together; the noise is in the angle, as in CS231n's notes.

    Args:
        arms: Number of spiral arms; each is a class, and two make a binary problem.
        turns: Turns of each arm around the origin.
        noise: Standard deviation of the angle, in radians; the outer radius is 1.
        **common: Arguments of `DrawnWhole`.

    Example:
        >>> x, y = Spirals(num_samples=90, arms=3).draw(5, seed=0)
        >>> [round(radius, 4) for radius in x.norm(dim=1).tolist()], y.tolist()
        ([0.0, 0.25, 0.5, 0.75, 1.0], [0, 1, 2, 0, 1])
    """

    @checked
    def __init__(
        self,
        *,
        arms: NumClasses = 3,
        turns: Annotated[Positive, Field(le=100)] = 0.64,
        noise: Spread = 0.2,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.arms, self.turns, self.noise = arms, turns, noise
        self.task = "binary" if arms == 2 else "multiclass"  # type: ignore[misc]

    @property
    def class_names(self) -> tuple[str, ...]:
        """`arm 0`, `arm 1`, …."""
        return tuple(f"arm {i}" for i in range(self.arms))

    def draw(self, num_rows: int, seed: int) -> Rows:
        """Generate rows x [N, 2] and labels y [N], the arms in turn along their length."""
        generator = torch.Generator().manual_seed(seed)
        y = torch.arange(num_rows) % self.arms
        radius = torch.linspace(0, 1, num_rows)
        angle = tau * (self.turns * radius + y / self.arms)
        angle += torch.randn(num_rows, generator=generator).mul_(self.noise)
        return Rows(torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1), y)
