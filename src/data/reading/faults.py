"""Finds the line that is wrong in a text file that DuckDB cannot read."""

import csv
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from src.data.reading.dialect import Dialect
from src.data.reading.recognising import reader
from src.errors import ConfigError


def mended(path: Path, dialect: Dialect, num_columns: int, part: Path, source: Path) -> Path:
    """Rewrite the rows at `path` to `part` if nothing but their line endings is unusual.

    Args:
        path: The text in UTF-8.
        dialect: Its format.
        num_columns: Cells per line.
        part: The new file, in the format of `dialect` from its first line.
        source: The file as the user named it.

    Raises:
        ConfigError: A line has a different number of cells, or the text is not a table.
    """
    try:
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=dialect.separator, quotechar=dialect.quote, lineterminator="\n")
            writer.writerows(_rows(path, dialect, num_columns, source))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{source}: cannot be read as CSV ({error}); save it as CSV in UTF-8") from error
    return part


def _rows(path: Path, dialect: Dialect, num_columns: int, source: Path) -> Iterator[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = reader(islice(file, dialect.skip, None), dialect)
        for row in lines:
            if num_columns > 1 and (not row or (row == [row[0]] and not row[0].strip())):
                continue
            if len(row) != num_columns:
                what = "the header" if dialect.header else "the first line"
                raise ConfigError(
                    f"{source}: line {lines.line_num + dialect.skip} has {len(row)} cells "
                    f"but {what} {num_columns}; fix that line{_hint(dialect)}"
                )
            yield row


def _hint(dialect: Dialect) -> str:
    return "" if dialect.separator != "," else ", or set data.separator if commas do not separate cells"
