"""Augmentation of the images of a minibatch, each independently: mirrored, shifted, partly blacked out."""

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def shifted(x: Tensor, generator: Generator, pixels: int, flip: bool) -> Tensor:
    """Images x [B, C, H, W] shifted by up to `pixels` each way and padded with black; if `flip`, half are mirrored.

    Equivalent to padding by `pixels` and cropping at a position drawn from `generator`, as is usual for small images;
    done in one gather.
    """
    num_images, channels, height, width = x.shape
    down = _whole(2 * pixels + 1, num_images, generator) + torch.arange(height)
    right = _whole(2 * pixels + 1, num_images, generator) + torch.arange(width)
    if flip:
        mirrored = _whole(2, num_images, generator).bool()
        right = torch.where(mirrored, right.flip(1), right)
    padded = F.pad(x, (pixels,) * 4)
    down, right = down.to(x.device), right.to(x.device)
    image = torch.arange(num_images, device=x.device)[:, None, None, None]
    channel = torch.arange(channels, device=x.device)[None, :, None, None]
    return padded[image, channel, down[:, None, :, None], right[:, None, None, :]]


def erased(x: Tensor, generator: Generator, probability: float) -> Tensor:
    """Images x [B, C, H, W], some with a black rectangle with sides of an eighth to a half of the image's.

    Random erasing (Zhong et al. 2020, arXiv:1708.04896) with black.

    Args:
        x: Images [B, C, H, W] of a minibatch.
        generator: The random generator.
        probability: The probability that an image gets a rectangle.

    Example:
        >>> white = torch.full((100, 1, 8, 8), 255, dtype=torch.uint8)
        >>> black = erased(white, Generator().manual_seed(0), probability=1.0) == 0
        >>> bool((black.sum((1, 2, 3)) <= 16).all())
        True
    """
    num_images, _, height, width = x.shape
    chosen = torch.rand(num_images, 1, generator=generator) < probability
    covered = []
    for side in (height, width):
        length = side * (1 + 3 * torch.rand(num_images, 1, generator=generator)) / 8
        start = (side - length) * torch.rand(num_images, 1, generator=generator)
        place = torch.arange(side) + 0.5
        covered.append((place >= start) & (place < start + length))
    black = (chosen & covered[0])[:, None, :, None] & covered[1][:, None, None, :]
    return x.masked_fill(black.to(x.device), 0)


def _whole(below: int, num_images: int, generator: Generator) -> Tensor:
    """Whole numbers [num_images, 1] from 0 to `below` - 1."""
    return torch.randint(below, (num_images, 1), generator=generator)
