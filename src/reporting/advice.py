"""The one thing to try if a run has not reached its target, from its curves and its scores."""

from collections.abc import Sequence
from typing import Any

_FEW = 5  # epochs: too few for any other advice
_LAST = 0.2  # share of the last epochs over which the loss is compared
_FALL = 0.02  # relative decrease of the loss that counts as falling


def advice(metrics: dict[str, Any], rule: dict[str, Any], losses: Sequence[float], is_linear: bool) -> str:
    """What to try, and why.

    Args:
        metrics: The contents of the run's `metrics.json`.
        rule: The metric that decides whether the run is solved, and its bounds.
        losses: The validation loss of each epoch; empty if unknown.
        is_linear: Whether the network can only draw a line.

    Example:
        >>> rule = {"metric": "test/accuracy", "at_least": 0.9, "at_most": None}
        >>> advice({"epochs": 5, "train/accuracy": 0.5}, rule, [0.9, 0.8, 0.7, 0.6, 0.5], is_linear=False)
        'trainer.max_epochs=10, since val/loss was still falling'
        >>> advice({"epochs": 5, "train/accuracy": 0.95}, rule, [0.9, 0.8, 0.7, 0.6, 0.6], is_linear=False)
        'more rows or optimizer.weight_decay=0.01, since the run overfits'
    """
    epochs = metrics["epochs"]
    if epochs < _FEW:
        return f"trainer.max_epochs={10 * epochs}, since {epochs} {'epoch is' if epochs == 1 else 'epochs are'} few"
    if _falls(losses):
        return f"trainer.max_epochs={2 * epochs}, since val/loss was still falling"
    if _reaches(metrics.get(f"train/{rule['metric'].partition('/')[2]}"), rule):
        return "more rows or optimizer.weight_decay=0.01, since the run overfits"
    if is_linear:
        return "network=mlp network.activation=tanh, since a line is not enough"
    return "another optimizer.lr or seed, since val/loss no longer falls"


def _falls(losses: Sequence[float]) -> bool:
    before = losses[: max(1, round(len(losses) * (1 - _LAST)))]
    return len(before) < len(losses) and min(losses) < min(before) * (1 - _FALL)


def _reaches(score: float | None, rule: dict[str, Any]) -> bool:
    if score is None:
        return False
    least, most = rule["at_least"], rule["at_most"]
    return (least is None or score >= least) and (most is None or score <= most)
