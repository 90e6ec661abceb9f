"""The architecture of a network that is a chain of layers: what comes first, hidden layers, and one linear layer."""

from collections.abc import Hashable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from torch import nn

from src.stacking.layers import chain


@dataclass(frozen=True)
class Architecture:
    """A chain with at least one hidden layer.

    Attributes:
        front: The layers before the first linear one.
        widths: Inputs of the first linear layer, units of each hidden layer, and outputs.
        after: The layers, such as an activation and dropout, after each hidden linear layer.

    Example:
        >>> found = architecture(nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 1)))
        >>> found.widths, found.depth, found.work(8)
        ((2, 8, 4, 1), 2, 88)
    """

    front: tuple[nn.Module, ...]
    widths: tuple[int, ...]
    after: tuple[tuple[nn.Module, ...], ...]

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.after)

    @property
    def widest(self) -> int:
        """Units of the largest hidden layer."""
        return max(self.widths[1:-1])

    @property
    def kin(self) -> Hashable:
        """What chains of other widths, depths, activations and dropout must have in common to be computed together."""
        return tuple(map(described, self.front)), self.widths[0], self.widths[-1]

    def work(self, units: int) -> int:
        """Multiply-adds of a row if each hidden layer had this many `units`."""
        widths = [self.widths[0], *[units] * self.depth, self.widths[-1]]
        return sum(a * b for a, b in pairwise(widths))


def architecture(network: nn.Module) -> Architecture | None:
    """The architecture of a `network`; None if it is no such chain."""
    if not isinstance(network, nn.Sequential) or chain(network) is None or type(network[0]) is nn.Conv2d:
        return None
    modules: list[Any] = list(network)
    places = [place for place, module in enumerate(modules) if type(module) is nn.Linear]
    if len(places) < 2 or places[-1] != len(modules) - 1:
        return None
    if any(list(module.parameters()) for module in modules[places[0] :] if type(module) is not nn.Linear):
        return None
    after = tuple(tuple(modules[place + 1 : next_place]) for place, next_place in pairwise(places))
    widths = (*(modules[place].in_features for place in places), modules[-1].out_features)
    return Architecture(tuple(modules[: places[0]]), widths, after)


def described(module: nn.Module) -> str:
    """A text that is the same for each `module` of a chain that does the same, whatever its parameters are."""
    shapes = [tuple(parameter.shape) for parameter in module.parameters()]
    return f"{type(module).__name__} {module.extra_repr()} {shapes}"
