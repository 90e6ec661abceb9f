"""Tables as datasets of the page, which shows two of their columns of numbers: bundled ones, and one of one's own."""

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.building.making import make
from src.data.tabular.base import TabularDataModule
from src.data.tabular.encoder import Encoder
from src.errors import ConfigError, choice
from src.play import own_table
from src.play.controls import BUNDLED, MOST_ROWS, OWN_TABLE, Control

_TASKS = "binary", "multiclass"


def words_of(dataset: str) -> list[str]:
    """The words of `src.train` that choose a `dataset` of the page.

    Raises:
        ConfigError: It is a table of one's own, and there is none.

    Example:
        >>> words_of("xor"), words_of("iris")
        (['experiment=xor'], ['data=table', 'data.name=iris'])
    """
    if dataset in BUNDLED:
        return ["data=table", f"data.name={dataset}"]
    if dataset != OWN_TABLE:
        return [f"experiment={dataset}"]
    if not own_table.words():
        raise ConfigError(
            "experiment: this training is on a table of one's own; add data.path=… data.target=… to the command"
        )
    return ["data=csv", *own_table.words()]


def columns_of(cfg: DictConfig) -> tuple[str, ...]:
    """The columns of numbers of the table that a configuration `cfg` names; empty for other datasets.

    Raises:
        ConfigError: The table cannot be used, is too large for the page, or has fewer than two such columns.
    """
    if "columns" not in cfg.data:
        return ()
    return _columns_of(json.dumps(OmegaConf.to_container(cfg.data, resolve=True)))


@lru_cache(maxsize=8)
def _columns_of(settings: str) -> tuple[str, ...]:
    data: TabularDataModule = make(OmegaConf.create({"data": json.loads(settings)}), "data")
    rows = sum(len(rows.y) for rows in data.splits)
    if data.task not in _TASKS:
        raise ConfigError(
            f"data.target: the page shows classes, one for each row (got {data.task}); name another column"
        )
    if rows > MOST_ROWS:
        raise ConfigError(
            f"data.path: a table has at most {MOST_ROWS:,} rows on this page (got {rows:,}); leave some out"
        )
    found = _numbers(data)
    if len(found) < 2:
        raise ConfigError(
            f"data.path: the page needs two columns of numbers (got {', '.join(found) or 'none'}); "
            "python -m src.train needs none"
        )
    return found


def _numbers(data: TabularDataModule) -> tuple[str, ...]:
    """The columns that become one number each."""
    facts: Any = data.facts
    if facts is None:
        assert isinstance(data.encoder, Encoder)
        return tuple(data.encoder.numeric)
    columns = facts["columns"].items()
    return tuple(name for name, fact in columns if fact["kind"] == "number" and fact["inputs"] == 1)


def pair_of(wanted: Any, columns: tuple[str, ...]) -> list[str]:
    """The `wanted` pair of a table's `columns`; by default, the first two.

    Raises:
        ConfigError: The table has no such column of numbers.
    """
    for name in wanted or ():
        if name not in columns:
            raise ConfigError(f"data.columns: the table has no column of numbers {name!r:.60}; {choice(name, columns)}")
    return list(wanted or columns[:2])


def offered(control: Control, columns: tuple[str, ...]) -> Control:
    """A `control` with the options that there are; `columns` are those of the table whose rows are shown."""
    if control.kind == "pair":
        return replace(control, options=columns)
    if control.key == "experiment" and not own_table.words():
        return replace(control, options=tuple(each for each in control.options if each != OWN_TABLE))
    return control
