"""Patches of an image in coordinates that training images leave uncorrelated."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_SIDE, _STRIDE, _PADDING = 4, 2, 1
_ADDED = 0.01  # of the mean variance to each; directions with less are mostly noise


class WhitenedPatches(nn.Module):
    """Maps images [N, C, H, W] to the parts of their 4×4 patches, positive and negative ones: [N, 32 C, H/2, W/2].

    A part is the projection of a patch on a principal component of the training images' patches, divided by its
    standard deviation there. There is nothing to learn: `fit` computes the filters, and a checkpoint keeps them. Until
    then, the parts are the pixels themselves.

    A layer that is not trained needs no backward pass, and uncorrelated inputs shorten training (Jordan 2024,
    arXiv:2404.00498).

    Args:
        channels: C, channels of an image.

    Example:
        >>> WhitenedPatches(1)(torch.zeros(3, 1, 28, 28)).shape
        torch.Size([3, 32, 14, 14])
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        size = channels * _SIDE**2
        filters = torch.eye(size).unflatten(1, (channels, _SIDE, _SIDE))
        self.register_buffer("weight", torch.cat([filters, -filters]))
        self.register_buffer("bias", torch.zeros(2 * size))

    @property
    def num_parts(self) -> int:
        """The number of channels of what comes out."""
        return len(self.bias)

    @torch.no_grad()
    def fit(self, x: Tensor) -> None:
        """Compute the filters from images x [N, C, H, W] as the network sees them."""
        patches = F.unfold(x, _SIDE, stride=_STRIDE).transpose(1, 2).flatten(0, 1).double()
        mean = patches.mean(dim=0)
        variances, directions = torch.linalg.eigh((patches - mean).T.cov(correction=0))
        added = max(_ADDED * variances.mean().item(), 1e-6)  # where all patches are alike
        filters = (directions / (variances + added).sqrt()).T.flip(0)
        self.weight.copy_(torch.cat([filters, -filters]).view_as(self.weight))
        self.bias.copy_(torch.cat([-(filters @ mean), filters @ mean]))

    def forward(self, x: Tensor) -> Tensor:
        """Positive parts [N, 32 C, H/2, W/2], then those of the opposite sign, of images x [N, C, H, W]."""
        return F.conv2d(x, self.weight, self.bias, stride=_STRIDE, padding=_PADDING).relu()
