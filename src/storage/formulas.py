"""Makes texts that a spreadsheet would run as formulas harmless in CSV files."""

from typing import Any

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(cell: Any) -> Any:
    """A cell that a spreadsheet shows literally: a text that it would read as a formula gets a leading `'`.

    Numbers, texts that are numbers, and a single sign stay unchanged.

    Example:
        >>> [inert(cell) for cell in ("=1+1", "-2+3", "-2.5", "-", -2.5, "red", None)]
        ["'=1+1", "'-2+3", '-2.5', '-', -2.5, 'red', None]
    """
    if not isinstance(cell, str) or not cell.startswith(_BEGINNINGS) or len(cell) == 1:
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
