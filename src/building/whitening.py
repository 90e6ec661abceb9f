"""Fits the patches with which a network begins to the training images, before training."""

from math import prod

import torch
from torch import nn

from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.networks.patches import WhitenedPatches

_IMAGES = 4096  # at most; beyond that, the components hardly change
_NUMBERS = 2**22  # in these images at most, since each appears in four patches, in float64


def fit_patches(network: nn.Module, datamodule: InMemoryDataModule) -> None:
    """Fit every `WhitenedPatches` of a network to training images, before training.

    Args:
        network: The network, changed in place.
        datamodule: The images; those used are taken at equal distances from all that are trained on.
    """
    layers = _patches(network)
    if layers:
        num_images, numbers = len(datamodule.splits.train.x), prod(datamodule.spec.input_shape)
        wanted = max(1, min(_IMAGES, _NUMBERS // numbers))
        x = datamodule.plain("train", torch.arange(0, num_images, -(-num_images // wanted)))
        for layer in layers:
            layer.fit(x)


def check_unfitted(head: nn.Module, data: str) -> None:
    """Raise `ConfigError` if the network of a `head` needs training images, and `data` is not of this project."""
    if _patches(head):
        raise ConfigError(
            f"network.whiten: patches are fitted to the training images of a dataset of this project (got {data}); "
            "use network.whiten=false"
        )


def _patches(network: nn.Module) -> list[WhitenedPatches]:
    return [layer for layer in network.modules() if isinstance(layer, WhitenedPatches)]
