"""The exercises of lesson 8: improving a model."""

from typing import Any

from src.lab.exercises.kinds import Exercise, Function, Number, Trained


def _stopped(losses: list[float], patience: int) -> tuple[int, int]:
    """The best epoch, and the one after which training ends; both count from 1."""
    best = 1
    for epoch, loss in enumerate(losses, start=1):
        if loss < losses[best - 1]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses)


def _losses() -> list[tuple[Any, ...]]:
    return [([0.9, 0.7, 0.5, 0.6, 0.55, 0.52, 0.4], 3), ([0.9, 0.7, 0.8, 0.6, 0.65], 3), ([0.5, 0.6, 0.4], 1)]


EXERCISES: dict[str, Exercise] = {
    "8.1": Function(_stopped, _losses),
    "8.2": Trained({"network.hidden_dims": (10, 10), "optimizer.lr": 0.1, "seed": range(8)}),
    "8.3": Number(
        lambda: 1 / (1 - 0.9),
        lambda: {
            "that is the sum for a momentum of 0.5": 1 / (1 - 0.5),
            "the first step counts as well": 0.9 / (1 - 0.9),
            "that is the sum of the first two steps only; add them all": 1.9,
        },
    ),
    "8.4": Trained({"network.hidden_dims": (10, 10), "data.batch_size": {8, 32, 128, 512}}),
    "8.5": Trained({"data.noise": {0.05, 0.1, 0.2, 0.3, 0.4, 0.5}, "data.num_train": 5000}),
    "8.6": Trained({"network.hidden_dims": (10, 10), "optimizer.lr": 1, "scheduler": {"none", "cosine"}}),
}
