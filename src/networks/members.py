"""The networks of an ensemble as one module."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Members(nn.Module):
    """Maps rows x [N, M, *input_shape], as seen by each of M networks, to outputs [M, N, num_outputs].

    Args:
        networks: M networks of the same architecture.

    Example:
        >>> members = Members([nn.Linear(2, 1) for _ in range(3)])
        >>> members(torch.zeros(5, 3, 2)).shape
        torch.Size([3, 5, 1])
        >>> first = torch.tensor([True, False, False]).expand(5, 3)  # which answers alone for each of five rows
        >>> members(torch.zeros(5, 3, 2), first).count_nonzero(dim=(1, 2)).tolist()
        [5, 0, 0]
    """

    def __init__(self, networks: Iterable[nn.Module]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def __len__(self) -> int:
        """The number of networks M."""
        return len(self.networks)

    def forward(self, x: Tensor, voices: Tensor | None = None) -> Tensor:
        """Outputs [M, N, num_outputs] of rows x [N, M, *input_shape].

        If `voices` [N, M] says which networks answer for each row, the others compute nothing and their outputs
        are 0.
        """
        if voices is None:
            return torch.stack([network(x[:, place]) for place, network in enumerate(self.networks)])
        asked = zip(self.networks, voices.T, strict=True)
        return torch.stack([_among_zeros(net(x[rows, place]), rows) for place, (net, rows) in enumerate(asked)])


def _among_zeros(outputs: Tensor, rows: Tensor) -> Tensor:
    """Outputs [K, …] of the K rows that `rows` [N] marks, with zeros for the others: [N, …]."""
    found = outputs.new_zeros(len(rows), *outputs.shape[1:])
    found[rows] = outputs
    return found
