"""Layers for the images of M networks at once: [B, m·C, H, W], with the channels of one network after another.

A convolution is one with m groups. With channels last in memory, which one of PyTorch's kernels for groups needs, it
takes a third of the time of m convolutions with few channels; see the documentation of sweeps for where that ends.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from src.networks.cnn import CNN
from src.stacking.dropout import Draw

MOST_PIXELS = 16 * 16  # of larger images, a stack trains no faster than one network after another


def links(network: nn.Module) -> list[nn.Module] | None:
    """The layers that a `network` does nothing else but apply one after another; None if it may do more."""
    if isinstance(network, nn.Sequential):
        return list(network)
    return [*network.body, *network.head] if type(network) is CNN and not network.mirror else None


def convolves(network: nn.Module) -> bool:
    """Whether a `network` has a convolution."""
    return any(isinstance(module, nn.Conv2d) for module in network.modules())


def side_by_side(x: Tensor) -> Tensor:
    """Images [B, m·C, H, W] from those of m networks, x [m, B, C, H, W]."""
    return x.transpose(0, 1).flatten(1, 2).contiguous(memory_format=torch.channels_last)


def apart(parameters: list[Tensor], images: Tensor, _: Draw | None) -> Tensor:
    """Columns [m, U, B] of images [B, m·C, H, W] for the `parameters` of m networks: channels and pixels are units."""
    return images.reshape(len(images), len(parameters[0]), -1).permute(1, 2, 0)


def convolution(module: Any, number: int) -> Any:
    """The layer of a convolution `module` without bias, with weights [m, O, C, k, k] at `number` in the parameters."""

    def layer(parameters: list[Tensor], images: Tensor, _: Draw | None) -> Tensor:
        weight = parameters[number].flatten(0, 1).contiguous(memory_format=torch.channels_last)
        return F.conv2d(images, weight, None, module.stride, module.padding, groups=len(parameters[number]))

    return layer


def can_convolve(module: nn.Module) -> bool:
    """Whether a `module` is a convolution that has a layer here."""
    if type(module) is not nn.Conv2d or module.bias is not None or module.padding_mode != "zeros":
        return False
    return module.groups == 1 and module.dilation == (1, 1) and not isinstance(module.padding, str)
