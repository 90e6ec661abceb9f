"""torch.optim's SGD, Adam and AdamW for M networks at once, each with its own hyperparameters.

The parameters of a network are one row of a matrix [M, P], so a step takes only a few operations, however many networks
and layers there are. `tests/stacking/test_optimizers.py` compares each with its original.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import repeat
from typing import Any, ClassVar

import torch
from torch import Tensor

Step = Callable[[Tensor], None]
"""Takes the next step from gradients [m, P]."""

Coming = dict[str, Tensor]
"""Hyperparameters that a schedule changes from step to step: for each name, float64 [S, M] in the next S steps."""


class StackedOptimizer(ABC):
    """Updates the parameters of M runs, rows of a matrix [M, P], in place.

    Args:
        params: The parameters, then the buffers [M, P].
        hyperparams: For each name in `hyperparam_names`, a value per run: float64 [M].
        nesterov: Whether to use Nesterov's momentum; only for SGD.
        num_buffers: How many numbers at the end of a row belong to buffers, which no step changes.

    Attributes:
        state: The optimizer's state for the parameters, a row per run each, under torch.optim's names.
        steps_done: Steps taken so far, the same for all runs.
    """

    hyperparam_names: ClassVar[tuple[str, ...]]
    state_names: ClassVar[tuple[str, ...]]

    def __init__(
        self, params: Tensor, hyperparams: dict[str, Tensor], nesterov: bool = False, num_buffers: int = 0
    ) -> None:
        self.params, self.hyperparams, self.nesterov, self.num_buffers = params, hyperparams, nesterov, num_buffers
        self.state = {name: torch.zeros_like(self.trained) for name in self.used_state()}
        self.steps_done = 0

    @property
    def trained(self) -> Tensor:
        """The parameters without the buffers: a view [M, P - num_buffers]."""
        return self.params[:, : self.params.shape[1] - self.num_buffers]

    def used_state(self) -> tuple[str, ...]:
        """The names of the state that these hyperparameters need."""
        return self.state_names

    def to(self, device: torch.device) -> None:
        """Move to a device."""
        self.params = self.params.to(device)
        self.hyperparams = {name: value.to(device) for name, value in self.hyperparams.items()}
        self.state = {name: value.to(device) for name, value in self.state.items()}

    def select(self, runs: Tensor) -> None:
        """Keep only some runs [k], by index."""
        self.params = self.params[runs]
        self.hyperparams = {name: value[runs] for name, value in self.hyperparams.items()}
        self.state = {name: value[runs] for name, value in self.state.items()}

    def restore(self, tensors: dict[str, Tensor], steps_done: int) -> None:
        """Restore parameters, state and what schedules change, `tensors` [M, …], as they were after `steps_done`."""
        self.params.copy_(tensors["params"])
        for name, value in self.state.items():
            value.copy_(tensors[name])
        for name in self.hyperparams.keys() & tensors.keys():
            self.hyperparams[name].copy_(tensors[name])
        self.steps_done = steps_done

    def column(self, name: str, runs: slice) -> Tensor:
        """The hyperparameter of this `name` of some runs, ready to broadcast with the parameters: [m, 1]."""
        return self.hyperparams[name][runs].to(self.params).unsqueeze(1)

    def scheduled(self, name: str, runs: slice, coming: Coming) -> Tensor:
        """The hyperparameter `name` of some `runs` in each of S `coming` steps, or once: float64 [S or 1, m, 1]."""
        values = coming[name] if name in coming else self.hyperparams[name].unsqueeze(0)
        return values[:, runs].unsqueeze(2)

    @abstractmethod
    def stepper(self, runs: slice, coming: Coming) -> Step:
        """A function that takes the next steps of some runs from gradients [m, P]; the caller updates `steps_done`.

        Args:
            runs: The runs.
            coming: Hyperparameters that differ between these steps.
        """

    @staticmethod
    def torch_state(state: dict[str, Tensor], hyperparams: dict[str, float], steps_done: int) -> dict[str, Any]:
        """The state that torch.optim keeps for one parameter, from the corresponding part of ours.

        Args:
            state: The state [*shape] of one parameter of one run.
            hyperparams: Hyperparameters of that run.
            steps_done: Steps that led to the state.
        """
        return dict(state)


class StackedSGD(StackedOptimizer):
    """`torch.optim.SGD` without dampening."""

    hyperparam_names = ("lr", "momentum", "weight_decay")
    state_names = ("momentum_buffer",)

    def used_state(self) -> tuple[str, ...]:
        """A momentum buffer if any run has momentum."""
        return self.state_names if self.hyperparams["momentum"].any() else ()

    def stepper(self, runs: slice, coming: Coming) -> Step:
        """The `coming` steps of `runs` from gradients [m, P]: plain, with weight decay, with momentum or with both."""
        params = self.trained[runs]
        rates, momenta = (_each(self.scheduled(name, runs, coming).to(params)) for name in ("lr", "momentum"))
        decay = self.column("weight_decay", runs) if self.hyperparams["weight_decay"].any() else None
        buffer = self.state["momentum_buffer"][runs] if self.state else None

        def step(gradient: Tensor) -> None:
            if decay is not None:
                gradient = torch.addcmul(gradient, params, decay)
            if buffer is not None:
                momentum = next(momenta)
                buffer.mul_(momentum).add_(gradient)
                gradient = torch.addcmul(gradient, buffer, momentum) if self.nesterov else buffer
            params.addcmul_(gradient, next(rates), value=-1)

        return step

    @staticmethod
    def torch_state(state: dict[str, Tensor], hyperparams: dict[str, float], steps_done: int) -> dict[str, Any]:
        """The momentum buffer [*shape]; empty for a run without momentum."""
        return dict(state) if hyperparams["momentum"] else {}


class StackedAdam(StackedOptimizer):
    """`torch.optim.Adam`; weight decay is added to the gradient."""

    hyperparam_names = ("lr", "beta1", "beta2", "eps", "weight_decay")
    state_names = ("exp_avg", "exp_avg_sq")
    decoupled = False

    def stepper(self, runs: slice, coming: Coming) -> Step:
        """The `coming` steps of `runs` from gradients [m, P], with the bias corrections of their numbers."""
        params = self.trained[runs]
        rates, beta1 = _each(self.scheduled("lr", runs, coming).to(params)), self.scheduled("beta1", runs, coming)
        exact2, beta2 = self.hyperparams["beta2"][runs].unsqueeze(1), self.column("beta2", runs)
        all_exact1, all_new1 = _each(beta1), _each((1 - beta1).to(params))
        eps, new2 = self.column("eps", runs), (1 - exact2).to(params)  # 1 - 0.999 in float32 loses four digits
        decay = self.column("weight_decay", runs) if self.hyperparams["weight_decay"].any() else None
        mean, square = (self.state[name][runs] for name in self.state_names)
        number = self.steps_done

        def step(gradient: Tensor) -> None:
            nonlocal number
            number += 1
            rate, exact1 = next(rates), next(all_exact1)
            if decay is not None and self.decoupled:
                params.mul_(1 - rate * decay)
            elif decay is not None:
                gradient = torch.addcmul(gradient, params, decay)
            mean.lerp_(gradient, next(all_new1))
            square.mul_(beta2).addcmul_(gradient * gradient, new2)
            root = (square.sqrt() / (1 - exact2**number).sqrt().to(params)).add_(eps)
            params.addcdiv_(mean * (rate / (1 - exact1**number).to(params)), root, value=-1)

        return step

    @staticmethod
    def torch_state(state: dict[str, Tensor], hyperparams: dict[str, float], steps_done: int) -> dict[str, Any]:
        """The two averages [*shape], after the number of steps as a scalar tensor."""
        return {"step": torch.tensor(float(steps_done)), **state}


class StackedAdamW(StackedAdam):
    """`torch.optim.AdamW`: weight decay shrinks the parameters, apart from the gradient."""

    decoupled = True


def _each(steps: Tensor) -> Iterator[Tensor]:
    """The values [m, 1] of each of S steps [S, m, 1], or the same for all if there is one."""
    return iter(steps) if len(steps) > 1 else repeat(steps[0])


STACKED: dict[str, type[StackedOptimizer]] = {
    "torch.optim.SGD": StackedSGD,
    "torch.optim.Adam": StackedAdam,
    "torch.optim.AdamW": StackedAdamW,
}


def hyperparams_of(group: dict[str, Any]) -> dict[str, float]:
    """The hyperparameters of a torch.optim parameter group that may differ from run to run."""
    hyperparams: dict[str, float] = {
        name: float(group[name]) for name in ("lr", "momentum", "weight_decay", "eps") if name in group
    }
    if "betas" in group:
        hyperparams["beta1"], hyperparams["beta2"] = (float(beta) for beta in group["betas"])
    return hyperparams
