"""Rows of named columns as they stand in a file: read in parts, cells as text or as numbers."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from src.errors import ConfigError

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})
"""What a cell says that holds no value, in any case and with spaces around it."""

_PARQUET = (".parquet", ".pq")
_ROWS_OF_A_PART = 16_384
_LARGEST = float(np.finfo(np.float32).max)  # networks compute in float32, where more is infinite

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Table:
    """Columns of cells, by name and of one length; a cell is text, a number or None.

    Args:
        columns: Cells of each column.
        source: Where they are from, for messages.
        first_row: Number of the first row in its source, from 1 and without the header.

    Example:
        >>> table = Table({"size": ["1.5", "NA"], "colour": [" red", ""]}, source="rows.csv")
        >>> table.numbers("size").tolist(), table.texts("colour")
        ([1.5, nan], ['red', None])
    """

    def __init__(self, columns: dict[str, list[Any]], source: str, first_row: int = 1) -> None:
        self.columns, self.source, self.first_row = columns, source, first_row

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def numbers(self, name: str) -> Numbers:
        """The column of this `name` as float64 [N], NaN where a cell is missing.

        Raises:
            ConfigError: A cell is no number, or beyond what float32 holds; its row and column are named.
        """
        cells = self.columns[name]
        try:
            numbers = np.array(cells, dtype=np.float64)
        except (TypeError, ValueError):
            found = np.array([as_number(cell) for cell in cells], dtype=object)
            self._refuse(name, found == None, "is not a number")  # noqa: E711  # element by element
            numbers = found.astype(np.float64)
        self._refuse(name, np.abs(numbers) > _LARGEST, f"is beyond ±{_LARGEST:.2g}")
        return numbers

    def _refuse(self, name: str, wrong: Any, what: str) -> None:
        """Raise `ConfigError` for the first of the rows [N] of a column that are `wrong`."""
        if len(places := np.flatnonzero(wrong)):
            raise ConfigError(
                f"{self.source}: column {name}, row {self.first_row + int(places[0])} {what} "
                f"(got {self.columns[name][places[0]]!r}); mend it, or leave it empty if it is not known"
            )

    def texts(self, name: str) -> list[str | None]:
        """The column of this `name` as text without spaces around it, None where a cell is missing."""
        return [as_text(cell) for cell in self.columns[name]]

    def require(self, names: list[str]) -> None:
        """Raise `ConfigError` where a column of these `names` is missing."""
        if missing := [name for name in names if name not in self.columns]:
            raise ConfigError(
                f"{self.source}: column {', '.join(missing)} is missing; it has {', '.join(self.columns) or 'none'}"
            )


def as_number(cell: Any) -> float | None:
    """A cell as a number, NaN if it is missing, None if it is neither.

    Example:
        >>> as_number(" 1e3"), as_number("?"), as_number("red")
        (1000.0, nan, None)
    """
    text = as_text(cell)
    if text is None:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        return None


def as_text(cell: Any) -> str | None:
    """A cell as text, None if it is missing."""
    text = str(cell).strip()
    return None if cell is None or text.lower() in MISSING else text


def read_table(path: Path) -> Table:
    """The CSV or Parquet file at `path` as one table.

    Raises:
        ConfigError: There is no such file, it cannot be read, or it has no rows.
    """
    parts = list(read_parts(path))
    columns = {name: [cell for part in parts for cell in part.columns[name]] for name in parts[0].columns}
    return Table(columns, str(path))


def read_parts(path: Path) -> Iterator[Table]:
    """The CSV or Parquet file at `path` as tables of 16,384 rows each, so that memory does not grow with the file.

    Raises:
        ConfigError: There is no such file, it cannot be read, or it has no rows.
    """
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; name a CSV or Parquet file")
    parts = _parquet_parts(path) if path.suffix.lower() in _PARQUET else _csv_parts(path)
    first_row = 1
    for columns in parts:
        table = Table(columns, str(path), first_row)
        first_row += len(table)
        yield table
    if first_row == 1:
        raise ConfigError(f"{path}: the file has no rows; it needs a header and a row at least")


def _csv_parts(path: Path) -> Iterator[dict[str, list[Any]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            names = [name.strip() for name in next(reader, [])]
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise ConfigError(f"{path}: two columns are named {twice!r}; rename one")
            while rows := list(islice(reader, _ROWS_OF_A_PART)):
                for number, row in enumerate(rows):
                    if len(row) != len(names):
                        line = reader.line_num - len(rows) + number + 1
                        raise ConfigError(
                            f"{path}: line {line} has {len(row)} cells and the header {len(names)}; mend that line"
                        )
                yield dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as CSV ({error}); save it as CSV in UTF-8") from error


def _parquet_parts(path: Path) -> Iterator[dict[str, list[Any]]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise ConfigError(f"{path}: reading Parquet needs pyarrow; pip install pyarrow, or save it as CSV") from error
    try:
        for batch in ParquetFile(path).iter_batches(_ROWS_OF_A_PART):
            yield batch.to_pydict()
    except (ArrowException, OSError) as error:
        raise ConfigError(f"{path}: cannot be read as Parquet ({' '.join(str(error).split())})") from error
