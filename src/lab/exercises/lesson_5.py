"""The exercises of lesson 5: XOR."""

import math
from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.kinds import Exercise, Function, Number, Trained


def _crossing(noise: float) -> Tensor:
    """The probability that noise carries an input across the middle of the square."""
    crossing: Tensor = torch.special.ndtr(torch.tensor(-0.5 / noise, dtype=torch.float64))
    return crossing


def _best(noise: float) -> Tensor:
    """The best possible accuracy on noisy XOR."""
    q = _crossing(noise)
    return 1 - 2 * q * (1 - q)


def _noises() -> list[tuple[Any, ...]]:
    return [(0.2,), (0.3,), (0.5,)]


_QUICK = {"data.seed": 0, "optimizer.lr": 0.3}

EXERCISES: dict[str, Exercise] = {
    "5.1": Trained({**_QUICK, "seed": 72, "network.hidden_dims": (4,)}),
    "5.2": Number(
        lambda: 0.5 * math.log(2),
        lambda: {
            "that would be all four corners at one half": math.log(2),
            "the two corners that are right cost almost nothing, the other two ln 2 each": 0.25 * math.log(2),
            "that is a probability, not its cost": 0.5,
        },
        tolerance=0.01,
    ),
    "5.3": Trained({**_QUICK, "seed": 72, "data.shuffle_seed": range(64)}),
    "5.4": Trained({**_QUICK, "network.activation": "relu", "network.hidden_dims": {(2,), (3,), (4,), (8,)}}),
    "5.5": Function(
        _best,
        _noises,
        {
            "that is the share of mistakes": lambda noise: 1 - _best(noise),
            "if both inputs cross, the label is right again": lambda noise: (1 - _crossing(noise)) ** 2,
            "two inputs can cross, not one": lambda noise: 1 - _crossing(noise),
        },
    ),
}
