"""The hidden layers of a network: the activations of their units, and their weights in the next layer."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def hidden_activations(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Activations [N, U] of each hidden layer, first to last, for rows x [N, *input_shape]; none of a perceptron.

    They are the inputs of each linear layer after the first, so they include the activation function and anything else
    in between. The network is evaluated in evaluation mode, so that dropout drops no unit, and then returns to its
    previous mode.
    """
    heard: list[Tensor] = []
    handles = [
        layer.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0])) for layer in _linear(network)[1:]
    ]
    training = network.training
    try:
        network.eval()(x.to(next(network.parameters()).dtype))
    finally:
        network.train(training)
        for handle in handles:
            handle.remove()
    return heard


def outgoing_weights(network: nn.Module) -> list[Tensor]:
    """Weights [O, U] from the U units of each hidden layer of a network to the O units of the next, first to last."""
    return [layer.weight.detach() for layer in _linear(network)[1:]]


def _linear(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
