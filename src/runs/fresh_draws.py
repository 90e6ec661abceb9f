"""Rows drawn otherwise than those of a run: marked where they are measured, refused where they are the same."""

from typing import Any

from src.building.making import make
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.runs.doubts import known_rows
from src.runs.opening import OpenRun

_SERVING = {"batch_size", "shuffle_seed", "steps_per_execution", "blocks", "label_noise", "standardize"}
"""Keys of drawn data that change no validation and no test row."""


def fresh_draw(opened: OpenRun) -> dict[str, Any]:
    """What results say of rows of an `opened` run that are drawn with other settings than its own; else nothing.

    Raises:
        ConfigError: Rows that the run was trained on come up among those that would test it.
    """
    data, changed = opened.datamodule, sorted(opened.changes - {f"data.{key}" for key in _SERVING})
    if not data.draws_rows or not changed:
        return {}
    before: InMemoryDataModule = make(opened.original(), "data")
    test = data.load().test
    known = 0 if data.same_rows else known_rows(before.load().train, test)
    if known:
        raise ConfigError(
            f"{changed[0]}: {known:,} of the {len(test.y):,} test rows that are drawn now are rows that the run was "
            f"trained on (got {_value(opened, changed[0])}); set data.seed to another number too"
        )
    return {"fresh_draw": " ".join(f"{key}={_value(opened, key)}" for key in changed)}


def _value(opened: OpenRun, key: str) -> Any:
    return opened.cfg.data[key.removeprefix("data.")]
