"""Texts that a spreadsheet would run as formulas, made harmless in the CSV files that are written."""

from typing import Any

_BEGINNINGS = ("=", "+", "-", "@", "\t", "\r", "\n")


def inert(cell: Any) -> Any:
    """A cell that a spreadsheet shows as it is: a text that it would take for a formula gets a `'` in front.

    Numbers, and texts that are numbers, stay as they are, and so does a sign that stands alone.

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
