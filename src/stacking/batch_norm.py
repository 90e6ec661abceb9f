"""Batch norm of M networks at once, each with the statistics of its own minibatches."""

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Normalised(NamedTuple):
    """What m networks hold for one layer of batch norm, as views of their rows.

    Attributes:
        weight: Factors [m, U].
        bias: Shifts [m, U].
        mean: Running means [m, U].
        var: Running variances [m, U].
        batches: Number of minibatches seen so far [m].
    """

    weight: Tensor
    bias: Tensor
    mean: Tensor
    var: Tensor
    batches: Tensor


def can_stack(module: nn.Module) -> bool:
    """Whether a `module` is a batch norm with a factor, a shift and running averages of constant momentum."""
    if not isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        return False
    return module.affine and module.track_running_stats and module.momentum is not None


def normalise(x: Tensor, own: Normalised, module: Any, training: bool) -> Tensor:
    """Normalised x, with the m·U units of m networks as channels: [B, m·U, …].

    Args:
        x: What the layers before it return.
        own: The networks' own numbers; in training, the running statistics are updated in place.
        module: One of the networks' batch norms, for its settings.
        training: Whether to use the statistics of the minibatch.
    """
    mean, var = (each.clone(memory_format=torch.contiguous_format).flatten() for each in (own.mean, own.var))
    result = F.batch_norm(x, mean, var, own.weight.flatten(), own.bias.flatten(), training, module.momentum, module.eps)
    if training:
        own.mean.copy_(mean.view_as(own.mean))
        own.var.copy_(var.view_as(own.var))
        own.batches.add_(1)
    return result
