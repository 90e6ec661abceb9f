"""The columns of a table that a configuration names, by name or by position."""

from collections.abc import Mapping, Sequence
from typing import Any

from src.errors import ConfigError, suggestion
from src.settings.rules import Whole

Column = str | Whole
"""A column's name as YAML reads it, or its position: 0 is the first and -1 the last."""


def column_named(key: str, column: Column, names: Sequence[str], source: str, doubt: str = "") -> str:
    """The name of a column.

    Args:
        key: The key of `data` that names the column.
        column: Its name or position.
        names: Name of each column of the table.
        source: The table, for messages.
        doubt: What may be wrong with all names, likewise.

    Raises:
        ConfigError: The table has no such column.

    Example:
        >>> column_named("target", -1, ["size", "colour"], "rows.csv")
        'colour'
    """
    if str(column) in names:
        return str(column)
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    dotless = {name.replace(".", "\0") for name in names}  # a dot in a name separates no levels
    remedy = suggestion(str(column).replace(".", "\0"), dotless).replace("\0", ".")
    raise ConfigError(f"data.{key}: {source} has no column {column!r}{doubt}; {remedy}")


def only(columns: Sequence[str], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The cells of some `columns`, in this order, out of those of all `inputs`.

    Raises:
        ConfigError: A column is named twice, or is not an input.
    """
    for name in columns:
        if columns.count(name) > 1:
            raise ConfigError(f"data.columns: {name} is named twice (got {list(columns)}); name it once")
        if name not in inputs:
            raise ConfigError(
                f"data.columns: {name} is the target, or another key names it, so it is no input "
                f"(got {list(columns)}); leave it out"
            )
    return {name: inputs[name] for name in columns}
