"""The forward pass of M networks of one architecture at once, each of which is a row of a matrix [M, P]."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from src.compat.recorded import is_recordable
from src.stacking.dropout import Draw
from src.stacking.images import convolves, side_by_side
from src.stacking.layers import ForThread, chain

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
_NORMS = (*_BATCH_NORMS, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d)
_DROPOUTS = (nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout, nn.FeatureAlphaDropout)


class StackedNetwork:
    """M networks like `network`, each in its row of a matrix: its parameters, then its buffers.

    Any network without buffers and randomness is stacked by `vmap` over `functional_call`. Chains of linear layers,
    activations, batch norm and dropout, such as the MLPs, are computed with `baddbmm` and the batch as the last
    dimension, which is three times faster for small networks; convolutions come before with one group per network.

    Args:
        network: One of the networks; its weights do not matter.

    Attributes:
        mask: Ones [m, P] where a run has a parameter, otherwise zeros; None if each run has all of them.
        num_buffers: How many of the P numbers of a row belong to buffers; they are the last ones.

    Example:
        >>> networks = [nn.Linear(2, 1) for _ in range(3)]
        >>> stacked = StackedNetwork(networks[0])
        >>> parameters = stacked.pieces(torch.stack([as_row(network) for network in networks]))
        >>> x = torch.ones(3, 5, 2)  # five rows for each of three networks
        >>> torch.allclose(stacked(parameters, x)[1], networks[1](x[1]))
        True
    """

    mask: Tensor | None = None

    def __init__(self, network: nn.Module) -> None:
        self.network, self._own = network, ForThread(network)
        named = dict(network.named_parameters()), dict(network.named_buffers())
        self.names = [name for each in named for name in each]
        self.shapes = [tensor.shape for each in named for tensor in each.values()]
        self.sizes = [shape.numel() for shape in self.shapes]
        self.num_buffers = sum(buffer.numel() for buffer in network.buffers())
        self._num_trained = len(named[0])
        self._chain = chain(network)
        self._flattens = type(next(network.children(), None)) is nn.Flatten
        self._convolves = convolves(network)

    @property
    def drops_out(self) -> bool:
        """Whether a run has dropout."""
        return drops_out(self.network)

    @property
    def is_recordable(self) -> bool:
        """Whether the forward pass of given runs calls the same operators in each step."""
        return self._chain is not None and is_recordable(self.network)

    @property
    def num_architectures(self) -> int:
        """How many architectures the runs have."""
        return 1

    def of(self, runs: slice) -> "StackedNetwork":
        """The networks of some runs."""
        return self

    def select(self, runs: Tensor) -> "StackedNetwork":
        """The networks of some runs [k], by index."""
        return self

    def row_of(self, network: nn.Module, weights: Tensor) -> Tensor:
        """The row [P] for a `network` of one of the runs, from its own, the `weights` [p]."""
        return weights

    def pieces_of(self, network: nn.Module, row: Tensor) -> list[Tensor]:
        """The parameters and buffers of a `network` of one of the runs, in their shapes, from its `row` [P]."""
        return self.pieces(row)

    def pieces(self, params: Tensor) -> list[Tensor]:
        """Views of the parameters, then of the buffers, in rows `params` [..., P], in their shapes [..., *shape].

        Rows of an optimizer's state end before the buffers, and so do the views.
        """
        known = len(self.sizes) if params.shape[-1] == sum(self.sizes) else self._num_trained
        parts = params.split(self.sizes[:known], dim=-1)
        return [part.view(part.shape[:-1] + shape) for part, shape in zip(parts, self.shapes, strict=False)]

    def leaves(self, params: Tensor) -> list[Tensor]:
        """The pieces [m, *shape] of `params` [m, P], in shared memory; the parameters take gradients of their own.

        They use `data`, since `detach` would let all runs share one version counter, but threads step different runs at
        once.
        """
        pieces = [piece.data for piece in self.pieces(params)]
        return [piece.requires_grad_(place < self._num_trained) for place, piece in enumerate(pieces)]

    def __call__(self, parameters: list[Tensor], x: Tensor, draw: Draw | None = None) -> Tensor:
        """Outputs [m, B, num_outputs] of rows x [m, B, *input_shape].

        Args:
            parameters: The parameters and buffers of each network, in their shapes.
            x: The rows of each network.
            draw: Draws dropout factors in training, which also updates the buffers; None evaluates.
        """
        if self._chain is not None and (x.ndim == 3 or self._flattens or self._convolves):
            columns = side_by_side(x) if self._convolves else x.flatten(2).transpose(1, 2)
            for layer in self._chain:
                columns = layer(parameters, columns, draw)
            return columns.transpose(1, 2)
        outputs: Tensor = vmap(self._single)(dict(zip(self.names, parameters, strict=True)), x)
        return outputs

    def _single(self, parameters: dict[str, Tensor], x: Tensor) -> Any:
        return functional_call(self._own.module, parameters, (x,))


def as_row(network: nn.Module) -> Tensor:
    """The parameters of a `network`, then its buffers, as float numbers [P]."""
    with torch.no_grad():
        return torch.cat([each.flatten().float() for each in (*network.parameters(), *network.buffers())])


def named(network: nn.Module, stacked: StackedNetwork, row: Tensor) -> dict[str, Tensor]:
    """The parameters and buffers [*shape] of a `network`, by name: copies from its `row` [P] in `stacked` networks."""
    own = [*network.named_parameters(), *network.named_buffers()]
    pieces = stacked.pieces_of(network, row)
    return {name: piece.clone().to(tensor.dtype) for (name, tensor), piece in zip(own, pieces, strict=False)}


@torch.no_grad()
def load(network: nn.Module, pieces: list[Tensor]) -> None:
    """Give a `network` the `pieces` of its row as parameters and buffers."""
    for own, piece in zip((*network.parameters(), *network.buffers()), pieces, strict=True):
        own.copy_(piece)


def drops_out(network: nn.Module) -> bool:
    """Whether a `network` has dropout."""
    return any(isinstance(module, _DROPOUTS) and module.p > 0 for module in network.modules())


def cannot_stack(network: nn.Module) -> str | None:
    """Why networks like this `network` cannot be trained as one, or None.

    Example:
        >>> cannot_stack(nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5))) is None, cannot_stack(nn.Dropout(0.5))
        (True, "dropout outside a plain chain of layers draws from each run's own random numbers")
    """
    in_chain = chain(network) is not None
    for module in network.modules():
        if (isinstance(module, _NORMS) or any(True for _ in module.buffers(recurse=False))) and not in_chain:
            return f"{type(module).__name__} outside a plain chain of layers keeps statistics of each network's batches"
        if isinstance(module, _DROPOUTS) and module.p > 0 and not in_chain:
            return "dropout outside a plain chain of layers draws from each run's own random numbers"
        if isinstance(module, nn.RNNBase):
            return f"{type(module).__name__} has no vectorized form"
    return None
