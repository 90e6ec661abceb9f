"""A description of a table's columns in counts, without any of its cells."""

from typing import Any

import numpy as np

from src.data.table import Table
from src.data.tabular.kinds import Kinds
from src.data.tabular.typed import TypedEncoder


def described(table: Table, kinds: Kinds, encoder: TypedEncoder) -> dict[str, Any]:
    """The number of rows, and each column's kind, missing cells and number of inputs.

    Args:
        table: The columns that may be inputs, for rows with a target.
        kinds: The detected kinds of the columns.
        encoder: Turns the columns into inputs.

    Example:
        >>> import torch
        >>> from src.data.tabular.kinds import kinds_of
        >>> table = Table({"size": ["1", ""], "colour": ["red", "blue"]}, source="rows.csv")
        >>> kinds = kinds_of(table, [], [])
        >>> encoder = TypedEncoder.fitted(table, torch.tensor([0, 1]), kinds, torch.tensor([0, 1]))
        >>> described(table, kinds, encoder)["columns"]["colour"]
        {'kind': 'category', 'missing': 0, 'inputs': 2}
    """
    columns: dict[str, dict[str, Any]] = {}
    for name in table.columns:
        facts: dict[str, Any] = {"missing": _missing(table, name)}
        if name in kinds.left_out:
            facts = {"kind": "left out", **facts, "why": kinds.left_out[name]}
        elif name in encoder.spellings:
            facts = {"kind": "number", **facts, "inputs": 1 + (name in encoder.indicators)}
        elif name in encoder.dates:
            facts = {"kind": "date", **facts, "parts": list(encoder.dates[name].parts)}
        else:
            facts = {"kind": "category", **facts, "inputs": len(encoder.categories[name])}
        columns[name] = facts
    return {"rows": len(table), "inputs": len(encoder.feature_names), "columns": columns}


def _missing(table: Table, name: str) -> int:
    cells = table.columns[name]
    if isinstance(cells, np.ndarray):
        return int(np.isnan(cells).sum())
    return sum(text is None for text in table.texts(name))
