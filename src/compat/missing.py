"""One line when a library no longer has an internal name that a faster path needs."""

from importlib.metadata import PackageNotFoundError, version

from src.reporting.remarks import remark


def mention(library: str, inside: str, instead: str) -> None:
    """Print once that this version of a `library` lacks an internal name `inside`, and what happens `instead`."""
    remark(f"missing {inside}", f"{installed(library)} has no {inside}, which this project relies on; {instead}")


def installed(library: str) -> str:
    """A library's name and its installed version."""
    try:
        return f"{library} {version(library)}"
    except PackageNotFoundError:
        return f"{library} (not installed)"
