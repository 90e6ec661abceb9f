"""The perceptron: one linear layer."""

from src.networks.derived import Inputs
from src.networks.mlp import MLP
from src.settings.rules import Count, checked


class Perceptron(MLP):
    """Maps rows [N, *input_shape] to outputs [N, num_outputs], each a weighted sum: an MLP without hidden layers.

    Args:
        input_shape: Shape of one row.
        num_outputs: Outputs per row.
        inputs: Functions of a row's two numbers to weigh, as `DerivedInputs` has them; None for rows as they are.

    Example:
        >>> Perceptron(input_shape=(2,), num_outputs=1)
        Perceptron(
          (0): Linear(in_features=2, out_features=1, bias=True)
        )
    """

    @checked
    def __init__(self, input_shape: tuple[Count, ...], num_outputs: Count, inputs: Inputs = None) -> None:
        super().__init__(input_shape, num_outputs, hidden_dims=[], inputs=inputs)
