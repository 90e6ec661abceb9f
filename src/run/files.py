"""What commands on a run write: files that are whole or not there."""

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.files import aside


@contextmanager
def output(path: Path, key: str = "output") -> Iterator[Path]:
    """A path to write to, as `aside(path)` gives, where a place that cannot be written is the user's mistake.

    Raises:
        ConfigError: Nothing can be written there; `key` is what the user set.
    """
    with ExitStack() as stack:
        try:
            part = stack.enter_context(aside(path))
        except OSError as error:
            raise ConfigError(f"{key}: {path} cannot be written ({error.strerror}); name another place") from error
        yield part


def refuse_existing(path: Path, force: bool) -> None:
    """Raise `ConfigError` where an output is at `path` already, unless `force`."""
    if path.exists() and not force:
        raise ConfigError(f"output: {path} exists already; name another, or set force=true to replace it")


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write values as JSON to `path`, NaN and infinity as null, for JSON has neither.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as root:
        ...     write_json(Path(root, "scores.json"), {"f1": 0.5, "roc_auc": math.nan})
        ...     json.loads(Path(root, "scores.json").read_text())
        {'f1': 0.5, 'roc_auc': None}
    """
    with output(path) as part:
        part.write_text(json.dumps(_plain(values), indent=2) + "\n")


def write_csv(path: Path, columns: Mapping[str, Iterable[Any]]) -> None:
    """Write columns of equal length as CSV to `path`."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
