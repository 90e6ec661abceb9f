"""Weights that a person sets or freezes while the network trains."""

import math
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from src.errors import ConfigError

_MOST = 500  # changes
_MOST_AT_ONCE = 100  # weights
_LARGEST = 1000
_MOMENTUM = "momentum_buffer", "exp_avg"
"""What optimizers call the direction in which a weight has been moving."""


class Edit(NamedTuple):
    """A change of some weights.

    Attributes:
        epochs: Complete epochs when it was made.
        steps: Optimiser steps until then.
        kind: `set`, `freeze` or `thaw`.
        values: The weights by their numbers, as in `numbers_of`; with their new values if they are set.
    """

    epochs: int
    steps: int
    kind: str
    values: dict[int, float]

    def as_json(self) -> dict[str, Any]:
        """The change as a journal holds it, which `Hand.change` understands."""
        weights = [list(each) for each in self.values.items()] if self.kind == "set" else list(self.values)
        return {"epochs": self.epochs, "steps": self.steps, self.kind: weights}


class Hand:
    """Changes weights of a network between two steps of its training, and keeps frozen ones as they are.

    A weight that is set or frozen loses its momentum, so that nothing from before moves it; Adam's estimate of how
    large its gradients are stays. A frozen weight gets its value back after each step, whatever the optimizer did.

    Args:
        network: A network whose parameters are, in order, its learned numbers.

    Attributes:
        frozen: The numbers of the frozen weights.
        edits: The changes so far.

    Example:
        >>> network = nn.Linear(2, 1)
        >>> hand = Hand(network)
        >>> hand.change({"set": [[0, 1], [1, 1], [2, -1.5]]}, epochs=0, steps=0)
        >>> network.weight.tolist(), network.bias.tolist()
        ([[1.0, 1.0]], [-1.5])
    """

    def __init__(self, network: nn.Module) -> None:
        self._parameters = list(network.parameters())
        self._optimizer: Optimizer | None = None
        self._held: list[tuple[Tensor, Tensor, Tensor]] = []  # a parameter, places in it, and the values there
        self.frozen: list[int] = []
        self.edits: list[Edit] = []

    def begin(self, optimizer: Optimizer, frozen: list[int]) -> None:
        """Work with the `optimizer` of a training in which some weights are `frozen` from the start."""
        self._optimizer = optimizer
        self._freeze(frozen)

    def change(self, edit: Any, epochs: int, steps: int) -> None:
        """Set, freeze or thaw weights.

        Args:
            edit: `{"set": [[number, value], …]}`, `{"freeze": [number, …]}` or `{"thaw": [number, …]}`.
            epochs: Complete epochs.
            steps: Total number of optimiser steps.

        Raises:
            ConfigError: It is not such a change, or there are too many changes.
        """
        made = Edit(epochs, steps, *self._read(edit))
        last = self.edits[-1] if self.edits else None
        if last is not None and made.kind == "set" and last[:3] == made[:3]:  # what is dragged passes many values
            self.edits[-1] = last._replace(values=last.values | made.values)
        elif len(self.edits) >= _MOST:
            raise ConfigError(f"weights: this page keeps at most {_MOST} changes of weights; reset to begin again")
        else:
            self.edits.append(made)
        frozen = set(self.frozen)
        if made.kind == "set":
            self._put(made.values)
        elif made.kind == "freeze":
            frozen |= made.values.keys()
        else:
            frozen -= made.values.keys()
        self._forget(made.values)
        self._freeze(sorted(frozen))

    def keep(self) -> None:
        """Undo what the last step did to frozen weights."""
        for parameter, places, values in self._held:
            parameter.data.view(-1)[places] = values
        self._forget(dict.fromkeys(self.frozen, 0.0))

    def _read(self, edit: Any) -> tuple[str, dict[int, float]]:
        kind, listed = next(iter(edit.items())) if isinstance(edit, dict) and len(edit) == 1 else ("", [])
        if (
            kind not in ("set", "freeze", "thaw")
            or not isinstance(listed, list)
            or not 0 < len(listed) <= _MOST_AT_ONCE
        ):
            raise ConfigError("weights: a change should set, freeze or thaw weights by their numbers; reload the page")
        if kind != "set":
            return kind, dict.fromkeys(map(self._place, listed), 0.0)
        if not all(isinstance(each, list) and len(each) == 2 for each in listed):
            raise ConfigError("weights: should be pairs of a number and a value; reload the page")
        return kind, {self._place(place): _value(value) for place, value in listed}

    def _place(self, place: Any) -> int:
        return checked_place(place, sum(each.numel() for each in self._parameters))

    def _located(self, places: Any) -> list[tuple[nn.Parameter, Tensor, list[int]]]:
        """The parameters that hold some weights, the places in each, and the weights' numbers."""
        found, first = [], 0
        for parameter in self._parameters:
            here = [place for place in places if first <= place < first + parameter.numel()]
            if here:
                found.append((parameter, torch.tensor(here) - first, here))
            first += parameter.numel()
        return found

    def _put(self, values: dict[int, float]) -> None:
        for parameter, places, numbers in self._located(values):
            parameter.data.view(-1)[places] = torch.tensor([values[each] for each in numbers], dtype=parameter.dtype)

    def _forget(self, values: dict[int, float]) -> None:
        """Clear the momentum of some weights."""
        if self._optimizer is None:
            return
        for parameter, places, _ in self._located(values):
            remembered = self._optimizer.state.get(parameter, {})
            for name in _MOMENTUM:
                if isinstance(remembered.get(name), Tensor):
                    remembered[name].view(-1)[places] = 0.0

    def _freeze(self, frozen: list[int]) -> None:
        self.frozen = frozen
        self._held = [
            (parameter, places, parameter.data.view(-1)[places].clone())
            for parameter, places, _ in self._located(frozen)
        ]


def checked_place(place: Any, num_weights: int) -> int:
    """The number `place` of a weight, from a page or a journal, if a network with `num_weights` has it.

    Raises:
        ConfigError: There is no such weight.
    """
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place < num_weights:
        counted = f"this network's weights have the numbers 0 to {num_weights - 1}"
        raise ConfigError(f"weights: there is no weight {place!r:.20}; {counted}")
    return place


def _value(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ConfigError(f"weights: should be a number (got {value!r:.40}); give one")
    if abs(value) > _LARGEST:
        bounds = f"-{_LARGEST:,} to {_LARGEST:,}"
        raise ConfigError(f"weights: should be {bounds} on this page (got {value:.6g}); give a smaller one")
    return float(value)
