"""A network of plain layers as a list of their kinds and parameters, from which others can compute its outputs."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from src.errors import ConfigError
from src.networks.derived import DerivedInputs
from src.networks.members import Members
from src.networks.numbers import FARTHEST, InputScale, PeriodicEmbedding, SmoothClip


class Layer(NamedTuple):
    """One step from rows to outputs.

    Attributes:
        kind: What it does: `derived`, `linear`, `affine`, `periodic`, `clip`, or the name of an activation.
        numbers: Its learned numbers, in the order in which they are read.
        settings: Whatever else it needs, which training does not change.
    """

    kind: str
    numbers: tuple[Tensor, ...] = ()
    settings: dict[str, float | tuple[str, ...]] = {}


def plain_layers(network: nn.Module) -> list[Layer]:
    """The layers of a network in evaluation mode, first to last, without those that then do nothing.

    Only a `Sequential` is known to apply its layers one after another; other modules may do anything between them.

    Raises:
        ConfigError: It has a layer that is not plain.

    Example:
        >>> network = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1))
        >>> [layer.kind for layer in plain_layers(network)]
        ['linear', 'tanh', 'linear']
    """
    found = []
    for leaf in _leaves(network):
        if type(leaf) in _SILENT:
            continue
        describe = _KINDS.get(type(leaf))
        layer = None if describe is None else describe(leaf)
        if layer is None:
            raise ConfigError(f"network: {_complaint(leaf)}; use network=mlp, perceptron or tabular")
        found.append(layer)
    return found


def all_numbers(layers: list[Layer]) -> Tensor:
    """The numbers of all layers, one layer after another: float32 [P] on the CPU."""
    return torch.cat([each.detach().flatten().float().cpu() for layer in layers for each in layer.numbers])


def _leaves(module: nn.Module) -> Iterator[nn.Module]:
    if type(module).forward is nn.Sequential.forward:
        for part in module.children():
            yield from _leaves(part)
    else:
        yield module


def _complaint(leaf: nn.Module) -> str:
    if isinstance(leaf, Members):
        return f"only a single network can be shown (got the mean of network.members={len(leaf)})"
    return f"is shown layer by layer, and {type(leaf).__name__} is not a known layer"


def _linear(layer: Any) -> Layer:
    bias = torch.zeros(layer.out_features) if layer.bias is None else layer.bias
    return Layer("linear", (layer.weight, bias), {"inputs": layer.in_features, "outputs": layer.out_features})


def _normalised(layer: Any) -> Layer | None:
    """A normalisation by the means and variances seen in training; None if it has not kept any."""
    if layer.running_mean is None:
        return None
    scale = (layer.running_var + layer.eps).rsqrt()
    scale = scale if layer.weight is None else scale * layer.weight
    shift = -layer.running_mean * scale
    return _affine(scale, shift if layer.bias is None else shift + layer.bias)


def _affine(scale: Tensor, shift: Tensor) -> Layer:
    return Layer("affine", (scale, shift), {"units": len(scale)})


def _periodic(layer: Any) -> Layer:
    inputs, frequencies, dims = layer.weight.shape
    return Layer("periodic", layer.scaled, {"inputs": inputs, "frequencies": frequencies, "dims": dims})


def _activation(kind: str, **settings: str) -> Callable[[Any], Layer]:
    """Describes an activation by its `kind` and the attributes that are its settings."""
    return lambda layer: Layer(kind, (), {name: float(getattr(layer, own)) for name, own in settings.items()})


_SILENT = {nn.Flatten, nn.Identity, nn.Dropout}
_KINDS: dict[type[nn.Module], Callable[[Any], Layer | None]] = {
    DerivedInputs: lambda layer: Layer("derived", (), {"names": layer.names}),
    nn.Linear: _linear,
    nn.BatchNorm1d: _normalised,
    InputScale: lambda layer: _affine(layer.factors, torch.zeros_like(layer.factors)),
    SmoothClip: lambda layer: Layer("clip", (), {"farthest": FARTHEST}),
    PeriodicEmbedding: _periodic,
    nn.ReLU: _activation("relu"),
    nn.LeakyReLU: _activation("leaky_relu", slope="negative_slope"),
    nn.ELU: _activation("elu", alpha="alpha"),
    nn.GELU: lambda layer: Layer("gelu") if layer.approximate == "none" else None,
    nn.SiLU: _activation("silu"),
    nn.Tanh: _activation("tanh"),
    nn.Sigmoid: _activation("sigmoid"),
}
