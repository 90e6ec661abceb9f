"""Files of rows that are not plain text, turned into CSV or a format that DuckDB reads."""

import csv
import datetime
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

from src.errors import ConfigError

EXCEL = (".xlsx", ".xls", ".xlsb", ".ods")
PARQUET = (".parquet", ".pq")
FEATHER = (".feather", ".arrow", ".ipc")
JSON = (".jsonl", ".ndjson")
SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".gz", ".zip", ".arff", *EXCEL, *PARQUET, *FEATHER, *JSON)
KINDS = "CSV (also .gz or .zip), Parquet, Feather, .xlsx, .arff or JSON lines"

_ATTRIBUTE = re.compile(r"@attribute\s+('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|\S+)", re.IGNORECASE)


def sheet(path: Path, part: Path) -> Path:
    """The first sheet of the workbook at `path`, written to `part` as CSV.

    Raises:
        ConfigError: The library is missing, or the file is not a workbook.
    """
    try:
        from python_calamine import CalamineError, load_workbook
    except ImportError as error:
        raise ConfigError(
            f"{path}: reading Excel needs python-calamine; pip install python-calamine, or save it as CSV"
        ) from error
    try:
        rows = load_workbook(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=True)
    except (CalamineError, OSError) as error:
        raise ConfigError(f"{path}: cannot be read as a workbook ({error}); save it as CSV") from error
    with part.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_cell(each) for each in row] for row in rows if any(each != "" for each in row))
    return part


def _cell(value: Any) -> Any:
    """A cell of a sheet: whole numbers without a decimal point, as displayed, and dates in ISO format."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, datetime.datetime):
        return value.date() if value.time() == datetime.time() else value
    return value


def attributes(path: Path, text: Path, part: Path) -> Path:
    """The rows of the .arff file at `path`, whose `text` is in UTF-8, written to `part` as CSV with a header.

    Raises:
        ConfigError: The file names no columns, or its rows are sparse.
    """
    with text.open(encoding="utf-8-sig", newline=None) as file, part.open("w", encoding="utf-8", newline="") as out:
        head = list(takewhile(lambda line: not line.lower().startswith("@data"), file))
        names = [found[1] for line in head if (found := _ATTRIBUTE.match(line.strip()))]
        if not names:
            raise ConfigError(f"{path}: names no columns (@attribute) before @data; save it as CSV")
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(_unquoted(each) for each in names)
        writer.writerows(_data(path, file))
    return part


def _data(path: Path, lines: Iterator[str]) -> Iterator[list[str]]:
    rows = (line for line in lines if line.strip() and not line.startswith("%"))
    for line in rows:
        if line.startswith("{"):
            raise ConfigError(f"{path}: has sparse rows ({{…}}), which cannot be read; save it as CSV")
        quote = '"' if '"' in line and "'" not in line else "'"
        separator = "," if "," in line else "\t"
        (cells,) = csv.reader([line], delimiter=separator, quotechar=quote, escapechar="\\", skipinitialspace=True)
        yield [cell.strip() for cell in cells]


def _unquoted(name: str) -> str:
    return re.sub(r"\\(.)", r"\1", name[1:-1]) if name[0] in "'\"" and name[-1] == name[0] else name
