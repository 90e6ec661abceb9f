"""Rows with a target, and numeric targets."""

from collections.abc import Sequence
from math import nan
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from src.data.table import Numbers, Table, as_text
from src.data.tabular.spelling import spelling_of

_SHOWN = 3


class Labelled(NamedTuple):
    """A table of rows with a target.

    Attributes:
        inputs: The columns to predict from.
        target: The target of each row.
        split: The split of each row, if the source gives it.
        groups: The group number [N] of each row; a group stays in one split. None without groups.
        moments: The time of each row, float64 [N], for a split in time; None for other splits.
        weights: The weight of each row [N] in training; None if all are equal.
    """

    inputs: Table
    target: Sequence[Any]
    split: list[str | None] | None = None
    groups: Tensor | None = None
    moments: Numbers | None = None
    weights: Numbers | None = None


def with_targets(found: Labelled) -> tuple[Labelled, str | None]:
    """The rows `found` with a target, and a remark on how many are left out; None if all have one, or none."""
    inputs, target, split, groups, moments, weights = found
    whole = inputs.with_columns({"target": target})
    texts = whole.texts("target")
    rows = np.flatnonzero([text is not None for text in texts])
    if len(rows) in (0, len(texts)):
        return found, None
    cut = Labelled(
        inputs.take(rows),
        whole.take(rows).columns["target"],
        None if split is None else [split[row] for row in rows.tolist()],
        None if groups is None else groups[torch.from_numpy(rows)],
        *(None if each is None else each[rows] for each in (moments, weights)),
    )
    return cut, f"{inputs.source}: {_count(len(texts) - len(rows))}{_as_written(inputs, target)}"


def target_numbers(table: Table, decimal: str | None, thousands: str | None, spelled: bool) -> Numbers:
    """The column `target` of a table as float64 [N].

    Args:
        table: A table with such a column.
        decimal: The decimal mark; None is detected.
        thousands: The mark between groups of digits; None is detected.
        spelled: Whether its numbers may be written differently from Python's.

    Raises:
        ConfigError: A cell is not a number.
    """
    cells = table.columns["target"]
    known = set() if isinstance(cells, np.ndarray) or not spelled else set(table.texts("target")) - {None}
    spelling = spelling_of((str(text) for text in known), decimal, thousands) if known else None
    if spelling is None:
        return table.numbers("target")

    def parse(cell: Any) -> float | None:
        text = as_text(cell, table.missing)
        return nan if text is None else spelling.parse(text)

    return table.read_numbers("target", parse)


def target_scale(y: Numbers) -> tuple[float, float]:
    """The centre and unit in which a network learns targets y [N]: close to their mean and standard deviation.

    Both are rounded, the unit to a power of two and the centre to a multiple of it, so that they do not depend on the
    split and reveal nothing about the test rows.

    Example:
        >>> target_scale(np.array([180_000.0, 200_000.0, 250_000.0]))
        (196608.0, 32768.0)
    """
    deviation = float(np.nanstd(y))
    if not 0 < deviation < np.inf:
        return 0.0, 1.0
    unit = 2.0 ** round(np.log2(deviation))
    return unit * round(float(np.nanmean(y)) / unit), unit


def _count(count: int) -> str:
    return "1 row has no target and is left out" if count == 1 else f"{count:,} rows have no target and are left out"


def _as_written(inputs: Table, target: Sequence[Any]) -> str:
    """The text in the cells of missing targets, if any: it may be the name of a class."""
    gone = {str(cell).strip() for cell in target if cell is not None and as_text(cell, inputs.missing) is None}
    words = sorted(gone - {"", "nan"})[:_SHOWN]
    if not words:
        return ""
    verb = "counts" if len(words) == 1 else "count"
    return f" ({', '.join(words)} {verb} as missing; data.missing=[''] makes it a class)"
