"""From settings, and rows edited by hand, to a stretch of training."""

import json
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from src.building.making import make
from src.data.base import InMemoryDataModule
from src.data.rows import Splits
from src.errors import ConfigError
from src.play import own_table
from src.play.composing import Composed, composed, composed_table
from src.play.controls import OWN_TABLE
from src.play.points import Points, rows_hash, write_table
from src.play.training import Stretch


def stretch_of(settings: dict[str, Any], points: Points, folder: Path) -> Stretch:
    """A training with some `settings` and `points`; if points were edited, their table is written into `folder`.

    Raises:
        ConfigError: Some values or rows do not work.
    """
    if not points:
        return Stretch(composed(settings, folder), folder)
    data = _base(settings, folder).data
    splits = _in_own_units(data)
    rows, numbers = points.applied(splits.train)
    splits = splits._replace(train=rows)
    table = folder / f"points-{rows_hash(*rows)}.csv"
    folder.mkdir(parents=True, exist_ok=True)
    write_table(table, splits, data.class_names, data.spec.feature_names)
    made = stretch_on(table, settings, folder)
    made.rows = numbers
    return made


def stretch_on(table: Path, settings: dict[str, Any], folder: Path) -> Stretch:
    """A training with some `settings` on the rows of a `table`; `folder` is for the Trainer.

    Raises:
        ConfigError: The table does not have the classes of the settings' dataset, or a value does not work.
    """
    data, base = _base(settings, folder)
    names = data.class_names
    made = Stretch(composed_table(base, table, names, data.spec.feature_names, folder), folder)
    if made.parts.datamodule.class_names != names:
        raise ConfigError(f"points: each of the classes {', '.join(names)} needs a training row; add one, or undo")
    made.title, made.table = data.title, table
    return made


def _in_own_units(data: InMemoryDataModule) -> Splits:
    """The rows of a dataset as they are before they are scaled for the network."""
    scaled = data.splits
    if data.scaler is None:
        return scaled
    raw = data.load()
    return raw._replace(train=raw.train._replace(y=scaled.train.y))


class _Base(NamedTuple):
    data: InMemoryDataModule
    composed: Composed


def _base(settings: dict[str, Any], folder: Path) -> _Base:
    """The dataset of some `settings` before rows are changed by hand, and their command line; to be read only."""
    return _remembered_base(json.dumps(settings), folder)


@lru_cache(maxsize=1)  # somebody who changes one row after another changes no setting between them
def _remembered_base(settings: str, folder: Path) -> _Base:
    found = composed(json.loads(settings), folder)
    return _Base(make(found.cfg, "data"), found)


def check_own_table() -> None:
    """Raise `ConfigError` if the command of the server names a table that the page cannot show."""
    if not own_table.words():
        return
    with tempfile.TemporaryDirectory(prefix="play-") as folder:
        stretch_of({"experiment": OWN_TABLE}, Points(), Path(folder))
