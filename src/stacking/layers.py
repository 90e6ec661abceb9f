"""The layers of M networks at once: each maps columns [m, F, B], the units of B rows, to columns."""

import threading
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from src.networks.derived import DerivedInputs
from src.networks.numbers import InputScale, PeriodicEmbedding, SmoothClip
from src.stacking import images
from src.stacking.batch_norm import Normalised, can_stack, normalise
from src.stacking.dropout import Draw

_ELEMENTWISE = (nn.Identity, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, SmoothClip)
_OF_IMAGES = (nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d)
_OF_ROWS = (DerivedInputs, PeriodicEmbedding, InputScale)  # `vmap` turns them into links of a chain


class ForThread(threading.local):
    """One module per thread: `functional_call` puts the parameters of some runs into it while it computes."""

    def __init__(self, module: nn.Module) -> None:
        self.module = deepcopy(module)


Layer = Callable[[list[Tensor], Tensor, Draw | None], Tensor]
"""Maps the parameters and buffers of m networks, columns [m, F, B] and a function that draws dropout to columns.

That function is given in training only.
"""


def chain(network: nn.Module) -> list[Layer] | None:
    """Layers that map columns [m, F, B] or images [B, m·C, H, W] to columns; None if `network` is no plain chain."""
    modules = images.links(network)
    if modules is None:
        return None
    layers: list[Layer] = []
    number, buffer = 0, len(list(network.parameters()))  # buffers come after all parameters
    of_images = any(map(images.can_convolve, modules[:1]))
    for module in modules:
        if of_images and type(module) is nn.Linear:
            return None
        if of_images and images.can_convolve(module):
            layers.append(images.convolution(module, number))
        elif of_images and type(module) in _OF_IMAGES:
            layers.append(_elementwise(module))
        elif of_images and type(module) is nn.BatchNorm2d and can_stack(module):
            layers.append(_normalised_images(module, number, buffer))
        elif of_images and type(module) is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
            of_images = False
            layers.append(images.apart)
        elif type(module) is nn.Linear and module.bias is not None:
            layers.append(_linear(number))
        elif type(module) in _OF_ROWS and not of_images:
            layers.append(_of_rows(module, number))
        elif type(module) in _ELEMENTWISE:
            layers.append(_elementwise(module))
        elif type(module) is nn.BatchNorm1d and can_stack(module) and not of_images:
            layers.append(_normalised(module, number, buffer))
        elif type(module) is nn.Dropout and not of_images:
            layers.append(_dropout(module.p))
        elif type(module) is nn.Flatten and not layers and (module.start_dim, module.end_dim) == (1, -1):
            continue  # before the first layer, where rows are flattened
        else:
            return None
        number += len(list(module.parameters()))
        buffer += len(list(module.buffers()))
    return layers


def _linear(number: int) -> Layer:
    """The linear layer with weight [m, O, I] and bias [m, O] at `number` and the next place among the parameters."""

    def layer(parameters: list[Tensor], columns: Tensor, _: Draw | None) -> Tensor:
        return linear(parameters[number], parameters[number + 1], columns)

    return layer


def linear(weight: Tensor, bias: Tensor, columns: Tensor) -> Tensor:
    """The outputs [m, O, B] of linear layers.

    Args:
        weight: Their weights [m, O, I].
        bias: Their biases [m, O].
        columns: Their inputs [m, I, B].
    """
    if weight.shape[1] == 1:
        output: Tensor = _OneUnit.apply(weight, bias, columns)
        return output
    return torch.baddbmm(bias.unsqueeze(2), weight, columns)


class _OneUnit(torch.autograd.Function):
    """Linear layers with one unit, such as the last one of two classes.

    Only the gradient of the columns differs from that of `baddbmm`: it is a product of a column and a row for each
    network, for which matrix multiplication needs ten times as long as for multiplying numbers.
    """

    @staticmethod
    def forward(ctx: Any, weight: Tensor, bias: Tensor, columns: Tensor) -> Tensor:
        ctx.save_for_backward(weight, columns)
        return torch.baddbmm(bias.unsqueeze(2), weight, columns)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        weight, columns = ctx.saved_tensors
        gradient = gradient.flatten(1).unsqueeze(1)  # its strides in order: otherwise `bmm` takes thrice as long
        of_columns = weight.squeeze(1).unsqueeze(2) * gradient if ctx.needs_input_grad[2] else None
        return torch.bmm(gradient, columns.transpose(1, 2)), gradient.sum(2), of_columns


def _of_rows(module: nn.Module, number: int) -> Layer:
    """The layer of a module for rows [B, F], with its parameters starting at `number`."""
    names, own_module = [name for name, _ in module.named_parameters()], ForThread(module)

    def single(parameters: dict[str, Tensor], columns: Tensor) -> Any:
        return functional_call(own_module.module, parameters, (columns.T,)).T

    def layer(parameters: list[Tensor], columns: Tensor, _: Draw | None) -> Tensor:
        own = parameters[number : number + len(names)]
        result: Tensor = vmap(single)(dict(zip(names, own, strict=True)), columns)
        return result

    return layer


def _elementwise(module: nn.Module) -> Layer:
    """The layer of a `module` without parameters that acts on each number."""

    def layer(_: list[Tensor], columns: Tensor, __: Draw | None) -> Tensor:
        result: Tensor = module(columns)
        return result

    return layer


def _normalised(module: nn.Module, number: int, buffer: int) -> Layer:
    """Batch norm with its factor and shift at `number` and the next place, and its statistics from `buffer`."""

    def layer(parameters: list[Tensor], columns: Tensor, draw: Draw | None) -> Tensor:
        own = Normalised(*parameters[number : number + 2], *parameters[buffer : buffer + 3])
        return normalise(columns.flatten(0, 1)[None], own, module, draw is not None)[0].view_as(columns)

    return layer


def _normalised_images(module: nn.Module, number: int, buffer: int) -> Layer:
    """The same for the channels of images [B, m·C, H, W]."""

    def layer(parameters: list[Tensor], images: Tensor, draw: Draw | None) -> Tensor:
        own = Normalised(*parameters[number : number + 2], *parameters[buffer : buffer + 3])
        return normalise(images, own, module, draw is not None)

    return layer


def _dropout(p: float) -> Layer:
    """The layer that drops units of columns [m, U, B] with probability p in training."""

    def layer(_: list[Tensor], columns: Tensor, draw: Draw | None) -> Tensor:
        return columns if draw is None or p == 0 else columns * draw(p, columns.shape[2], columns.shape[1]).to(columns)

    return layer
