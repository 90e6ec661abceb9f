"""Several labels in one cell, such as `rain; wind`."""

from collections.abc import Sequence
from typing import NamedTuple

from src.data.table import Table
from src.data.tabular.classes import check_number, in_order
from src.errors import ConfigError


class Several(NamedTuple):
    """The labels of a column.

    Attributes:
        names: All labels, in order.
        codes: For each row, a string of zeros and ones: whether it has each label. None if that is not known.
        doubt: A remark on rows without a label; None if there are none.
    """

    names: tuple[str, ...]
    codes: Sequence[str | None]
    doubt: str | None


def several_labels(table: Table, column: str, separator: str, known: Sequence[str] | None = None) -> Several:
    """The labels in the cells of a column; an empty cell has none of them.

    Args:
        table: A table with this column.
        column: Its name.
        separator: What separates the labels of a cell; spaces around them are left out.
        known: The labels of a trained run; None finds them.

    Raises:
        ConfigError: No cell has the separator, there are fewer than two labels or implausibly many, or one is not
            `known`.

    Example:
        >>> table = Table({"weather": ["rain; wind", "sun", "", "wind"]}, "days.csv")
        >>> several_labels(table, "weather", ";")[:2]
        (('rain', 'sun', 'wind'), ['101', '010', '000', '001'])
    """
    cells = table.texts(column)
    parts = {cell: [part for each in cell.split(separator) if (part := each.strip())] for cell in set(cells) if cell}
    names = tuple(known) if known is not None else _named(table, column, separator, list(parts))
    codes: dict[str | None, str] = {None: "0" * len(names)}
    for cell, labels in parts.items():
        if new := [label for label in labels if label not in names]:
            raise ConfigError(
                f"{table.source}: {column} in row {table.row_numbers[cells.index(cell)]} has a label that was not seen "
                f"in training (got {new[0]!r}); choose from {', '.join(names)}"
            )
        codes[cell] = "".join("1" if name in labels else "0" for name in names)
    without = sum("1" not in codes[cell] for cell in cells)
    counted = "1 row has no label and counts" if without == 1 else f"{without:,} rows have no label and count"
    return Several(
        names,
        [codes[cell] for cell in cells],
        f"{table.source}: {counted} as having none of the {len(names)}" if without else None,
    )


def check_one(separator: str | None, targets: Sequence[str]) -> None:
    """Raise `ConfigError` if there are several targets, whose cells say yes or no, and a `separator` of labels."""
    if separator is not None:
        raise ConfigError(
            f"data.label_separator: several targets, {', '.join(targets[:2])}{', …' if len(targets) > 2 else ''}, say "
            f"yes or no in each cell (got {separator!r}); leave it out, or name one target"
        )


def _named(table: Table, column: str, separator: str, cells: list[str]) -> tuple[str, ...]:
    """All labels in order."""
    if not any(separator in cell for cell in cells):
        shown = f"{min(cells)!r}, for example" if cells else "only empty cells"
        raise ConfigError(
            f"data.label_separator: {column} of {table.source} has no cell with {separator!r} (got {shown}); set the "
            "mark between labels, or null for one label per row"
        )
    names = in_order({part for cell in cells for each in cell.split(separator) if (part := each.strip())})
    check_number(names, table.source, "")
    return names
