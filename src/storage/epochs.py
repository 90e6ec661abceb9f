"""Writing and reading `metrics.csv`: one row per epoch."""

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.storage.files import aside

FIRST = "epoch", "step", "lr"
"""The columns before those of metrics; epochs count from 1, and the learning rate may be missing."""

_MOST_BYTES, _MOST_ROWS = 64 * 2**20, 500_000  # of a table to read, which is then a gigabyte in memory


def write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]], durable: bool = False) -> None:
    """Write a table of epochs to `path`.

    Args:
        path: The file, replaced atomically.
        columns: Names of the columns.
        rows: Rows with a value for each column; None leaves a cell empty.
        durable: Whether to wait until the table is on the disk.
    """
    with aside(path, durable=durable) as part, part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, float]]:
    """The rows of the table at `path`, without empty cells.

    Raises:
        ConfigError: It is not a table of epochs.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"it is larger than {_MOST_BYTES // 2**20} MiB")
        with path.open(newline="") as file:
            columns, *cells = list(islice(csv.reader(file), _MOST_ROWS + 2))
        if len(cells) > _MOST_ROWS:
            raise ValueError(f"it has more than {_MOST_ROWS:,} rows")
        if "epoch" not in columns:
            raise ValueError("it has no column epoch")
        rows = [dict(zip(columns, row, strict=True)) for row in cells]
        return [
            {key: int(cell) if key in ("epoch", "step") else float(cell) for key, cell in row.items() if cell}
            for row in rows
        ]
    except (ValueError, csv.Error, IsADirectoryError) as error:
        raise ConfigError(f"{path}: is not a table of epochs ({error}); restore it or delete it") from error
