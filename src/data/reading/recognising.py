"""Detects the format of a text file of rows: separator, quotes, and whether the first line names the columns."""

import csv
import re
from collections.abc import Collection, Iterable
from itertools import islice, takewhile
from pathlib import Path
from typing import Any

from src.data.reading.dialect import Dialect, Told
from src.data.reading.engine import Guess, sniffed
from src.errors import ConfigError

_SEPARATORS = frozenset(",;\t|")
_LINES = 100
_NUMBERED = re.compile(r"c\d+")


def recognised(path: Path, source: Path, encoding: str, told: Told, names: Collection[str]) -> Dialect:
    """The format of the text at `path`.

    Args:
        path: The text in UTF-8.
        source: The file as the user named it.
        encoding: Its original encoding.
        told: What the user has set.
        names: Columns that the user names: a first line that contains one of them is the header.
    """
    guess = sniffed(path, told.separator) or Guess(_by_counting(path))
    separator = told.separator or _dividing(path, source, guess.separator, names)
    found = Dialect(separator, encoding=encoding, missing=told.marks)
    if guess.separator == separator:
        found = found._replace(quote=guess.quote or '"', escape=guess.escape or guess.quote or '"')
    found = found._replace(comments=guess.comments or _has_comments(path, found), skip=_above(path, found, guess.skip))
    if told.header is not None:
        return found._replace(header=told.header)
    first = header_of(path, found, source)
    if any(name in first for name in names):
        return found
    numbered = bool(names) and all(_NUMBERED.fullmatch(name) for name in names)
    return found._replace(header=guess.header and not numbered)


def header_of(path: Path, dialect: Dialect, source: Path) -> list[str]:
    """The cells of the first line that is not blank, without surrounding spaces.

    Args:
        path: The text in UTF-8.
        dialect: Its format.
        source: The file as the user named it.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in reader(islice(file, dialect.skip, None), dialect):
                if any(cell.strip() for cell in row):
                    return [cell.strip() for cell in row]
    except (csv.Error, UnicodeDecodeError) as error:
        raise ConfigError(f"{source}: cannot be read as CSV ({error}); save it as CSV in UTF-8") from error
    return []


def blank_lines(path: Path, skip: int) -> int:
    """How many blank lines follow the first `skip` lines of the text at `path`."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        return sum(1 for _ in takewhile(lambda line: not line.strip(), islice(file, skip, None)))


def reader(lines: Iterable[str], dialect: Dialect) -> Any:
    """Python's own csv reader for the `lines` of a file in a `dialect`."""
    escape = None if dialect.escape == dialect.quote else dialect.escape
    spaced = dialect.separator != " "
    return csv.reader(
        lines, delimiter=dialect.separator, quotechar=dialect.quote, escapechar=escape, skipinitialspace=spaced
    )


def _by_counting(path: Path) -> str:
    """The separator that divides the first lines into equally many cells, if DuckDB finds none."""
    for separator in sorted(_SEPARATORS):
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = [row for row in islice(reader(file, Dialect(separator)), _LINES) if row]
        if len({len(row) for row in rows}) == 1 and len(rows[0]) > 1:
            return separator
    return ","


def _dividing(path: Path, source: Path, guess: str, names: Collection[str]) -> str:
    """The `guess`, or another separator with which the first line has the `names`, or several cells."""
    likely = [guess] if guess in _SEPARATORS else []
    cells = {each: header_of(path, Dialect(each), source) for each in (*likely, ",", ";", "\t", "|")}
    several = [each for each, found in cells.items() if len(found) > 1]
    named = [each for each in several if any(name in cells[each] for name in names)]
    return next(iter(named or several), ",")


def _has_comments(path: Path, dialect: Dialect) -> bool:
    """Whether one of the first lines starts with # and has a different number of cells than the first one without."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(islice(file, _LINES))
    hashed = [line for line in lines if line.startswith("#")]
    plain = [line for line in lines if line.strip() and not line.startswith("#")]
    return bool(plain) and any(_num_cells(line, dialect) != _num_cells(plain[0], dialect) for line in hashed)


def _num_cells(line: str, dialect: Dialect) -> int:
    return len(next(reader([line], dialect)))


def _above(path: Path, dialect: Dialect, skip: int) -> int:
    """How many of the lines that `skip` would leave out are no rows: blank lines, comments, or titles of one cell."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = list(islice(file, skip))
    titles = [not line.strip() or line[0] in "#%" or dialect.separator not in line for line in lines]
    return skip if all(titles) else 0
