"""The exercises of lesson 4: circles."""

from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.kinds import Exercise, Function, Number, Trained


def _merged(w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor) -> tuple[Tensor, Tensor]:
    return w2 @ w1, w2 @ b1 + b2


def _layers() -> list[tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(4)
    return [
        tuple(
            torch.randn(shape, generator=generator) for shape in ((hidden, 2), (hidden,), (outputs, hidden), (outputs,))
        )
        for hidden, outputs in ((10, 1), (3, 2))
    ]


def _hidden_gradient(x: Tensor, y: Tensor, w: Tensor, c: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Gradients [H, 2] and [H] of the mean cross-entropy by the weights and biases of a hidden layer with tanh."""
    h = torch.tanh(x @ w.T + c)
    push = (torch.sigmoid(h @ a + b) - y) / len(y)
    hidden = push[:, None] * a * (1 - h**2)
    return hidden.T @ x, hidden.sum(dim=0)


def _networks() -> list[tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(5)
    x = torch.randn(12, 2, generator=generator)
    return [
        (
            x,
            (x[:, 0] > 0).float(),
            *(torch.randn(shape, generator=generator) for shape in ((units, 2), (units,), (units,), ())),
        )
        for units in (4, 3)
    ]


EXERCISES: dict[str, Exercise] = {
    "4.1": Function(_merged, _layers),
    "4.2": Function(_hidden_gradient, _networks),
    "4.3": Trained({"data.factor": 0.5, "network.activation": "tanh", "network.hidden_dims": {(2,), (3,), (4,)}}),
    "4.4": Number(
        lambda: torch.special.ndtr(torch.tensor(1.0)),
        lambda: {
            "that is the share of the points on the wrong side": torch.special.ndtr(torch.tensor(-1.0)),
            "that is for noise of 0.05; twice the noise is half as many deviations": torch.special.ndtr(
                torch.tensor(2.0)
            ),
            "that is for noise of 0.2": torch.special.ndtr(torch.tensor(0.5)),
        },
        tolerance=0.002,
    ),
    "4.5": Trained({"network.activation": {"relu", "sigmoid"}, "network.hidden_dims": {(16,), (16, 16), (16, 16, 16)}}),
    "4.6": Trained(
        {
            "optimizer._target_": "torch.optim.Adam",
            "network.hidden_dims": (10, 10),
            "network.activation": {"relu", "sigmoid"},
        }
    ),
}
