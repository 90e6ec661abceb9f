"""The network for tables: a multilayer perceptron with embeddings of its inputs."""

from math import prod, sqrt
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import nn

from src.networks.mlp import MLP, Activation
from src.networks.numbers import InputScale, PeriodicEmbedding, SmoothClip
from src.settings.rules import BelowOne, Count, Natural, Positive, checked

_BIASES = 0.5  # standard deviation of the initial biases of hidden units


class TabularMLP(MLP):
    """Maps rows [N, *input_shape] to outputs [N, num_outputs]: clipped, embedded, scaled, then through hidden layers.

    After RealMLP (D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default", NeurIPS 2024). The last layer
    starts at zero, so that all classes have the same probability before the first step.

    Args:
        input_shape: Shape of one row; rows of more dimensions are flattened.
        num_outputs: Outputs per row.
        hidden_dims: Units of each hidden layer, first to last.
        activation: The activation after each hidden layer.
        dropout: Probability of dropping a hidden unit in training.
        embedding: Learned functions of each number, added to it as inputs; 0 for none.
        numbers: How many of the inputs are numbers, which come first; zeros and ones of categories follow, for which a
            function would add nothing. `auto` treats all inputs as numbers; a run replaces it.
        frequencies: Cosines per function.
        sigma: Standard deviation of their initial frequencies; large ones distinguish close numbers and overfit sooner.

    Example:
        >>> network = TabularMLP(input_shape=(2,), num_outputs=3, hidden_dims=[8])
        >>> [type(layer).__name__ for layer in network]
        ['SmoothClip', 'PeriodicEmbedding', 'InputScale', 'Linear', 'SiLU', 'Dropout', 'Linear']
        >>> network.eval()(torch.randn(1, 2)).tolist()
        [[0.0, 0.0, 0.0]]
    """

    @checked
    def __init__(
        self,
        input_shape: tuple[Count, ...],
        num_outputs: Count,
        hidden_dims: Annotated[list[Count], Field(max_length=1000)],
        activation: Activation = "silu",
        dropout: BelowOne = 0.2,
        embedding: Natural = 3,
        frequencies: Count = 16,
        sigma: Positive = 1.0,
        numbers: Natural | Literal["auto"] = "auto",
    ) -> None:
        inputs = prod(input_shape)
        embedded = inputs if numbers == "auto" else min(inputs, numbers)
        width = inputs + embedded * embedding
        super().__init__((width,), num_outputs, hidden_dims, activation, dropout)
        _draw([layer for layer in self if isinstance(layer, nn.Linear)])
        functions = [PeriodicEmbedding(embedded, embedding, frequencies, sigma)] if embedded * embedding else []
        front = [SmoothClip(), *functions, InputScale(width)]
        if len(input_shape) > 1:
            front.insert(0, nn.Flatten())
        for layer in reversed(front):
            self.insert(0, layer)


@torch.no_grad()
def _draw(layers: list[nn.Linear]) -> None:
    """Draw initial weights, larger than PyTorch's, so that small tables need fewer steps."""
    *hidden, last = layers
    for number, layer in enumerate(hidden):
        layer.weight.normal_(0, sqrt((2 if number else 1) / layer.in_features))
        layer.bias.normal_(0, _BIASES)
    last.weight.zero_()
    last.bias.zero_()
