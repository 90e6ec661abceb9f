"""The weights and the equation of networks that are one weighted sum, however many layers they have."""

import torch
from torch import Tensor, nn

_AFFINE_LAYERS = (nn.Linear, nn.Flatten, nn.Identity, nn.Dropout)


def affine_map(network: nn.Module, num_inputs: int) -> tuple[Tensor, Tensor] | None:
    """Weights [num_outputs, num_inputs] and biases [num_outputs] of a sequence of linear layers only; otherwise None.

    Only a `Sequential` is known to do nothing but apply its layers; other modules may do anything between them.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
        >>> for parameter in network.parameters():
        ...     _ = nn.init.ones_(parameter)
        >>> weight, bias = affine_map(network, num_inputs=2)  # (x1 + x2 + 1) + (x1 + x2 + 1) + 1
        >>> weight.tolist(), bias.tolist()
        ([[2.0, 2.0]], [3.0])
    """
    leaves = [part for part in network.modules() if type(part).forward is not nn.Sequential.forward]
    if not all(isinstance(leaf, _AFFINE_LAYERS) for leaf in leaves):
        return None
    weight, bias = torch.eye(num_inputs), torch.zeros(num_inputs)
    for leaf in leaves:
        if isinstance(leaf, nn.Linear):
            layer = leaf.weight.detach().cpu()
            weight, bias = layer @ weight, layer @ bias
            if leaf.bias is not None:
                bias = bias + leaf.bias.detach().cpu()
    return weight, bias
