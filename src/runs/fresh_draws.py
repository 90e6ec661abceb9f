"""Rows generated with settings other than a run's own: marked in results, and refused if it was trained on them."""

from typing import Any

from src.building.making import make
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.runs.doubts import known_rows
from src.runs.opening import OpenRun

_SERVING = {"batch_size", "shuffle_seed", "steps_per_execution", "blocks", "label_noise", "standardize"}
"""Keys of generated data that do not change validation or test rows."""


def fresh_draw(opened: OpenRun) -> dict[str, Any]:
    """A note for results if rows of an `opened` run are generated with settings other than its own; otherwise empty.

    Raises:
        ConfigError: Rows that the run was trained on are among the new test rows.
    """
    data, changed = opened.datamodule, sorted(opened.changes - {f"data.{key}" for key in _SERVING})
    if not data.draws_rows or not changed:
        return {}
    before: InMemoryDataModule = make(opened.original(), "data")
    test = data.load().test
    known = 0 if data.same_rows else known_rows(before.load().train, test)
    if known:
        raise ConfigError(
            f"{changed[0]}: {known:,} of the {len(test.y):,} new test rows are rows that the run was "
            f"trained on (got {_value(opened, changed[0])}); set data.seed to another number too"
        )
    return {"fresh_draw": " ".join(f"{key}={_value(opened, key)}" for key in changed)}


def _value(opened: OpenRun, key: str) -> Any:
    return opened.cfg.data[key.removeprefix("data.")]
