"""A training as one page for any browser: its rows, and its weights at a few dozen epochs."""

from typing import Any, NamedTuple

from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.errors import ConfigError
from src.heads.base import Head
from src.page.document import document
from src.replay.choosing import FEWEST, Chosen, chosen, with_best
from src.replay.frame import frame, scores_of
from src.replay.scene import scene, survey_points
from src.replay.snapshots import Snapshot, lent

_ACROSS = 40  # points along a side of the plane, for choosing epochs
_SPLITS: tuple[Split, ...] = ("train", "val")


class Replayed(NamedTuple):
    """A finished training.

    Attributes:
        head: The head with the weights that the run keeps, and their threshold and temperature.
        data: The run's dataset.
        snapshots: The weights, in order of their epochs.
        best_epoch: The epoch whose weights are kept.
        history: Rows of `metrics.csv`; empty if there are none.
        metrics: The contents of `metrics.json`.
        name: The run's name.
        repeated: Whether the snapshots are from a repeated training that ended with different weights.
        with_test: Whether the page shows the test rows.
    """

    head: Head
    data: InMemoryDataModule
    snapshots: list[Snapshot]
    best_epoch: int
    history: list[dict[str, float]]
    metrics: dict[str, Any]
    name: str
    repeated: bool = False
    with_test: bool = True


def replay_page(replayed: Replayed, most_epochs: int, max_bytes: int) -> str:
    """One HTML file that shows a training without Python and without a network connection.

    Args:
        replayed: The training to show.
        most_epochs: Maximum number of epochs to keep, including the first, the best and the last.
        max_bytes: Maximum size of the file; if it would be exceeded, fewer epochs are kept.

    Raises:
        ConfigError: Even three epochs do not fit.
    """
    head = replayed.head
    fixed = scene(head, replayed.data, replayed.history) | {
        "title": replayed.data.title,
        "run": replayed.name,
        "parameters": sum(each.numel() for each in head.network.parameters()),
        "epochs": max(replayed.best_epoch, replayed.snapshots[-1].epoch),
        "repeated": replayed.repeated,
        "best_epoch": replayed.best_epoch,
        "kept": _kept(replayed),
    }
    if not replayed.with_test:
        fixed["splits"].pop("test", None)
    with lent(head), head.as_in_training():
        fixed["threshold"] = head.thresholds[0] if head.thresholds else None
        moments = with_best(head, replayed.snapshots, replayed.best_epoch)
        num, points = most_epochs, survey_points(replayed.data, _ACROSS)
        empty = len(_written(fixed, replayed, Chosen([], []), most_epochs).encode())
        while True:
            page = _written(fixed, replayed, chosen(head, moments, replayed.best_epoch, points, num), most_epochs)
            size = len(page.encode())
            if size <= max_bytes:
                return page
            each = (size - empty) / min(num, len(moments))
            num = min(num - 1, int((max_bytes - empty) / each))
            if num < FEWEST:
                raise ConfigError(
                    f"max_bytes: the first, the best and the last epoch need {round(empty + FEWEST * each):,} bytes "
                    f"(got {max_bytes:,}); raise it, or train a smaller network"
                )


def _written(fixed: dict[str, Any], replayed: Replayed, kept: Chosen, most_epochs: int) -> str:
    frames = [_frame(replayed, moment, seconds) for moment, seconds in zip(kept.snapshots, kept.seconds, strict=True)]
    return document({**fixed, "most_epochs": most_epochs, "frames": frames})


def _frame(replayed: Replayed, moment: Snapshot, seconds: float) -> dict[str, Any]:
    replayed.head.load_state_dict(moment.weights)
    return {**frame(replayed.head, replayed.data, moment.epoch, _SPLITS), "seconds": round(seconds, 3)}


def _kept(replayed: Replayed) -> dict[str, Any]:
    """What the run keeps besides weights: a threshold, a temperature, and the scores of the test rows."""
    head, metrics = replayed.head, replayed.metrics
    return {
        "threshold": head.thresholds[0] if head.thresholds else None,
        "temperature": head.temperature,
        "scores": {split: scores_of(metrics, f"{split}/") for split in (*_SPLITS, "test")},
    }
