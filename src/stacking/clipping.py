"""Gradient clipping for M runs at once, each by its own gradient."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

CLIPPING = {"gradient_clip_val", "gradient_clip_algorithm"}
"""The keys of the config group `trainer` that clip gradients; the Trainer of a stack takes no steps to clip."""

Clip = Callable[[Tensor], Tensor]
"""Clips the gradients [m, P] of m runs in place, and returns them."""


def clipping(trainer: dict[str, Any]) -> Clip | None:
    """The clipping that a config group `trainer` asks for; None if it asks for none.

    Example:
        >>> clip = clipping({"gradient_clip_val": 5.0})
        >>> clip(torch.tensor([[3.0, 4.0], [6.0, 8.0]])).round(decimals=4).tolist()
        [[3.0, 4.0], [3.0, 4.0]]
    """
    most = trainer.get("gradient_clip_val")
    if most is None:
        return None
    by_value = trainer.get("gradient_clip_algorithm") == "value"

    def by_norm(gradient: Tensor) -> Tensor:
        """As `torch.nn.utils.clip_grad_norm_`, which adds the same small number to the norm."""
        norm = torch.linalg.vector_norm(gradient, dim=1, keepdim=True)
        return gradient.mul_((most / (norm + 1e-6)).clamp_(max=1))

    return (lambda gradient: gradient.clamp_(-most, most)) if by_value else by_norm
