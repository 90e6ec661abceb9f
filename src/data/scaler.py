"""The shift and scale from raw inputs to those that a network sees."""

from typing import Self

import torch
from torch import Tensor, nn


class Scaler(nn.Module):
    """Maps inputs x [N, …] to (x - mean) / scale, float32; a missing number (NaN) becomes `fill` first.

    It computes in the dtype of `mean`: float64 if large numbers differ by little.

    Args:
        mean: In the shape of a row […], or one that broadcasts against it.
        scale: Likewise […]; never 0.
        fill: The replacement for missing numbers, likewise […]; None leaves them.

    Example:
        >>> scaler = Scaler.fitted(torch.tensor([[0.0, 5.0], [4.0, 5.0]]))
        >>> scaler(torch.tensor([[4.0, 6.0]])).tolist()
        [[1.0, 1.0]]
    """

    mean: Tensor
    scale: Tensor
    fill: Tensor | None

    def __init__(self, mean: Tensor, scale: Tensor, fill: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("scale", scale)
        self.register_buffer("fill", fill)

    @classmethod
    def fitted(cls, x: Tensor, dims: tuple[int, ...] = (0,)) -> Self:
        """Mean 0 and standard deviation 1 over the rows x [N, …], taken over `dims`; a constant is only shifted."""
        x = x.float()
        mean, deviation = x.mean(dims, keepdim=True)[0], x.std(dims, correction=0, keepdim=True)[0]
        return cls(mean, torch.where(deviation > 0, deviation, torch.ones_like(deviation)))

    @property
    def one(self) -> "Scaler":
        """The scaler for a single model; this one, unless it is for several."""
        return self

    def forward(self, x: Tensor) -> Tensor:
        """Inputs x [N, …] as the network sees them, in the same shape."""
        if self.mean.dtype == torch.float64:
            x = x.double()
        if self.fill is not None:
            x = torch.where(x.isnan(), self.fill.to(x.device), x)
        return (x - self.mean.to(x.device)).div_(self.scale.to(x.device)).float()
