"""The curves of a user's own module, whatever names it logs."""

import re
from collections.abc import Iterable

from src.heads.drawing import Drawing, curves_drawing

Rows = list[dict[str, float]]

_STAGES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val"}
_LOGGED = re.compile(rf"(?:({'|'.join(_STAGES)})[_/])?(.+?)(?:_epoch)?")
_NO_METRICS = "epoch", "step", "lr"
_MOST_PANELS = 4


def module_curves(rows: Rows, best_epoch: int | None) -> Drawing | None:
    """The first metrics in rows of `metrics.csv` as curves, losses first; None if there are none.

    Args:
        rows: Rows with the module's names.
        best_epoch: The epoch to mark with a line, from 1; None marks none.
    """
    staged = by_stage(rows)
    names = dict.fromkeys(name.partition("/")[2] for row in staged for name in row if "/" in name)
    chosen = sorted(names, key=lambda name: not name.endswith("loss"))[:_MOST_PANELS]
    return curves_drawing(staged, chosen, best_epoch) if chosen else None


def by_stage(rows: Iterable[dict[str, float]]) -> Rows:
    """Rows with this project's names of columns; those without a stage are of training.

    Example:
        >>> by_stage([{"epoch": 1, "loss": 0.5, "valid_acc": 0.9, "train_f1_step": 0.1, "train_f1_epoch": 0.3}])
        [{'epoch': 1, 'train/loss': 0.5, 'val/acc': 0.9, 'train/f1': 0.3}]
    """
    return [
        {key if key in _NO_METRICS else _name(key): value for key, value in row.items() if not key.endswith("_step")}
        for row in rows
    ]


def _name(column: str) -> str:
    found = _LOGGED.fullmatch(column)
    assert found is not None
    return f"{_STAGES.get(found[1], 'train')}/{found[2]}"
