"""A small convolutional network for small images."""

from itertools import pairwise
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from src.errors import ConfigError
from src.networks.patches import WhitenedPatches
from src.networks.size import refuse_too_many
from src.settings.rules import BelowOne, Count, checked


class CNN(nn.Module):
    """Maps images [N, C, H, W] to outputs [N, num_outputs] through stages that each halve height and width.

    The first convolution of a stage is pooled before it is normalised: a quarter of the work for much the same result.
    Images are laid out channels-last, which is faster for convolutions.

    Args:
        input_shape: (C, H, W).
        num_outputs: Outputs per image.
        dims: Channels of each stage.
        depth: Convolutions per stage.
        dropout: Probability of dropping each of the last stage's averages in training.
        whiten: Whether `WhitenedPatches` come before the first stage, at half the height and width.
        mirror: Whether to average the outputs for an image and its mirror image, except in training.

    Example:
        >>> CNN(input_shape=(1, 28, 28), num_outputs=10, dims=[8, 16])(torch.zeros(3, 1, 28, 28)).shape
        torch.Size([3, 10])
    """

    @checked
    def __init__(
        self,
        input_shape: tuple[Count, ...],
        num_outputs: Count,
        dims: Annotated[list[Count], Field(min_length=1, max_length=10)],
        depth: Annotated[Count, Field(le=100)] = 1,
        dropout: BelowOne = 0.0,
        whiten: bool = False,
        mirror: bool = False,
    ) -> None:
        super().__init__()
        self.mirror = mirror
        channels, side = image_shape(input_shape)
        layers: list[nn.Module] = []
        if whiten:
            patches = WhitenedPatches(channels)
            layers, channels, side = [patches], patches.num_parts, side // 2
        if side < 2 ** len(dims):
            whose = "their patches" if whiten else "these"
            raise ConfigError(
                f"network.dims: {len(dims)} stages halve an image {len(dims)} times, but {whose} have {side} pixels "
                f"per side (got {dims}); name at most {max(side, 1).bit_length() - 1}"
            )
        convolutions = sum(a * b + (depth - 1) * b * b for a, b in pairwise([channels, *dims]))
        refuse_too_many(9 * convolutions, "network.dims", dims)
        for width in dims:
            for number in range(depth):
                layers.append(nn.Conv2d(channels, width, kernel_size=3, padding=1, bias=False))
                if number == 0:
                    layers.append(nn.MaxPool2d(2))
                layers += [nn.BatchNorm2d(width), nn.ReLU()]
                channels = width
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(channels, num_outputs))
        self.to(memory_format=torch.channels_last)

    @property
    def backbone(self) -> nn.Module:
        """The layers before the last one, which Lightning's `BackboneFinetuning` unfreezes later."""
        return self.body

    def forward(self, x: Tensor) -> Tensor:
        """Outputs [N, num_outputs] of images x [N, C, H, W]."""
        outputs: Tensor = self.head(self.body(x.contiguous(memory_format=torch.channels_last)))
        if self.mirror and not self.training:
            mirrored = x.flip(-1).contiguous(memory_format=torch.channels_last)
            outputs = (outputs + self.head(self.body(mirrored))) / 2
        return outputs


def image_shape(input_shape: tuple[int, ...]) -> tuple[int, int]:
    """Channels, and the smaller of height and width in pixels, of an `input_shape` (C, H, W).

    Raises:
        ConfigError: Rows of this shape are not images.

    Example:
        >>> image_shape((3, 32, 24))
        (3, 24)
    """
    if len(input_shape) != 3:
        raise ConfigError(
            f"network: convolutions need images (got rows of shape {list(input_shape)}); use network=mlp, or image data"
        )
    return input_shape[0], min(input_shape[1:])
