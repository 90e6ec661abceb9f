"""One line where a library has no longer the inside that a shorter way needs."""

from importlib.metadata import PackageNotFoundError, version

from src.reporting.remarks import remark


def mention(library: str, inside: str, instead: str) -> None:
    """Say once that this version of a `library` lacks an `inside`, and what happens `instead`."""
    remark(f"missing {inside}", f"{installed(library)} has no {inside}, which this project knows; {instead}")


def installed(library: str) -> str:
    """A library's name and its version here."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} (not installed)"
