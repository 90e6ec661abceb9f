"""Layers for the numbers of a table's rows, before the first hidden layer."""

import math

import torch
from torch import Tensor, nn

FARTHEST = 3.0
_SLOWER = 0.1  # an embedding's learning rate, relative to that of the weights after it
_FASTER = 6.0  # a scale's learning rate, since Adam's steps ignore a parameter's unit


class SmoothClip(nn.Module):
    """Maps inputs x [...] to x / √(1 + (x/3)²): nearly x for small x, and never beyond ±3.

    Example:
        >>> SmoothClip()(torch.tensor([0.3, 4.0, 1000.0]))
        tensor([0.2985, 2.4000, 3.0000])
    """

    def forward(self, x: Tensor) -> Tensor:
        """Clipped inputs [N, F] for x [N, F]."""
        return x / (1 + (x / FARTHEST).square()).sqrt()


class PeriodicEmbedding(nn.Module):
    """Maps inputs x [N, F] to [N, F + K·dims]: all of them, and learned functions of each of the first K.

    The functions are weighted sums of cosines of the number, whose frequencies and phases are learned too: a stepwise
    effect, or one within a range, is then as easy to learn as a linear effect (D. Holzmüller, L.
    Grinsztajn and I. Steinwart, "Better by default", NeurIPS 2024, where it is called PBLD).

    Args:
        num_inputs: K, at most F; the inputs after them, such as the zeros and ones of categories, have no functions.
        dims: Functions of each number.
        frequencies: Cosines per function.
        sigma: Standard deviation of the initial frequencies, in periods per unit of a number.
    """

    def __init__(self, num_inputs: int, dims: int, frequencies: int, sigma: float) -> None:
        super().__init__()
        bound = 1 / math.sqrt(frequencies)
        self.frequencies = _parameter(2 * math.pi * sigma * torch.randn(num_inputs, frequencies))
        self.phases = _parameter(_uniform(math.pi, num_inputs, frequencies))
        self.weight = _parameter(_uniform(bound, num_inputs, frequencies, dims))
        self.bias = _parameter(_uniform(bound, num_inputs, dims))

    def forward(self, x: Tensor) -> Tensor:
        """Numbers [N, F + K·dims] for inputs x [N, F]."""
        embedded = x[:, : self.frequencies.shape[0]]
        frequencies, phases, weight, bias = self.scaled
        waves = (embedded.unsqueeze(-1) * frequencies + phases).cos()
        learnt = torch.einsum("nfk,fkd->nfd", waves, weight) + bias
        return torch.cat([x, learnt.flatten(1)], dim=1)

    @property
    def scaled(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Frequencies, phases [K, frequencies], weights [K, frequencies, dims], biases [K, dims]; as used."""
        frequencies, phases, weight, bias = (
            _SLOWER * each for each in (self.frequencies, self.phases, self.weight, self.bias)
        )
        return frequencies, phases, weight, bias


class InputScale(nn.Module):
    """Multiplies inputs x [N, F] by learned factors, initially 1: uninformative inputs can be turned down.

    Args:
        num_inputs: Number of inputs F.
    """

    def __init__(self, num_inputs: int) -> None:
        super().__init__()
        self.change = nn.Parameter(torch.zeros(num_inputs))

    def forward(self, x: Tensor) -> Tensor:
        """Scaled inputs [N, F] for x [N, F]."""
        return x * self.factors

    @property
    def factors(self) -> Tensor:
        """The factor of each input [F]."""
        return 1 + _FASTER * self.change


def _uniform(bound: float, *shape: int) -> Tensor:
    return torch.empty(shape).uniform_(-bound, bound)


def _parameter(value: Tensor) -> nn.Parameter:
    return nn.Parameter(value / _SLOWER)
