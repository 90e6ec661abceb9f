"""Rows of named columns as read from a file, with cells as text or as numbers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np

from src.data.cells import Coded
from src.errors import ConfigError

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""The strings that mark a missing cell, in any case and with spaces around them."""

_LARGEST = float(np.finfo(np.float32).max)  # networks compute in float32, where anything larger is infinite

Numbers = np.ndarray[Any, np.dtype[Any]]


class Table:
    """Columns of cells by name, all of one length; a cell is text, a number or None.

    Args:
        columns: Cells of each column: a list, an array of numbers, or `Coded` strings.
        source: Where they are from, for messages.
        first_row: Number of the first row in its source, from 1, not counting the header.
        missing: The strings that mark a missing cell, in lower case.
        row_numbers: Numbers of the rows in their source, if some rows were left out.

    Example:
        >>> table = Table({"size": ["1.5", "NA"], "colour": [" red", ""]}, source="rows.csv")
        >>> table.numbers("size").tolist(), table.texts("colour")
        ([1.5, nan], ['red', None])
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        source: str,
        first_row: int = 1,
        missing: frozenset[str] = MISSING,
        row_numbers: Sequence[int] | None = None,
    ) -> None:
        self.columns, self.source, self.missing = dict(columns), source, missing
        self.row_numbers = range(first_row, first_row + len(self)) if row_numbers is None else row_numbers

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def with_columns(self, columns: Mapping[str, Any]) -> "Table":
        """A table of other `columns` for the same rows."""
        return Table(columns, self.source, missing=self.missing, row_numbers=self.row_numbers)

    def take(self, rows: Numbers) -> "Table":
        """A table of some `rows` [K], by position."""
        columns = {name: _taken(cells, rows) for name, cells in self.columns.items()}
        numbers = [self.row_numbers[row] for row in rows.tolist()]
        return Table(columns, self.source, missing=self.missing, row_numbers=numbers)

    def numbers(self, name: str) -> Numbers:
        """The column of this `name` as float64 [N], NaN for missing cells.

        Raises:
            ConfigError: A cell is not a number, or too large for float32; the message names its row and column.
        """
        return self.read_numbers(name, lambda cell: as_number(cell, self.missing), plain=True)

    def read_numbers(self, name: str, parse: Callable[[Any], float | None], plain: bool = False) -> Numbers:
        """The column of this `name` as float64 [N], with cells read by `parse`, which returns None for anything else.

        Args:
            name: Name of the column.
            parse: Reads one cell.
            plain: Whether it reads numbers as Python and NumPy do, which is tried first.

        Raises:
            ConfigError: As `numbers`.
        """
        cells = self.columns[name]
        numbers = _as_they_are(cells, plain)
        if numbers is None:
            coded = isinstance(cells, Coded)
            found = [parse(cell) for cell in (cells.values if coded else cells)]
            each = cells.spread(found, np.nan, object) if coded else np.array(found, dtype=object)
            self._refuse(name, each == None, "is not a number")  # noqa: E711  # element by element
            numbers = each.astype(np.float64)
        self._refuse(name, np.abs(numbers) > _LARGEST, f"is beyond ±{_LARGEST:.2g}")
        return numbers

    def read_rows(
        self, name: str, parse: Callable[[Any], list[float] | None], missing: list[float], what: str
    ) -> Numbers:
        """The column of this `name` as float64 [N, K], with cells read by `parse`, which returns K numbers or None.

        Args:
            name: Name of the column.
            parse: Reads one cell.
            missing: The K numbers of a missing cell.
            what: What is wrong with a cell that cannot be read.

        Raises:
            ConfigError: There is such a cell.
        """
        cells = self.columns[name]
        values = cells.values if isinstance(cells, Coded) else cells
        found = [parse(value) for value in values]
        codes = cells.codes if isinstance(cells, Coded) else np.arange(len(found))
        wrong = np.array([each is None for each in found] + [False])[codes]
        self._refuse(name, wrong, what)
        numbers: Numbers = np.array([missing if each is None else each for each in [*found, missing]])[codes]
        return numbers

    def _refuse(self, name: str, wrong: Any, what: str) -> None:
        """Raise `ConfigError` for the first of the rows [N] of a column that is `wrong`."""
        if len(places := np.flatnonzero(wrong)):
            cell = self.columns[name][places[0]]
            raise ConfigError(
                f"{self.source}: column {name}, row {self.row_numbers[places[0]]} {what} "
                f"(got {cell.item() if isinstance(cell, np.generic) else cell!r}); fix it, or leave it empty if it is "
                "not known"
            )

    def texts(self, name: str) -> list[str | None]:
        """The column of this `name` as text without surrounding spaces, None for missing cells."""
        cells = self.columns[name]
        if not isinstance(cells, Coded):
            return [as_text(cell, self.missing) for cell in cells]
        return list(Coded(cells.codes, [as_text(value, self.missing) for value in cells.values]))

    def require(self, names: list[str]) -> None:
        """Raise `ConfigError` if a column of these `names` is missing."""
        if missing := [name for name in names if name not in self.columns]:
            raise ConfigError(
                f"{self.source}: {'column' if len(missing) == 1 else 'columns'} {', '.join(missing)} "
                f"{'is' if len(missing) == 1 else 'are'} missing; it has {', '.join(self.columns) or 'none'}"
            )


def as_number(cell: Any, missing: Collection[str] = MISSING) -> float | None:
    """A cell as a number, NaN if it is `missing`, None if it is neither.

    Example:
        >>> as_number(" 1e3"), as_number("?"), as_number("red")
        (1000.0, nan, None)
    """
    text = as_text(cell, missing)
    if text is None:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return None


def as_text(cell: Any, missing: Collection[str] = MISSING) -> str | None:
    """A cell as text, None if it is `missing`."""
    text = str(cell).strip()
    return None if cell is None or text.lower() in missing else text


def _taken(cells: Any, rows: Numbers) -> Any:
    if isinstance(cells, np.ndarray):
        return cells[rows]
    return cells.take(rows) if isinstance(cells, Coded) else [cells[row] for row in rows.tolist()]


def _as_they_are(cells: Any, plain: bool) -> Numbers | None:
    """Cells that are already numbers, or `plain` strings of numbers; None if a cell must be parsed."""
    if isinstance(cells, np.ndarray) and cells.dtype.kind == "f":
        return cells
    if isinstance(cells, Coded) or (not plain and any(isinstance(cell, str) for cell in cells)):
        return None
    try:
        return np.array(cells, dtype=np.float64)
    except (TypeError, ValueError):
        return None
