"""The hidden layers of a network: what their units say, and how much of it counts in the layer after."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def hidden_activations(network: nn.Module, x: Tensor) -> list[Tensor]:
    """Activations [N, U] of each hidden layer, first to last, for rows x [N, *input_shape]; none of a perceptron.

    They are what enters each linear layer after the first: what the layer before it says, with its activation function
    and whatever else stands between them. The network evaluates meanwhile, so that dropout silences no unit, and is
    in the mode it was in afterwards.
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
    """Weights [O, U] with which the O units of the next layer of a network hear each hidden layer, first to last."""
    return [layer.weight.detach() for layer in _linear(network)[1:]]


def _linear(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
