"""The loss of each of M runs, whose classes may have weights of their own."""

import torch
from torch import Tensor
from torch.func import vmap

from src.heads.base import Head
from src.stacking.layers import ForThread


class Losses:
    """Maps logits and targets of some runs to their losses.

    Args:
        head: Their common head.
        class_weights: The weights of each run's classes [M, C]; None takes those of the head, if it has any.
    """

    def __init__(self, head: Head, class_weights: Tensor | None = None) -> None:
        self.head, self.class_weights = head, class_weights
        self._own = None if class_weights is None else ForThread(head)  # it gets the weights of one run after another

    def __call__(self, runs: slice, logits: Tensor, y: Tensor) -> Tensor:
        """Loss [m] of some runs with logits [m, N, *] and targets y [m, N, *]."""
        if self.class_weights is None or self._own is None:
            return self.head.losses(logits, y)
        head = self._own.module

        def loss(weights: Tensor, logits: Tensor, y: Tensor) -> Tensor:
            head.class_weights = weights
            found: Tensor = head.loss(logits, y)  # type: ignore[operator]
            return found

        return vmap(loss)(self.class_weights[runs].to(logits), logits, y)

    def select(self, runs: Tensor) -> "Losses":
        """The losses of some runs [k], by index."""
        return self if self.class_weights is None else Losses(self.head, self.class_weights[runs])


def stacked_weights(each: list[Tensor | None]) -> Tensor | None:
    """The class weights [C] of each run as rows [M, C]; None if runs have none of their own."""
    weights = [one for one in each if one is not None]
    return torch.stack(weights) if weights else None
