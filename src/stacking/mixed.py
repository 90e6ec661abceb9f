"""The forward pass of M networks of several widths, depths and activations at once."""

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property, partial
from itertools import groupby, pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from src.compat.recorded import is_recordable
from src.stacking.architectures import Architecture, architecture, described
from src.stacking.dropout import Draw
from src.stacking.layers import Layer, chain, linear
from src.stacking.network import StackedNetwork, drops_out


class _Segment(NamedTuple):
    """What neighbouring runs do after a hidden linear layer.

    Attributes:
        runs: The runs.
        units: The units of each that dropout draws for; None if they have no dropout, so that zeros may take part.
        layers: What they do.
    """

    runs: slice
    units: int | None
    layers: list[Layer]


class MixedNetwork(StackedNetwork):
    """M networks, each padded with zeros to the widest hidden layer and to the most hidden layers among them.

    A unit that a run does not have gets zeros only, and passes nothing on; `mask` keeps its parameters at exactly zero.
    A hidden layer that a run does not have is skipped. So each run computes what it would compute alone; its sums have
    more terms, all of them zero, which may round them differently.

    Args:
        networks: The network of each run, in the order of their depths; their weights do not matter.

    Example:
        >>> small, large = (nn.Sequential(nn.Linear(2, n), nn.Tanh(), nn.Linear(n, 1)) for n in (3, 8))
        >>> mixed = MixedNetwork([small, large])
        >>> vectors = [nn.utils.parameters_to_vector(each.parameters()).detach() for each in (small, large)]
        >>> rows = [mixed.row_of(*each) for each in zip((small, large), vectors)]
        >>> x = torch.ones(2, 5, 2)  # five rows for each
        >>> torch.allclose(mixed(mixed.pieces(torch.stack(rows)), x)[0], small(x[0]))
        True
    """

    def __init__(self, networks: list[nn.Module]) -> None:
        known = {id(network): _known(network) for network in networks}
        depths = [known[id(network)].depth for network in networks]
        assert depths == sorted(depths)
        front, widths = known[id(networks[0])].front, known[id(networks[0])].widths
        self._units = max(each.widest for each in known.values())
        padded = [widths[0], *[self._units] * depths[-1], widths[-1]]
        super().__init__(nn.Sequential(*front, *(nn.utils.skip_init(nn.Linear, *pair) for pair in pairwise(padded))))
        self._networks = networks
        self._known = known
        self._first = len([parameter for module in front for parameter in module.parameters()])
        self._front = chain(nn.Sequential(*front)) or []
        self._places = {id(network): self._places_of(network) for network in networks}
        self._parts: dict[tuple[int, int], MixedNetwork] = {}

    @property
    def drops_out(self) -> bool:
        """Whether a run has dropout."""
        return any(map(drops_out, self._networks))

    @property
    def is_recordable(self) -> bool:
        """Whether the forward pass of given runs calls the same operators in each step."""
        return all(map(is_recordable, {id(network): network for network in self._networks}.values()))

    @property
    def num_architectures(self) -> int:
        """How many architectures the runs have."""
        return len({id(network) for network in self._networks})

    @cached_property
    def mask(self) -> Tensor:  # type: ignore[override]
        """Ones [m, P] where a run has a parameter, otherwise zeros."""
        masks = {key: torch.zeros(sum(self.sizes)).index_fill(0, places, 1) for key, places in self._places.items()}
        return torch.stack([masks[id(network)] for network in self._networks])

    def of(self, runs: slice) -> "MixedNetwork":
        """The networks of some runs."""
        key = runs.start, runs.stop
        if key not in self._parts:
            self._parts[key] = self._with(self._networks[runs])
        return self._parts[key]

    def select(self, runs: Tensor) -> "MixedNetwork":
        """The networks of some runs [k], by index."""
        return self._with([self._networks[run] for run in runs.tolist()])

    def _with(self, networks: list[nn.Module]) -> "MixedNetwork":
        other = copy(self)
        other._networks, other._parts = networks, {}
        for cached in ("mask", "_hidden"):
            other.__dict__.pop(cached, None)
        return other

    def row_of(self, network: nn.Module, weights: Tensor) -> Tensor:
        """The row [P] for a `network` of one of the runs, from its parameters, the `weights` [p]."""
        return weights.new_zeros(sum(self.sizes)).index_copy(0, self._places[id(network)], weights)

    def pieces_of(self, network: nn.Module, row: Tensor) -> list[Tensor]:
        """The parameters of a `network` of one of the runs, in their shapes, from its `row` [P]."""
        shapes = [parameter.shape for parameter in network.parameters()]
        parts = row[self._places[id(network)].to(row.device)].split([shape.numel() for shape in shapes])
        return [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]

    def _places_of(self, network: nn.Module) -> Tensor:
        """Where each parameter of a `network` is in a row [p]."""
        padded = self.pieces(torch.arange(sum(self.sizes)))
        own = list(network.parameters())
        padded = [*padded[: len(own) - 2], *padded[-2:]]  # the last layer is the last one of all networks
        corners = [each[tuple(map(slice, mine.shape))] for each, mine in zip(padded, own, strict=True)]
        return torch.cat([corner.flatten() for corner in corners])

    def __call__(self, parameters: list[Tensor], x: Tensor, draw: Draw | None = None) -> Tensor:
        """Outputs [m, B, num_outputs] of rows x [m, B, *input_shape], as in `StackedNetwork`."""
        columns = x.flatten(2).transpose(1, 2)
        for layer in self._front:
            columns = layer(parameters, columns, draw)
        for number, (start, segments) in enumerate(self._hidden):
            weight, bias = parameters[self._first + 2 * number :][:2]
            done = []
            if start:  # runs with fewer layers
                fewer, columns = columns.split([start, len(columns) - start])
                weight, bias, done = weight[start:], bias[start:], [fewer]
            hidden = linear(weight, bias, columns)
            for segment, own in zip(segments, _split(hidden, segments), strict=True):
                done.append(self._after(segment, own, draw))
            columns = torch.cat(done) if len(done) > 1 else done[0]
        weight, bias = parameters[-2:]
        return linear(weight, bias, columns).transpose(1, 2)

    def _after(self, segment: _Segment, hidden: Tensor, draw: Draw | None) -> Tensor:
        """The columns of a segment, from the results `hidden` of its linear layer."""
        runs, units, layers = segment
        columns = hidden if units is None else hidden[:, :units]
        for layer in layers:
            columns = layer([], columns, draw if draw is None else partial(draw, runs=runs))
        return columns if units is None else F.pad(columns, (0, 0, 0, self._units - units))

    @cached_property
    def _hidden(self) -> list[tuple[int, list[_Segment]]]:
        """For each hidden layer the first run that has it, and what the runs do after it."""
        each = [self._known[id(network)] for network in self._networks]
        found = []
        for number in range(max(one.depth for one in each)):
            start = next(place for place, one in enumerate(each) if one.depth > number)
            found.append((start, list(_segments(each, start, number))))
        return found


def joined(networks: list[nn.Module]) -> StackedNetwork:
    """The `networks` of M runs as one: the same module for runs of the same architecture."""
    alike = all(network is networks[0] for network in networks)
    return StackedNetwork(networks[0]) if alike else MixedNetwork(networks)


def _split(columns: Tensor, segments: list[_Segment]) -> Sequence[Tensor]:
    """The columns of each segment: not by slices, whose gradients are filled with zeros and added up."""
    sizes = [each.runs.stop - each.runs.start for each in segments]
    return columns.split(sizes) if len(sizes) > 1 else [columns]


def _known(network: nn.Module) -> Architecture:
    found = architecture(network)
    assert found is not None
    return found


def _segments(each: list[Architecture], start: int, number: int) -> Iterator[_Segment]:
    """What runs from `start` do after hidden layer `number`; neighbours that do the same are one segment."""

    def key(place: int) -> tuple[int | None, tuple[str, ...]]:
        layers = each[place].after[number]
        units = each[place].widths[number + 1] if any(map(drops_out, layers)) else None
        return units, tuple(map(described, layers))

    for (units, _), places in groupby(range(start, len(each)), key):
        runs = list(places)
        layers = chain(nn.Sequential(*each[runs[0]].after[number])) or []
        yield _Segment(slice(runs[0], runs[-1] + 1), units, layers)
