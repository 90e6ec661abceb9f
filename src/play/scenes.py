"""Everything that a page shows of a training, as one message: it is sent when the page opens and after each change."""

from dataclasses import asdict
from typing import Any

from src.play import tables
from src.play.controls import CONTROLS
from src.play.history import Row
from src.play.locking import Locks, group_of
from src.play.points import rows_hash
from src.play.training import Stretch
from src.replay.scene import scene


def scene_of(stretch: Stretch, rows: list[Row], frame: dict[str, Any], with_test: bool, locks: Locks) -> dict[str, Any]:
    """The scene, the controls and their values.

    Args:
        stretch: The training.
        rows: The scores of each epoch.
        frame: The newest frame.
        with_test: Whether the page may show test rows.
        locks: What cannot be changed.
    """
    head, data, composed = stretch.parts.head, stretch.parts.datamodule, stretch.composed
    shown = scene(head, data, rows)
    if not with_test:
        shown["splits"].pop("test", None)
    shown |= {
        "title": stretch.title,
        "parameters": sum(each.numel() for each in head.network.parameters()),
        "epochs": composed.cfg.trainer.max_epochs,
        "threshold": head.thresholds[0] if head.thresholds else None,
        "solved": composed.cfg.solved.at_least,
        "frames": [frame],
        "rows_hash": rows_hash(*data.splits.train),
        "numbers": stretch.rows,
        "own": stretch.own_rows,
        "locked": locks.rows,
    }
    kinds = [tables.offered(each, composed.columns) for each in CONTROLS if each.key in composed.values]
    controls = [asdict(kind) | {"group": group_of(kind.key), "locked": locks.locked(kind.key)} for kind in kinds]
    return {"scene": shown, "controls": controls, "values": composed.values}
