"""The exercises of lesson 1: a perceptron and the gates."""

import math
from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.hints import as_numbers
from src.lab.exercises.kinds import Exercise, Function, Number, Open, Trained

_ROWS = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
_NAND = [1, 1, 1, 0]


def _nand(answer: Any) -> str | None:
    numbers = as_numbers(answer)
    if numbers is None or numbers.shape != (3,):
        return "should be three numbers: two weights and a bias"
    called = (_ROWS.double() @ numbers[:2] + numbers[2] >= 0).long().tolist()
    wrong = [row for row, one, other in zip(_ROWS.long().tolist(), called, _NAND, strict=True) if one != other]
    if len(wrong) == len(_ROWS):
        return "all four rows are wrong, so the signs are flipped: this is AND"
    return f"the row {', '.join(map(str, wrong[0]))} gets the wrong answer" if wrong else None


def _perceptron(x: Tensor, weights: Tensor, bias: float) -> Tensor:
    return torch.sigmoid(x @ weights + bias)


def _calls() -> list[tuple[Any, ...]]:
    x = torch.randn(6, 2, generator=torch.Generator().manual_seed(1))
    return [(_ROWS, torch.tensor([1.0, 1.0]), -1.5), (x, torch.tensor([0.5, -2.0]), 0.3)]


EXERCISES: dict[str, Exercise] = {
    "1.1": Open(_nand),
    "1.2": Function(
        _perceptron,
        _calls,
        {
            "these are the logits; the sigmoid is missing": lambda x, weights, bias: x @ weights + bias,
            "the bias is missing": lambda x, weights, bias: torch.sigmoid(x @ weights),
            "these are the answers, 0 or 1, not the probabilities": lambda x, weights, bias: (
                x @ weights + bias >= 0
            ).double(),
        },
    ),
    "1.3": Trained({"data.gate": "and", "network._target_": "src.networks.perceptron.Perceptron"}, {"seed": 0}),
    "1.4": Number(
        lambda: -math.log(0.5),
        lambda: {
            "that is the probability, not its cost": 0.5,
            "that is the logarithm to base 2; the loss uses the natural logarithm": 1.0,
            "that is the total cost of the four rows; the loss is their mean": -4 * math.log(0.5),
        },
    ),
    "1.5": Trained({"data.gate": "xor", "network.activation": "identity", "network.hidden_dims": (4,)}),
    "1.6": Trained({"data.gate": "xor", "network.hidden_dims": {(2,), (3,), (4,), (8,)}}),
}
