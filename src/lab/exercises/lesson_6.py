"""The exercises of lesson 6: softmax."""

import math
from typing import Any

import torch
from torch import Tensor

from src.data.rows import Split
from src.lab.exercises.kinds import Exercise, Function, Number, Open, Trained
from src.lab.trained_run import TrainedRun
from src.networks.mlp import MLP


def _softmax(logits: Tensor) -> Tensor:
    return logits.softmax(dim=1)


def _logits() -> list[tuple[Any, ...]]:
    some = torch.randn(5, 4, generator=torch.Generator().manual_seed(6))
    return [(some,), (100 * some + 100,)]


def _parameters(arms: int, bias: bool = True) -> int:
    network = MLP((2,), arms, [64, 64])
    return sum(part.numel() for name, part in network.named_parameters() if bias or name.endswith("weight"))


def _entropy(*shares: float) -> float:
    return -sum(share * math.log(share) for share in shares)


def _wide(answer: Any) -> str | None:
    found = Trained({"data.noise": 3.0, "data.centers": 4}).hint(answer)
    return found or (None if "hidden_dims" in answer.cfg.network else "that is the run without hidden layers")


EXERCISES: dict[str, Exercise] = {
    "6.1": Function(
        _softmax,
        _logits,
        {
            "each row should add up to 1, but here each column does": lambda logits: logits.softmax(dim=0),
            "the exponentials are there; divide them by their sum": lambda logits: logits.exp(),
            "scores can be negative, so make them positive first": lambda logits: (
                logits / logits.sum(dim=1, keepdim=True)
            ),
        },
    ),
    "6.2": Trained({"data.centers": 6, "network._target_": "src.networks.perceptron.Perceptron"}),
    "6.3": Open(_wide),
    "6.4": Trained({"head._target_": "src.heads.multiclass.MulticlassHead", "data.num_samples": 100}),
    "6.5": Number(
        lambda: _parameters(5),
        lambda: {
            "that is the network for three arms": _parameters(3),
            "the biases are missing": _parameters(5, bias=False),
            "those are the parameters of the last layer; add the other two layers": 5 * 65,
        },
        tolerance=1e-6,
    ),
    "6.6": Number(
        lambda: _entropy(0.925, 0.025, 0.025, 0.025),
        lambda: {
            "that is the cost of the true class alone; the target gives the others a share too": -math.log(0.925),
            "that is the cost of guessing": math.log(4),
            "the other three share 0.075; it is not 0.075 for each": _entropy(0.925, 0.075, 0.075, 0.075),
        },
    ),
    "6.7": Number(
        lambda run: _all_right(run),
        lambda run: {
            "that counts each label by itself; a row is right if all of its labels are": run.metrics["test/accuracy"],
            "those are the training rows": _all_right(run, "train"),
        },
        tolerance=0.001,
    ),
}


def _all_right(run: TrainedRun, split: Split = "test") -> Tensor:
    """The share of rows whose labels are all right."""
    x, y = run.rows(split)
    right: Tensor = (run.predict(x) == y).all(dim=1)
    return right.double().mean()
