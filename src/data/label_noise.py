"""Training labels that are wrong on purpose."""

import torch
from torch import Generator, Tensor

from src.errors import ConfigError


def with_label_noise(y: Tensor, fraction: float, num_classes: int, generator: Generator) -> Tensor:
    """Labels, some of them replaced by another class drawn uniformly.

    Args:
        y: Labels [N], or 0 and 1 for each of several labels [N, L]; returned unchanged if the fraction is 0.
        fraction: The fraction of labels to replace.
        num_classes: Number of classes or labels; 0 for regression.
        generator: The random generator.

    Raises:
        ConfigError: The targets are numbers, or the fraction is less than one label.
    """
    if fraction == 0:
        return y
    if not num_classes:
        raise ConfigError(f"data.label_noise: these rows have numeric targets (got {fraction}); use 0")
    noisy = y.flatten().clone()
    num_flipped = round(fraction * len(noisy))
    if num_flipped == 0:
        raise ConfigError(
            f"data.label_noise: changes none of the {len(noisy):,} training labels (got {fraction}); "
            f"give at least {1 / len(noisy):.2g}, or 0"
        )
    flipped = torch.randperm(len(noisy), generator=generator)[:num_flipped]
    values = num_classes if y.ndim == 1 else 2
    shift = torch.randint(1, values, (len(flipped),), generator=generator)  # never 0, so always another class
    noisy[flipped] = (noisy[flipped] + shift) % values
    return noisy.view_as(y)
