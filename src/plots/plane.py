"""A rectangular grid of points around two-column data, at which to evaluate a network."""

from typing import NamedTuple

import torch
from torch import Tensor

_MARGIN = 0.08  # of the data's width, as a margin around it


class Plane(NamedTuple):
    """A rectangular grid of points.

    Attributes:
        points: Points [R * R, 2], row by row from the bottom.
        extent: Left, right, bottom and top.
        resolution: Points along a side, R.
    """

    points: Tensor
    extent: tuple[float, float, float, float]
    resolution: int


def plane_around(x: Tensor, resolution: int = 160, to_scale: bool = False) -> Plane:
    """The plane of `resolution` × `resolution` points around rows x [N, 2].

    Args:
        x: The rows.
        resolution: Points along each side.
        to_scale: Make both sides equally long, so that a square panel shows circles as circles; for two inputs in the
            same unit.

    Example:
        >>> plane = plane_around(torch.tensor([[0.0, 0.0], [1.0, 2.0]]), resolution=3)
        >>> plane.points.shape, [round(edge, 2) for edge in plane.extent]
        (torch.Size([9, 2]), [-0.08, 1.08, -0.16, 2.16])
    """
    low, high = x.amin(dim=0), x.amax(dim=0)
    margin = _MARGIN * (high - low).clamp(min=1e-3)
    if to_scale:
        sides = high - low + 2 * margin
        margin += (sides.max() - sides) / 2
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    across, up = torch.linspace(left, right, resolution), torch.linspace(bottom, top, resolution)
    points = torch.stack([across.repeat(resolution), up.repeat_interleave(resolution)], dim=1)
    return Plane(points, (left, right, bottom, top), resolution)
