"""Small pictures of what many networks predict, of one byte per point."""

import torch
from torch import Tensor

from src.plots.plane import plane_around
from src.stacking.stack import Stack

SIDE = 24
"""Points along each side."""


class Thumbnails:
    """Pictures of the predictions of a stack's members, each over the plane of its own rows.

    A byte holds the predicted class and how sure the network is: with C classes there are ⌊256 / C⌋ degrees, from the
    probability 1 / C, the first, to 1, closest to each other near the first, where the boundary is. So a picture takes
    as many bytes for a large network as for a small one.

    Args:
        stack: The stack, before training.
    """

    def __init__(self, stack: Stack) -> None:
        planes = [plane_around(member.data.splits.train.x, SIDE).points for member in stack.members if member.data]
        self._points, self._stack = torch.stack(planes), stack

    @torch.no_grad()
    def drawn(self, params: Tensor) -> Tensor:
        """Pictures uint8 [M, SIDE²], row by row from the bottom, of networks with parameters `params` [M, P]."""
        head, network = self._stack.module.head, self._stack.network
        logits = head.logits(network(network.pieces(params), self._points))
        return bytes_of(head.estimates(logits).nan_to_num())


def bytes_of(probabilities: Tensor) -> Tensor:
    """The bytes uint8 [...] for probabilities [..., C] of each class.

    Example:
        >>> bytes_of(torch.tensor([[0.5, 0.5], [0.0, 1.0]])).tolist()
        [0, 255]
    """
    num = probabilities.shape[-1]
    degrees = 256 // num
    most, label = probabilities.max(dim=-1)
    sure = ((most * num - 1) / max(1, num - 1)).clamp(0, 1)
    return (label * degrees + (sure.sqrt() * (degrees - 1)).round()).to(torch.uint8)
