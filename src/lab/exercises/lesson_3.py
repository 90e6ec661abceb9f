"""The exercises of lesson 3: logistic regression."""

import statistics
from typing import Any

import torch
from torch import Tensor

from src.lab.exercises.kinds import Exercise, Function, Number, Trained
from src.lab.trained_run import TrainedRun
from src.lab.trained_sweep import TrainedSweep


def _accuracies(sweep: TrainedSweep, split: str) -> list[float]:
    return [record[f"{split}/accuracy"] for record in sweep.records()]


def _scores(labels: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Precision and recall of class 1."""
    found = ((labels == 1) & (truth == 1)).sum()
    return found / (labels == 1).sum(), found / (truth == 1).sum()


def _of(run: TrainedRun, split: Any) -> tuple[Tensor, Tensor]:
    x, y = run.rows(split)
    return _scores(run.predict(x), y)


def _calls() -> list[tuple[Any, ...]]:
    labels, truth = torch.randint(0, 2, (2, 40), generator=torch.Generator().manual_seed(3))
    return [(torch.tensor([1, 1, 1, 0, 0]), torch.tensor([1, 0, 0, 1, 0])), (labels, truth)]


EXERCISES: dict[str, Exercise] = {
    "3.1": Number(
        lambda sweep: statistics.fmean(_accuracies(sweep, "test")),
        lambda sweep: {
            "that is the mean over the training rows": statistics.fmean(_accuracies(sweep, "train")),
            "that is the best of the splits": max(_accuracies(sweep, "test")),
            "that is the worst of the splits": min(_accuracies(sweep, "test")),
        },
        tolerance=0.0005,
    ),
    "3.2": Number(
        lambda run: _of(run, "test")[1],
        lambda run: {
            "that is the precision; the price is paid in another score": _of(run, "test")[0],
            "that is measured on the validation rows, which chose the threshold": _of(run, "val")[1],
        },
        tolerance=0.0005,
    ),
    "3.3": Trained({"data.standardize": False, "data.num_samples": 100}),
    "3.4": Trained({"network.hidden_dims": (16,), "network.activation": "relu", "data.num_samples": 2000}),
    "3.5": Function(_scores, _calls),
}
