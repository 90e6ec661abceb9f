"""Several labels per row: in one cell, such as `rain; wind`, or in columns that say yes or no."""

from collections.abc import Sequence
from typing import NamedTuple

from src.data.choosing import Choice
from src.data.table import Table
from src.data.tabular.classes import check_number, in_order
from src.data.tabular.target import label_codes
from src.errors import ConfigError

_SET = "data.label_separator is set"


class Several(NamedTuple):
    """The labels of each row.

    Attributes:
        names: All labels, in order.
        codes: For each row, a string of zeros and ones: whether it has each label. None if that is not known.
        doubt: A remark on rows without a label; None if there are none.
    """

    names: tuple[str, ...]
    codes: Sequence[str | None]
    doubt: str | None


def several_labels(
    table: Table, targets: Sequence[str], separator: str | None, known: Sequence[str] | None = None
) -> Several | None:
    """The labels of each row if it may have several; None if it has one class or number.

    Args:
        table: A table with these columns.
        targets: Names of the columns of labels; each of several says yes or no.
        separator: What separates the labels in a cell of the only target; None reads one value per cell.
        known: The labels of a trained run, if cells hold several; None finds them.

    Raises:
        ConfigError: As for `labels_in_cells`, or a column does not say yes or no.
    """
    if separator is not None:
        return labels_in_cells(table, targets[0], separator, known)
    return Several(tuple(targets), label_codes(table, targets), None) if len(targets) > 1 else None


def labels_in_cells(table: Table, column: str, separator: str, known: Sequence[str] | None = None) -> Several:
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
        >>> labels_in_cells(table, "weather", ";")[:2]
        (('rain', 'sun', 'wind'), ['101', '010', '000', '001'])
    """
    cells = table.texts(column)
    parts = {cell: [part for each in cell.split(separator) if (part := each.strip())] for cell in set(cells) if cell}
    names = tuple(known) if known is not None else _named(table, column, separator, parts)
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


def check_separator(separator: str | None, targets: Sequence[str | int]) -> None:
    """Raise `ConfigError` if there is a `separator` of labels, but several targets, whose cells say yes or no."""
    if separator is not None and len(targets) > 1:
        raise ConfigError(
            f"data.label_separator: several targets, {', '.join(map(str, targets[:2]))}{', …' * (len(targets) > 2)}, "
            f"say yes or no in each cell (got {separator!r}); leave it out, or name one target"
        )


def choice_of_several(labels: Sequence[str], separator: str | None) -> Choice:
    """The task for several `labels`, with the reason: a column for each, or cells with a `separator`."""
    return Choice("multilabel", f"there are {len(labels)} target columns" if separator is None else _SET)


def _named(table: Table, column: str, separator: str, parts: dict[str, list[str]]) -> tuple[str, ...]:
    """All labels in order, from the `parts` of each cell."""
    if not any(separator in cell for cell in parts):
        shown = f"{min(parts)!r}, for example" if parts else "only empty cells"
        raise ConfigError(
            f"data.label_separator: {column} of {table.source} has no cell with {separator!r} (got {shown}); set the "
            "mark between labels, or null for one label per row"
        )
    names = in_order({label for labels in parts.values() for label in labels})
    check_number(names, table.source, "")
    return names
