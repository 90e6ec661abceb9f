"""The multilayer perceptron: linear layers with an activation between them."""

from itertools import pairwise
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field
from torch import nn

from src.networks.derived import DerivedInputs, Inputs
from src.networks.size import refuse_too_many
from src.settings.rules import BelowOne, Count, checked

Activation = Literal["identity", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
_ACTIVATIONS: dict[str, type[nn.Module]] = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class MLP(nn.Sequential):
    """Maps rows [N, *input_shape] to outputs [N, num_outputs] through hidden layers.

    Args:
        input_shape: Shape of one row; rows of more dimensions are flattened.
        num_outputs: Outputs per row.
        hidden_dims: Units of each hidden layer, first to last; `[]` is a perceptron.
        activation: The activation after each hidden layer.
        dropout: Probability of dropping a hidden unit in training.
        batch_norm: Whether to normalise each hidden layer over the minibatch, before its activation.
        inputs: Functions of a row's two numbers to begin with, as `DerivedInputs` has them; None for rows as they are.

    Example:
        >>> network = MLP(input_shape=(2,), num_outputs=1, hidden_dims=[4], activation="tanh")
        >>> [type(layer).__name__ for layer in network], sum(p.numel() for p in network.parameters())
        (['Linear', 'Tanh', 'Linear'], 17)
    """

    @checked
    def __init__(
        self,
        input_shape: tuple[Count, ...],
        num_outputs: Count,
        hidden_dims: Annotated[list[Count], Field(max_length=1000)],
        activation: Activation = "relu",
        dropout: BelowOne = 0.0,
        batch_norm: bool = False,
        inputs: Inputs = None,
    ) -> None:
        num_inputs = prod(input_shape) if inputs is None else len(inputs)
        widths = [num_inputs, *hidden_dims, num_outputs]
        refuse_too_many(sum(a * b for a, b in pairwise(widths)), "network.hidden_dims", hidden_dims)
        layers: list[nn.Module] = [nn.Flatten()] if len(input_shape) > 1 else []
        if inputs is not None:
            layers.append(DerivedInputs(inputs))
        for units in hidden_dims:
            layers.append(nn.Linear(num_inputs, units))
            if batch_norm:
                layers.append(nn.BatchNorm1d(units))
            layers.append(_ACTIVATIONS[activation]())
            if dropout:
                layers.append(nn.Dropout(dropout))
            num_inputs = units
        super().__init__(*layers, nn.Linear(num_inputs, num_outputs))

    @property
    def backbone(self) -> nn.Module:
        """The layers before the last one, which Lightning's `BackboneFinetuning` unfreezes later."""
        return nn.Sequential(*list(self)[:-1])

    def __getitem__(self, place: Any) -> Any:
        """A layer, or for a slice a network of those layers: `network[:-1]` maps rows to the last hidden units."""
        return nn.Sequential(*list(self)[place]) if isinstance(place, slice) else super().__getitem__(place)
