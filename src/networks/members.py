"""The networks of an ensemble as one."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Members(nn.Module):
    """Rows x [N, M, *input_shape], as each of M networks sees them, to outputs [M, N, num_outputs].

    Args:
        networks: M of one kind.

    Example:
        >>> members = Members([nn.Linear(2, 1) for _ in range(3)])
        >>> members(torch.zeros(5, 3, 2)).shape
        torch.Size([3, 5, 1])
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def __len__(self) -> int:
        """M."""
        return len(self.networks)

    def forward(self, x: Tensor) -> Tensor:
        """Outputs [M, N, num_outputs] of rows x [N, M, *input_shape]."""
        return torch.stack([network(x[:, place]) for place, network in enumerate(self.networks)])
