"""Values as JSON and columns as CSV, written atomically."""

import csv
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from src.storage.files import aside
from src.storage.formulas import inert


def write_json(path: Path, values: Mapping[str, Any], durable: bool = False) -> None:
    """Write values as JSON to `path`, with NaN and infinity as null, since JSON has neither; `durable` as for `aside`.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     write_json(Path(root, "scores.json"), {"f1": 0.5, "roc_auc": math.nan})
        ...     json.loads(Path(root, "scores.json").read_text())
        {'f1': 0.5, 'roc_auc': None}
    """
    with aside(path, durable=durable) as part:
        part.write_text(as_json(values))


def as_json(values: Mapping[str, Any], indent: int | None = 2) -> str:
    """Values as the text of a JSON file, NaN and infinity as null; without an `indent` on one line."""
    return json.dumps(_plain(values), indent=indent, separators=(",", ":") if indent is None else None) + "\n"


def known_json(path: Path, most: int = 2**26) -> dict[str, Any]:
    """The values in a JSON file that should be this project's; empty if it is not.

    A file that must exist and be intact is read by `src.trust.plain.read_json`, which reports what is wrong with it.

    Args:
        path: The file; links are ignored.
        most: The most bytes that this project writes to such a file.
    """
    if path.is_symlink() or not path.is_file() or path.stat().st_size > most:
        return {}
    try:
        found = json.loads(path.read_text())
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write_csv(path: Path, columns: Mapping[str, Iterable[Any]], formulas: Literal["escape", "keep"] = "escape") -> None:
    """Write columns of equal length as CSV to `path`; `formulas` in their texts are made harmless, or kept."""
    told = inert if formulas == "escape" else lambda cell: cell
    with aside(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(map(told, columns))
        writer.writerows([told(cell) for cell in row] for row in zip(*columns.values(), strict=True))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
