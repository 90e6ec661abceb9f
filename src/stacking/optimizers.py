"""torch.optim's SGD, Adam and AdamW for M networks at once, each with its own learning rate and other numbers.

The parameters of a network are one row of a matrix [M, P], so a step is a few operations however many networks and
layers there are. `tests/stacking/test_optimizers.py` compares each with its original.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor

Step = Callable[[Tensor, Tensor | None], None]
"""Takes gradients [m, P] and the step's learning rates [m, 1], or None for those of the numbers."""


class StackedOptimizer(ABC):
    """Updates rows of parameters [M, P] in place.

    Args:
        values: The parameters [M, P].
        numbers: Of each name in `number_names`, a value for each row: float64 [M].
        nesterov: Nesterov's momentum; SGD alone has it.

    Attributes:
        state: What the optimizer remembers, [M, P] each, under torch.optim's names.
        steps_done: Steps taken so far, the same for all rows.
    """

    number_names: ClassVar[tuple[str, ...]]
    state_names: ClassVar[tuple[str, ...]]

    def __init__(self, values: Tensor, numbers: dict[str, Tensor], nesterov: bool = False) -> None:
        self.values, self.numbers, self.nesterov = values, numbers, nesterov
        self.state = {name: torch.zeros_like(values) for name in self.used_state()}
        self.steps_done = 0

    def used_state(self) -> tuple[str, ...]:
        """The names of the state that these numbers need."""
        return self.state_names

    def to(self, device: torch.device) -> None:
        """Move to a device."""
        self.values = self.values.to(device)
        self.numbers = {name: value.to(device) for name, value in self.numbers.items()}
        self.state = {name: value.to(device) for name, value in self.state.items()}

    def select(self, rows: Tensor) -> None:
        """Keep some rows [k] only, by their indices."""
        self.values = self.values[rows]
        self.numbers = {name: value[rows] for name, value in self.numbers.items()}
        self.state = {name: value[rows] for name, value in self.state.items()}

    def restore(self, tensors: dict[str, Tensor], steps_done: int) -> None:
        """Take parameters, state and learning rates, `tensors` [M, …], as they were after `steps_done`."""
        self.values.copy_(tensors["values"])
        for name, value in self.state.items():
            value.copy_(tensors[name])
        self.numbers["lr"].copy_(tensors["lr"])
        self.steps_done = steps_done

    def column(self, name: str, rows: slice) -> Tensor:
        """The numbers of this `name` of some rows, as they meet the parameters: [m, 1]."""
        return self.numbers[name][rows].to(self.values).unsqueeze(1)

    @abstractmethod
    def stepper(self, rows: slice) -> Step:
        """What takes the next steps of some rows from gradients [m, P]; the caller adds to `steps_done` after all."""

    @staticmethod
    def torch_state(state: dict[str, Tensor], numbers: dict[str, float], steps_done: int) -> dict[str, Any]:
        """What torch.optim keeps for one parameter, where `state` is what of ours belongs to it.

        Args:
            state: The pieces [*shape] of one parameter of one run.
            numbers: Of that run.
            steps_done: Steps that led to the state.
        """
        return dict(state)


class StackedSGD(StackedOptimizer):
    """`torch.optim.SGD` without dampening."""

    number_names = ("lr", "momentum", "weight_decay")
    state_names = ("momentum_buffer",)

    def used_state(self) -> tuple[str, ...]:
        """A momentum buffer where any row has momentum."""
        return self.state_names if self.numbers["momentum"].any() else ()

    def stepper(self, rows: slice) -> Step:
        """Steps from gradients [m, P]: plain, with weight decay, with momentum or with both."""
        values, rate = self.values[rows], self.column("lr", rows)
        decay = self.column("weight_decay", rows) if self.numbers["weight_decay"].any() else None
        momentum = self.column("momentum", rows)
        buffer = self.state["momentum_buffer"][rows] if self.state else None

        def step(gradient: Tensor, rates: Tensor | None = None) -> None:
            if decay is not None:
                gradient = torch.addcmul(gradient, values, decay)
            if buffer is not None:
                buffer.mul_(momentum).add_(gradient)
                gradient = torch.addcmul(gradient, buffer, momentum) if self.nesterov else buffer
            values.addcmul_(gradient, rate if rates is None else rates, value=-1)

        return step

    @staticmethod
    def torch_state(state: dict[str, Tensor], numbers: dict[str, float], steps_done: int) -> dict[str, Any]:
        """The momentum buffer [*shape]; nothing for a run without momentum."""
        return dict(state) if numbers["momentum"] else {}


class StackedAdam(StackedOptimizer):
    """`torch.optim.Adam`; weight decay is added to the gradient."""

    number_names = ("lr", "beta1", "beta2", "eps", "weight_decay")
    state_names = ("exp_avg", "exp_avg_sq")
    decoupled = False

    def stepper(self, rows: slice) -> Step:
        """Steps from gradients [m, P], with the bias corrections of the steps to come."""
        values, rate = self.values[rows], self.column("lr", rows)
        exact1, exact2 = (self.numbers[name][rows].unsqueeze(1) for name in ("beta1", "beta2"))
        beta2, eps = self.column("beta2", rows), self.column("eps", rows)
        new1, new2 = (1 - exact1).to(values), (1 - exact2).to(values)  # exact: 1 - 0.999 in float32 loses four digits
        decay = self.column("weight_decay", rows) if self.numbers["weight_decay"].any() else None
        mean, square = (self.state[name][rows] for name in self.state_names)
        number = self.steps_done

        def step(gradient: Tensor, rates: Tensor | None = None) -> None:
            nonlocal number
            number += 1
            rates = rate if rates is None else rates
            if decay is not None and self.decoupled:
                values.mul_(1 - rates * decay)
            elif decay is not None:
                gradient = torch.addcmul(gradient, values, decay)
            mean.lerp_(gradient, new1)
            square.mul_(beta2).addcmul_(gradient * gradient, new2)
            root = (square.sqrt() / (1 - exact2**number).sqrt().to(values)).add_(eps)
            values.addcdiv_(mean * (rates / (1 - exact1**number).to(values)), root, value=-1)

        return step

    @staticmethod
    def torch_state(state: dict[str, Tensor], numbers: dict[str, float], steps_done: int) -> dict[str, Any]:
        """The two averages [*shape]; the number of steps stands first, as a tensor, a scalar."""
        return {"step": torch.tensor(float(steps_done)), **state}


class StackedAdamW(StackedAdam):
    """`torch.optim.AdamW`: weight decay shrinks the parameters, apart from the gradient."""

    decoupled = True


STACKED: dict[str, type[StackedOptimizer]] = {
    "torch.optim.SGD": StackedSGD,
    "torch.optim.Adam": StackedAdam,
    "torch.optim.AdamW": StackedAdamW,
}


def numbers_of(group: dict[str, Any]) -> dict[str, float]:
    """The numbers of a torch.optim parameter group that may differ from run to run."""
    numbers: dict[str, float] = {
        name: float(group[name]) for name in ("lr", "momentum", "weight_decay", "eps") if name in group
    }
    if "betas" in group:
        numbers["beta1"], numbers["beta2"] = (float(beta) for beta in group["betas"])
    return numbers
