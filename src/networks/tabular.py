"""The network for tables: a multilayer perceptron with embeddings of its inputs in front."""

from math import prod, sqrt
from typing import Annotated

import torch
from pydantic import Field
from torch import nn

from src.networks.mlp import MLP, Activation
from src.networks.numbers import InputScale, PeriodicEmbedding, SmoothClip
from src.settings.rules import BelowOne, Count, Natural, Positive, checked

_BIASES = 0.5  # standard deviation of the first biases of hidden units


class TabularMLP(MLP):
    """Rows [N, *input_shape] to outputs [N, num_outputs]: clipped, embedded and scaled, then through hidden layers.

    After RealMLP (D. Holzmüller, L. Grinsztajn and I. Steinwart, "Better by default", NeurIPS 2024). The last layer
    begins with zeros, so that each class has the same probability before the first step.

    Args:
        input_shape: Shape of one row; rows of more dimensions are flattened.
        num_outputs: Numbers out for each row.
        hidden_dims: Units of each hidden layer, first to last.
        activation: What follows each hidden layer.
        dropout: Probability that a hidden unit is silenced in training.
        embedding: Functions of each number that are learnt and stand beside it; 0 leaves inputs alone.
        numbers: How many of the inputs are numbers, which come first; zeros and ones of categories follow, for which a
            function would say nothing new. None takes all inputs for numbers.
        frequencies: Cosines of which each function is made.
        sigma: Standard deviation of their first frequencies; large ones tell near numbers apart, and overfit sooner.

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
        numbers: Natural | None = None,
    ) -> None:
        inputs = prod(input_shape)
        embedded = min(inputs, numbers) if numbers is not None else inputs
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
    """The first weights of layers, larger than PyTorch's, with which small tables are learnt in fewer steps."""
    *hidden, last = layers
    for number, layer in enumerate(hidden):
        layer.weight.normal_(0, sqrt((2 if number else 1) / layer.in_features))
        layer.bias.normal_(0, _BIASES)
    last.weight.zero_()
    last.bias.zero_()
