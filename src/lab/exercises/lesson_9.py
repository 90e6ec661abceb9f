"""The exercises of lesson 9, and the closing quiz."""

import math
from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.kinds import Choice, Exercise, Function, Number, Trained
from src.networks.mlp import MLP

_TABLE = {"data.target": "disease", "data.ignore": ("patient", "treatment")}


def _cost(threshold: float, p: Tensor, y: Tensor, missed: float, alarm: float) -> Tensor:
    called = p >= threshold
    return missed * (~called & (y == 1)).sum() + alarm * (called & (y == 0)).sum()


def _costs() -> list[tuple[Any, ...]]:
    generator = torch.Generator().manual_seed(9)
    p = torch.rand(200, generator=generator)
    y = (torch.rand(200, generator=generator) < p).long()
    return [(0.5, p, y, 1.0, 1.0), (0.2, p, y, 10.0, 1.0), (float(p[0]), p, y, 1.0, 5.0)]


def _mistakes(threshold: float, p: Tensor, y: Tensor, missed: float, alarm: float) -> Tensor:
    return _cost(threshold, p, y, alarm, missed)


def _parameters() -> str:
    counts = {"a": 8, "b": 12, "c": 17, "d": 21}
    right = sum(part.numel() for part in MLP((2,), 1, [4]).parameters())
    return next(letter for letter, count in counts.items() if count == right)


def _loss_of_a_coin() -> str:
    losses = {"a": 0.0, "b": math.log(2), "c": 1.0, "d": math.log(10)}
    return next(letter for letter, loss in losses.items() if math.isclose(loss, -math.log(1 / 10)))


def _highest_recall() -> str:
    """The one of the thresholds 0.2, 0.5 and 0.8 at which most rows of class 1 are found."""
    p, y = torch.tensor([0.1, 0.3, 0.6, 0.9]), torch.tensor([0, 1, 1, 1])
    recalls = {letter: ((p >= t) & (y == 1)).sum() for letter, t in {"a": 0.2, "b": 0.5, "c": 0.8}.items()}
    return max(recalls, key=lambda letter: int(recalls[letter]))


def _diverges() -> str:
    """The learning rate at which a step on a parabola with curvature 4 leads further away from the minimum."""
    rates = {"a": 0.1, "b": 0.25, "c": 0.45, "d": 0.6}
    return next(letter for letter, rate in rates.items() if abs(1 - 4 * rate) > 1)


def _luck() -> str:
    """How the best validation score of 64 equally good runs compares with that run's test score, over 200 trials."""
    generator = torch.Generator().manual_seed(0)
    val, test = 0.9 + 0.02 * torch.randn(2, 200, 64, generator=generator)
    difference = (test.gather(1, val.argmax(dim=1, keepdim=True)) - val.amax(dim=1, keepdim=True)).mean()
    return "c" if difference < -0.01 else "a" if difference > 0.01 else "b"


EXERCISES: dict[str, Exercise] = {
    "9.1": Function(
        _cost,
        _costs,
        {
            "the two prices are swapped": _mistakes,
            "that is the cost for each row; add them up": lambda *parts: _cost(*parts) / len(parts[1]),
        },
    ),
    "9.2": Trained({**_TABLE, "head.class_weights": "balanced"}),
    "9.3": Number(
        lambda run: math.log(len(run.class_names)),
        lambda run: {
            "that is the accuracy of guessing; the question is about the loss": 1 / len(run.class_names),
            "that is for two classes; count the classes of this dataset": math.log(2),
            "that is the logarithm to base 2": math.log2(len(run.class_names)),
        },
    ),
    "9.4": Trained({"data.target": "pressure", "head._target_": "src.heads.regression.RegressionHead"}),
    "9.5": Trained({"data.name": "breast_cancer", "network.hidden_dims": ()}),
    "9.6": Number(
        lambda: 1.96 * math.sqrt(0.974 * 0.026 / 114),
        lambda: {
            "that is the whole width; the question asks for half of it": 2 * 1.96 * math.sqrt(0.974 * 0.026 / 114),
            "that is one standard deviation": math.sqrt(0.974 * 0.026 / 114),
            "that is the variance; take the square root": 0.974 * 0.026 / 114,
        },
        tolerance=0.05,
    ),
    "quiz.1": Choice(
        _parameters,
        {
            "a": "those are the weights of the first layer; there are also biases and a second layer",
            "b": "those are all the weights; each hidden unit and the output also have a bias",
            "d": "too many: a hidden unit has two weights and one bias",
        },
    ),
    "quiz.2": Choice(
        _loss_of_a_coin,
        {
            "a": "that is the loss of a network that knows everything",
            "b": "that is for two classes",
            "c": "the natural logarithm of what is 1?",
        },
    ),
    "quiz.3": Choice(
        _highest_recall,
        {
            "b": "a row of class 1 lies below it",
            "c": "that calls the fewest rows positive, so it misses the most",
        },
    ),
    "quiz.4": Choice(
        _diverges,
        {
            "a": "the distance is multiplied by 0.6: slow, but it gets there",
            "b": "the distance is multiplied by 0: there in one step",
            "c": "the distance is multiplied by −0.8: it lands on the other side, but nearer",
        },
    ),
    "quiz.5": Choice(
        _luck,
        {
            "a": "the test rows owe the chosen run nothing",
            "b": "it was chosen because its validation score was high, and luck was part of that",
        },
    ),
}
