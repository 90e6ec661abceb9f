"""Optuna's journal as a file in the sweep's folder, written by one process at a time."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optuna.storages.journal import BaseJournalBackend

from src.errors import ConfigError
from src.storage.files import aside, flush


class Journal(BaseJournalBackend):
    """A journal in Optuna's format, written to the disk once per batch instead of once per entry.

    The sweep's folder is locked during the search, so the file needs no lock of its own, which a killed process would
    leave behind. An incomplete last line, which a killed process may also leave, is cut off.

    Args:
        path: The file; created if it does not exist.

    Raises:
        ConfigError: The file is not such a journal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._logs: list[dict[str, Any]] = []
        path.touch()
        content = path.read_bytes()
        whole = content.rpartition(b"\n")[0]
        if content and not content.endswith(b"\n"):
            with aside(path) as part:
                part.write_bytes(whole + b"\n" if whole else b"")
        try:
            self._logs = [json.loads(line) for line in whole.splitlines()]
        except ValueError as error:
            raise ConfigError(f"{path}: is not a study's journal ({error}); restore it") from error

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """The entries from a number on."""
        yield from self._logs[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Add entries."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._logs += logs

    def sync(self) -> None:
        """Return once all entries are on the disk."""
        flush(self._path)
