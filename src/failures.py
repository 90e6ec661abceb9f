"""What went wrong in a run, as one line; and which runs of a sweep failed, whichever process they ran in."""

import shutil
import sys
from pathlib import Path

from src.errors import ConfigError, ExportError, InterruptedRunError, TrainingDivergedError

_KINDS: dict[type[BaseException], tuple[str, int]] = {
    ConfigError: ("config error: ", 2),
    TrainingDivergedError: ("training diverged: ", 1),
    ExportError: ("export failed: ", 1),
    InterruptedRunError: ("", 130),
    KeyboardInterrupt: ("interrupted", 130),
}


def line(error: BaseException) -> str:
    """An error as one line.

    Example:
        >>> line(ConfigError("seed: unknown key"))
        'config error: seed: unknown key'
    """
    prefix, _ = _kind(error)
    return f"{prefix}{' '.join(str(error).split())}"


def tell(error: BaseException) -> int:
    """Print an error; the exit code that goes with it."""
    print(line(error), file=sys.stderr)
    return int(getattr(error, "exit_code", _kind(error)[1]))


def _kind(error: BaseException) -> tuple[str, int]:
    """What stands before an error of this kind, and its exit code."""
    known = next((_KINDS[kind] for kind in type(error).__mro__ if kind in _KINDS), None)
    return known or (f"{type(error).__name__}: ", 1)


def note(sweep: Path, number: int, error: BaseException) -> None:
    """Print the error for which a run of a sweep failed, and remember it in its folder, where all processes can.

    Args:
        sweep: The sweep's folder.
        number: Of the run.
        error: Why it failed.
    """
    text = f"#{number}: {line(error)}\n"
    sys.stderr.write(text)
    with _file(sweep).open("a") as file:
        file.write(text)


def forget(sweep: Path) -> None:
    """Begin a sweep anew."""
    _file(sweep).unlink(missing_ok=True)


def noted(sweep: Path) -> list[str]:
    """The failures of a sweep, a line each."""
    return _file(sweep).read_text().splitlines() if _file(sweep).exists() else []


def clear(folder: Path) -> None:
    """Remove what a run that did not finish has left in its folder, all but `.hydra/` and its log."""
    for name in ("checkpoints", "plots", "tensorboard"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "metrics.csv").unlink(missing_ok=True)


def _file(sweep: Path) -> Path:
    return sweep / "failures.txt"
