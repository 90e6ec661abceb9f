"""The exercises of lesson 2: a line, step by step."""

from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.kinds import Exercise, Function, Number, Trained
from src.lab.trained_run import TrainedRun
from src.lab.trained_sweep import TrainedSweep


def _gradient(w: float, b: float, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    error = w * x + b - y
    return 2 * (error * x).mean(), 2 * error.mean()


def _calls() -> list[tuple[Any, ...]]:
    x, noise = torch.rand(2, 80, generator=torch.Generator().manual_seed(1))
    return [(0.0, 0.0, x, 1 + 2 * x), (3.0, -1.0, x, 1 + 2 * x + 0.1 * noise)]


def _steps(run: TrainedRun) -> int:
    return len(run.rows("train").y) * len(run.history)


def _rmse(sweep: TrainedSweep, noise: float, split: str = "test") -> float:
    scores: list[float] = [each[f"{split}/rmse"] for each in sweep.records() if each["data.noise"] == noise]
    return sum(scores) / len(scores)


EXERCISES: dict[str, Exercise] = {
    "2.1": Function(_gradient, _calls),
    "2.2": Number(
        _steps,
        lambda run: {
            "that is the number of epochs: with all rows in each step": len(run.history),
            "that is what minibatches of 16 rows take": run.metrics["steps"],
            "that counts all rows; only training rows are used for steps": _steps(run) / 0.8,
        },
        tolerance=1e-6,
    ),
    "2.3": Trained({"data.batch_size": None, "optimizer.momentum": 0.9, "data.slope": 2.0}),
    "2.4": Number(
        lambda curvatures: 1 - 0.1 * curvatures.max(),
        lambda curvatures: {
            "that is the factor along the floor of the valley, not across it": 1 - 0.1 * curvatures.min(),
            "that is the part of the distance that a step removes, not the part that is left": 0.1 * curvatures.max(),
        },
    ),
    "2.5": Number(
        lambda sweep: _rmse(sweep, 0.3),
        lambda sweep: {
            "that is the error on the training rows": _rmse(sweep, 0.3, "train"),
            "that is the mean squared error; take its root": _rmse(sweep, 0.3) ** 2,
            "those are the runs with a different noise": _rmse(sweep, 0.1),
        },
        tolerance=0.01,
    ),
}
