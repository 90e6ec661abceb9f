"""Functions of two inputs as the first layer of a network, which has nothing to learn."""

from collections.abc import Callable
from typing import Annotated, Any

import torch
from pydantic import BeforeValidator
from torch import Tensor, nn

from src.settings.rules import Input, broken

_FORMULAS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1_squared": lambda x1, x2: x1 * x1,
    "x2_squared": lambda x1, x2: x2 * x2,
    "x1_times_x2": lambda x1, x2: x1 * x2,
    "sin_x1": lambda x1, x2: x1.sin(),
    "sin_x2": lambda x1, x2: x2.sin(),
}


def _named_once(names: Any) -> Any:
    if not isinstance(names, list | tuple) or not names:
        raise broken("Input should be a list, such as [x1,x1_squared], or null for the inputs as they are")
    if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
        raise broken(f"Input should name each function once; leave out the second {twice}")
    return names


Inputs = Annotated[list[Input], BeforeValidator(_named_once)] | None
"""The functions of two inputs that a network gets; None for the inputs as they are."""


class DerivedInputs(nn.Module):
    """Maps rows x [N, 2] to a function of their two numbers for each of K names, in this order: [N, K].

    All functions, including the sine, act on the numbers that the network gets: those of a table after it has been
    standardized. The values then do not depend on a column's unit: the sine of a weight in grams would be noise, and
    its square far larger than the other inputs. Datasets without a scaler, such as circles, are used as they are.

    Args:
        names: Names of functions.

    Example:
        >>> DerivedInputs(["x2", "x1_squared", "x1_times_x2"])(torch.tensor([[3.0, 2.0]]))
        tensor([[2., 9., 6.]])
    """

    def __init__(self, names: list[Input]) -> None:
        super().__init__()
        self.names = tuple(names)

    def forward(self, x: Tensor) -> Tensor:
        """Functions [N, K] of rows x [N, 2]."""
        x1, x2 = x.unbind(-1)
        return torch.stack([_FORMULAS[name](x1, x2) for name in self.names], dim=-1)

    def extra_repr(self) -> str:
        """The names, for printing a network."""
        return ", ".join(self.names)
