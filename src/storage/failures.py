"""A run's error as one line, and a record of the failed runs of a sweep, shared by all processes."""

import errno
import os
import sys
from pathlib import Path

from src.errors import ConfigError, ExportError, InterruptedRunError, TrainingDivergedError, WorkerError
from src.reporting.terminal import printable
from src.storage.files import OF_THE_DISK, placed
from src.storage.folders import SweepFolder

_KINDS: dict[type[BaseException], tuple[str, int]] = {
    ConfigError: ("config error: ", 2),
    TrainingDivergedError: ("training diverged: ", 1),
    ExportError: ("export failed: ", 1),
    WorkerError: ("", 1),
    InterruptedRunError: ("", 130),
    KeyboardInterrupt: ("interrupted", 130),
}
_REMEDIES = {
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
    errno.EFBIG: "raise the limit on the size of files",
    errno.EROFS: "make it writable, or choose another place",
    errno.EACCES: "make it writable, or choose another place",
    errno.EPERM: "make it writable, or choose another place",
    errno.ENOENT: "it was removed or renamed while this command used it",
    errno.ENOTDIR: "choose another place",
}


def line(error: BaseException) -> str:
    """An error as one line.

    Example:
        >>> line(ConfigError("seed: unknown key"))
        'config error: seed: unknown key'
        >>> line(OSError(errno.ENOSPC, "No space left on device", "runs/xor/metrics.csv"))
        'disk error: runs/xor/metrics.csv: No space left on device; make room'
    """
    if isinstance(error, OSError) and error.errno is not None:
        remedy = f"; {_REMEDIES[error.errno]}" if error.errno in _REMEDIES else ""
        place = os.path.normpath(os.fsdecode(error.filename)) if error.filename else "a file"
        return printable(f"disk error: {' '.join(place.split())}: {error.strerror}{remedy}")
    prefix, _ = _kind(error)
    return printable(f"{prefix}{' '.join(str(error).split())}")


def is_of_the_disk(error: OSError, folder: Path) -> bool:
    """Whether an error means that nothing more can be written to a folder: full, read-only or gone."""
    return error.errno in OF_THE_DISK or not folder.exists()


def tell(error: BaseException) -> int:
    """Print an error; returns its exit code."""
    print(line(error), file=sys.stderr)
    return int(getattr(error, "exit_code", _kind(error)[1]))


def _kind(error: BaseException) -> tuple[str, int]:
    """The prefix of an error of this kind, and its exit code."""
    known = next((_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS), None)
    return known or (f"{type(error).__name__}: ", 1)


def note(sweep: Path, number: int, error: BaseException) -> None:
    """Print the error of a failed run of a sweep, and record it in the sweep's folder, for all processes.

    Args:
        sweep: The sweep's folder.
        number: Number of the run.
        error: The error.
    """
    text = f"#{number}: {line(error)}\n"
    sys.stderr.write(text)
    failures = SweepFolder(sweep).failures
    with placed(failures), failures.open("a") as file:
        file.write(text)


def reason(sweep: Path, number: int) -> str | None:
    """Why run `number` of a sweep failed, in one line; None if it has not."""
    beginning = f"#{number}: "
    return next((line.removeprefix(beginning) for line in noted(sweep) if line.startswith(beginning)), None)


def noted(sweep: Path) -> list[str]:
    """The failures of a sweep, one line each."""
    return SweepFolder(sweep).failures.read_text().splitlines() if SweepFolder(sweep).failures.exists() else []
